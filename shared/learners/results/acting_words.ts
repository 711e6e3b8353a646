/**
 * How a version acts in its tasks and what that rests on, in words. Pure.
 * @module
 */
import type { RowCell, WayScore } from "@cugro/protocol";

/** How a version acts in one task. */
export interface DescribedActing {
  task: number;
  acting: WayScore["acting"];
  /** Results of the ways that were compared; empty where none were. */
  compared: string;
}

/**
 * A task a line, in their order; none for a version that can only sample.
 *
 * @param row cells of a version
 * @returns the way of acting, and what it was compared with
 */
export function describeActing(
  row: readonly Pick<RowCell, "task" | "acting" | "ways">[],
): DescribedActing[] {
  if (row.every(({ acting }) => acting === undefined)) return [];
  return row.toSorted((a, b) => a.task - b.task).map(({ task, acting = "sampler", ways = [] }) => ({
    ...{ task, acting },
    compared: ways.map(describeWay).filter((words) => words !== "").join("; "),
  }));
}

/** `actor 98.3 (+5.1 to the sampler, n = 20)`; of a way that was not taken also why. */
function describeWay(way: WayScore): string {
  const { acting, passed, reason, score, episodes, difference, agreement, valueDifference } = way;
  const figures = [
    ...difference === undefined ? [] : [`${signed(difference, 1)} to the sampler`],
    ...agreement === undefined ? [] : [`${(100 * agreement).toFixed(1)} % of the range from the sampler's`],
    ...valueDifference === undefined ? [] : [`${signed(valueDifference, 2)} spreads of value`],
    ...episodes === undefined ? [] : [`n = ${episodes}`],
  ];
  const found = [
    ...score === undefined ? [] : [score.toFixed(1)],
    ...figures.length > 0 ? [`(${figures.join(", ")})`] : [],
  ];
  if (found.length === 0 && passed) return "";
  return [acting, ...found, ...passed || reason === undefined ? [] : [`not taken: ${reason}`]].join(" ");
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? "" : "+"}${value.toFixed(digits)}`;
}
