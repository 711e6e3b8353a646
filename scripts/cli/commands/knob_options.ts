/**
 * Presets and knobs as they stand on a command line.
 * @module
 */
import { type PresetName, presets } from "@cugro/algorithm/arrays";
import { didYouMean } from "@cugro/algorithm/knobs";
import { Option } from "commander";
import { UsageError } from "./print_output.ts";

/**
 * An option that may be given several times, as `--set`; without it the list is empty.
 *
 * @param flags as `--set <knob=value>`
 * @param description in the help
 * @returns the option
 */
export function repeatable(flags: string, description: string): Option {
  const append = (value: string, list: string[]) => [...list, value];
  return new Option(flags, description).argParser(append).default([], "none");
}

/**
 * The preset of that name.
 *
 * @param name as typed
 * @returns the preset's name
 * @throws {UsageError} naming all presets
 */
export function parsePreset(name: string): PresetName {
  if (Object.hasOwn(presets, name)) return name as PresetName;
  throw new UsageError(
    `--preset must be one of ${Object.keys(presets).join(", ")}: current value is ${name}` +
      didYouMean(name, Object.keys(presets)).replace(":", ";"),
  );
}

/**
 * `["stateSteps=100"]` -> `{ stateSteps: "100" }`; the algorithm judges names and values.
 *
 * @param settings of `--set`
 * @param replay of `--replay`, if given
 * @returns values by knob
 * @throws {UsageError} for one that is not `knob=value`
 */
export function parseSettings(settings: readonly string[], replay?: string): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const setting of settings) {
    const at = setting.indexOf("=");
    if (at < 1) throw new UsageError(`--set must be knob=value: current value is ${setting}`);
    overrides[setting.slice(0, at)] = setting.slice(at + 1);
  }
  return replay === undefined ? overrides : { ...overrides, replay };
}
