/**
 * `cugro knobs`: what `--set` may turn, with every preset's value.
 * @module
 */
import {
  describeRule,
  type Knob,
  knobChapters,
  type KnobName,
  knobs,
  PRESET_NAMES,
  showKnobValue,
} from "@cugro/algorithm/knobs";
import type { Command } from "commander";
import { printJson, UsageError } from "./output.ts";

/** Adds the command. */
export function registerKnobs(program: Command): void {
  program.command("knobs")
    .description("the knobs of --set: value in each preset, range, and what each is")
    .argument("[names...]", "only these knobs")
    .option("--json", "print one JSON document")
    .action(listKnobs);
}

function listKnobs(names: readonly string[], { json }: { json?: boolean }): void {
  for (const name of names) {
    if (!Object.hasOwn(knobs, name)) {
      throw new UsageError(`There is no knob "${name}": cugro knobs lists them`);
    }
  }
  const wanted = (name: string) => names.length === 0 || names.includes(name);
  if (json) {
    const rows = (Object.keys(knobs) as KnobName[]).filter(wanted).map((name) => ({ name, ...knobs[name] }));
    return printJson(rows);
  }
  for (const [chapter, rows] of Object.entries<Record<string, Knob>>(knobChapters)) {
    const shown = Object.entries(rows).filter(([name]) => wanted(name));
    if (shown.length > 0) console.log(`-- ${chapter} --`);
    for (const [name, knob] of shown) console.log(describeKnob(name, knob));
  }
}

function describeKnob(name: string, { about, rule, values, frozen }: Knob): string {
  const each = PRESET_NAMES.map((preset) => `${preset} ${showKnobValue(values[preset])}`.padEnd(20)).join(
    " ",
  );
  const fixed = frozen ? "; fixed by the first task" : "";
  return `${name.padEnd(25)} ${each.trimEnd()}\n    ${about}\n    ${
    describeRule(rule, showKnobValue)
  }${fixed}`;
}
