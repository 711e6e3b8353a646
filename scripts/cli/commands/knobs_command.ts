/**
 * `cugro knobs`: what `--set` may turn, with every preset's value.
 * @module
 */
import {
  describeRelation,
  describeRule,
  type Knob,
  knobChapters,
  type KnobName,
  knobs,
  knobsOfRelation,
  noKnob,
  PRESET_COLUMNS,
  presets,
  relations,
  showKnobValue,
} from "@cugro/algorithm/knobs";
import type { Command } from "commander";
import { printJson, UsageError } from "./print_output.ts";

/** Adds the command. */
export function registerKnobs(program: Command): void {
  program.command("knobs")
    .argument("[names...]", "only these knobs")
    .option("--json", "print one JSON document")
    .action(listKnobs);
}

function listKnobs(names: readonly string[], { json }: { json?: boolean }): void {
  for (const name of names) {
    if (!Object.hasOwn(knobs, name)) {
      throw new UsageError(`Cannot show "${name}" as ${noKnob(name)}`);
    }
  }
  const wanted = (name: string) => names.length === 0 || names.includes(name);
  if (json) {
    const rows = (Object.keys(knobs) as KnobName[]).filter(wanted).map((name) => ({
      name,
      chapter: chapterOf(name),
      ...knobs[name],
      relations: relationsOf(name),
    }));
    return printJson(rows);
  }
  for (const [chapter, rows] of Object.entries<Record<string, Knob>>(knobChapters)) {
    const shown = Object.entries(rows).filter(([name]) => wanted(name));
    if (shown.length > 0) console.log(`-- ${chapter} --`);
    for (const [name, knob] of shown) console.log(describeKnob(name as KnobName, knob, names.length > 0));
  }
}

/** What holds between a knob and others, in sentences. */
function relationsOf(name: KnobName): string[] {
  return relations.filter((relation) => knobsOfRelation(relation).includes(name)).map(describeRelation);
}

function chapterOf(name: KnobName): string {
  return Object.entries(knobChapters).find(([, rows]) => Object.hasOwn(rows, name))![0];
}

/** `whole`: all there is to say of it. */
function describeKnob(name: KnobName, { about, rule, values, frozen, readBy }: Knob, whole: boolean): string {
  const columns = PRESET_COLUMNS.map((preset) => `${preset} ${showKnobValue(values[preset])}`.padEnd(20));
  const lean = presets.lean[name] === presets.default[name]
    ? ""
    : `lean ${showKnobValue(presets.lean[name])}`;
  const each = [...columns, lean].join(" ");
  const fixed = frozen ? "; fixed by the first task" : "";
  const further = whole ? [`read by ${readBy.join(", ")}`, ...relationsOf(name)] : [];
  return [
    `${name.padEnd(25)} ${each.trimEnd()}`,
    about,
    `${describeRule(rule, showKnobValue)}${fixed}`,
    ...further,
  ].join("\n    ");
}
