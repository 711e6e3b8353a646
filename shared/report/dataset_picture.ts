/**
 * A dataset as one picture: returns, lengths, where its states lie, and how far each dimension reaches.
 * @module
 */
import { type Dataset, type DatasetStatistics, type Episode, episodesOf, printable } from "@cugro/datasets";
import { anchorsOf, COLOURS, histogram, PANEL_WIDTH } from "./dataset_panels.ts";
import { planePanel, reachPanel } from "./state_panels.ts";
import { html } from "./html.ts";

const WIDTH = 980;
const GAP = 24;
const HEAD = 64;
const UPPER = 250;
const ROW = 17;
const HIGHEST_PLANE = 440;
/** More dimensions than this would not be legible. */
const MOST_DIMENSIONS = 40;

/**
 * Draws it.
 *
 * @param name what the picture is called
 * @returns the text of an SVG file
 */
export function drawDataset(dataset: Dataset, statistics: DatasetStatistics, name: string): string {
  const episodes = episodesOf(dataset);
  const shown = statistics.states.slice(0, MOST_DIMENSIONS);
  const lower = Math.max(300, shown.length * ROW + 90);
  const panels: [string, number, number][] = [
    [histogram({ episodes, what: "return", anchors: anchorsOf(dataset), height: UPPER }), 0, HEAD],
    [histogram({ episodes, what: "length", height: UPPER }), PANEL_WIDTH + GAP, HEAD],
    [planePanel(dataset, statistics.states, Math.min(lower, HIGHEST_PLANE)), 0, HEAD + UPPER + GAP],
    [reachPanel(shown, statistics.stateDim, lower), PANEL_WIDTH + GAP, HEAD + UPPER + GAP],
  ];
  const height = HEAD + UPPER + GAP + lower + 16;
  const inner = panels.map(([svg, x, y]) => `<g transform="translate(${x + 8} ${y})">${svg}</g>`).join("\n");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ` +
    `font-family="system-ui, sans-serif">\n<rect width="100%" height="100%" fill="white"/>\n` +
    `<text x="20" y="30" font-size="18" font-weight="600" fill="${COLOURS.line}">${
      html`${titleOf(name)}`.text
    }</text>\n` +
    `<text x="20" y="50" font-size="12.5" fill="${COLOURS.soft}">${
      html`${headline(statistics)}`.text
    }</text>\n` +
    `${legend(episodes)}\n${inner}\n</svg>\n`;
}

/** Letters of a title that fit beside the legend. */
const TITLE = 52;

/** Begin and end of a long name: what tells runs apart often stands last. */
function titleOf(name: string): string {
  const whole = printable(name, 1000);
  return whole.length <= TITLE ? whole : `${whole.slice(0, TITLE / 2)}…${whole.slice(1 - TITLE / 2)}`;
}

function headline({ size, stateDim, actionDim, actions, episodes, states }: DatasetStatistics): string {
  const constant = states.filter(({ isConstant }) => isConstant).length;
  const act = "discrete" in actions
    ? `${actions.discrete.length} discrete actions`
    : `actions of ${actionDim}`;
  return `${size.toLocaleString("en")} transitions in ${
    episodes.toLocaleString("en")
  } episodes, states of ${stateDim} ` +
    `numbers${constant > 0 ? ` (${constant} constant)` : ""}, ${act}`;
}

function legend(episodes: readonly Episode[]): string {
  const ended = episodes.filter(({ terminal }) => terminal).length;
  const entries = [[COLOURS.ended, `${ended} ended by themselves`], [
    COLOURS.cut,
    `${episodes.length - ended} were cut`,
  ]];
  return entries.map(([colour, text], i) =>
    `<g transform="translate(${
      WIDTH - 330 + i * 190
    } 26)"><rect y="-9" width="11" height="11" fill="${colour}"/>` +
    `<text x="17" font-size="12.5" fill="${COLOURS.soft}">${text}</text></g>`
  ).join("");
}
