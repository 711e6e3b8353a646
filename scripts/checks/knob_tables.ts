/**
 * The README of the knobs holds the table of `@cugro/algorithm/knobs` as Markdown, and the README of the algorithm says
 * which values are the paper's. Both are compared with the table; the first is rendered from it.
 * @module
 */
import {
  describeRelation,
  describeRule,
  type Knob,
  KNOB_KINDS,
  knobChapters,
  type KnobName,
  knobs,
  PRESET_COLUMNS,
  presets,
  relations,
  showKnobValue,
} from "@cugro/algorithm/knobs";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withPart } from "./rendered_part.ts";

const KNOBS_README = "shared/algorithm/knobs/README.md";
const ALGORITHM_README = "shared/algorithm/README.md";
const START = "<!-- rendered by `deno task docs --write` -->\n";
const END = "<!-- end -->\n";

/** What is wrong with the two READMEs below `root`, in sentences. `write`: mend the rendered part first. */
export function knobTableFaults(root: string, write: boolean): string[] {
  const path = join(root, KNOBS_README);
  const text = readFileSync(path, "utf8");
  const wanted = withTables(text);
  if (wanted === undefined) return [`${KNOBS_README} lacks the marks between which its tables are rendered`];
  if (write && wanted !== text) writeFileSync(path, wanted);
  const stale = write || wanted === text
    ? []
    : [`${KNOBS_README} is not what the table of knobs says: deno task docs --write`];
  return [...stale, ...paperValueFaults(readFileSync(join(root, ALGORITHM_README), "utf8"))];
}

/** A README with its tables as they should be, or undefined if it has no place for them. */
export function withTables(readme: string): string | undefined {
  return withPart(readme, START, END, renderTables());
}

function renderTables(): string {
  return Object.entries(knobChapters).map(([title, rows]) => {
    const lines = Object.entries<Knob>(rows).map(([name, row]) => renderRow(name, row));
    const head = ["knob", ...PRESET_COLUMNS, "may be", "read by", "what it is"];
    return `\n## ${title}\n\n${line(head)}${line(head.map(() => "---"))}${lines.join("")}`;
  }).join("") + renderLean() + renderRelations();
}

/** The preset that has no column. */
function renderLean(): string {
  const names = Object.keys(presets.default) as KnobName[];
  const turned = names.filter((name) => presets.lean[name] !== presets.default[name])
    .map((name) => `\`${name}: ${showKnobValue(presets.lean[name])}\``);
  return `\n## the preset lean\n\nAs \`default\`, but for ${turned.join(", ")}.\n`;
}

/** Relations between knobs, in sentences, each name as code. */
function renderRelations(): string {
  const names = new RegExp(`\\b(${Object.keys(knobs).join("|")})\\b(?!: )`, "g");
  const settings = new RegExp(`\\b(${Object.keys(knobs).join("|")}): ([\\w-]+)`, "g");
  const lines = relations.map((relation) =>
    `- ${describeRelation(relation).replace(settings, "`$1: $2`").replace(names, "`$1`")}\n`
  );
  return `\n## relations\n\n${lines.join("")}\n`;
}

/** Values of `default` that differ from the paper's are in bold. */
function renderRow(name: string, { about, rule, values, readBy, frozen }: Knob): string {
  const shown = PRESET_COLUMNS.map((preset) => {
    const value = showKnobValue(values[preset]);
    return preset === "default" && values.default !== values.paper ? `**${value}**` : value;
  });
  const readers = readBy.includes("plan")
    ? "plan"
    : KNOB_KINDS.filter((kind) => readBy.includes(kind)).join(", ");
  const fixed = frozen ? " Fixed by the first task." : "";
  return line([`\`${name}\``, ...shown, describeRule(rule, showKnobValue), readers, about + fixed]);
}

const line = (cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;

/** In "Deviations from the paper's code", every `knob: value` is the paper's value of a knob. */
export function paperValueFaults(readme: string): string[] {
  const section = /^## Deviations[^\n]*\n(.*?)(?=^## )/ms.exec(readme)?.[1] ?? "";
  const rows = section.split("\n").filter((row) => row.startsWith("|"));
  const settings = rows.flatMap((row) => [...row.matchAll(/\b([a-z][A-Za-z]+): ([\w.-]+)/g)]);
  if (settings.length === 0) return [`${ALGORITHM_README} has no table of deviations with their switches`];
  return settings.flatMap(([, name, value]) => {
    if (!Object.hasOwn(knobs, name!)) return [`${ALGORITHM_README}: there is no knob ${name}`];
    const paper = presets.paper[name as keyof typeof presets.paper];
    if (String(paper) === value || (typeof paper === "number" && paper === Number(value))) return [];
    return [`${ALGORITHM_README} says ${name}: ${value} of the paper, and the preset paper says ${paper}`];
  });
}
