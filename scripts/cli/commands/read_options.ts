/**
 * Command-line options for reading files: the same for every command that takes files.
 * @module
 */
import {
  type FieldMap,
  parseActionLimit,
  parseFieldMap,
  parseGymnasium,
  type Reading,
  readingOf,
} from "@cugro/protocol";
import type { Command } from "commander";
import { UsageError, wholeNumber } from "./print_output.ts";

/** The values of the flags. */
export type ReadFlags = { [Name in Exclude<keyof Reading, "environment">]?: Reading[Name] | undefined } & {
  gymnasium?: string;
  gymnasiumKwargs?: string;
};

/**
 * Adds the options.
 *
 * @param command gets them
 * @returns the same command
 */
export function withReadOptions(command: Command): Command {
  return command
    .option("--strict", "refuse files with notices")
    .option(
      "--reward <rule>",
      "where rewards come from if a file has none: success, -1-per-step, the name of a field, or distance:FIELD",
    )
    .option(
      "--environments <n>",
      "rows alternate between this many environments",
      wholeNumber("--environments", 1),
    )
    .option(
      "--map <array=fields>",
      "fields with names of their own, e.g. observations=x,y,angle; repeat for each array",
      addMap,
    )
    .option(
      "--action-limit <limit>",
      "largest magnitude of an action, if the file does not say; one for each number, separated by commas",
      parseActionLimit,
    )
    .option(
      "--gymnasium <id>",
      "the environment of Gymnasium that the data was made in, e.g. Hopper-v5; none: do not run the one that a file names",
    )
    .option("--gymnasium-kwargs <json>", "its arguments, e.g. '{\"ctrl_cost_weight\": 0.2}'");
}

/** @throws {UsageError} for an array that was mapped before: one of the two would be lost silently */
function addMap(text: string, before: FieldMap = {}): FieldMap {
  const more = parseFieldMap(text);
  const twice = Object.keys(more).find((array) => Object.hasOwn(before, array));
  if (twice === undefined) return { ...before, ...more };
  throw new UsageError(`--map ${twice} is given twice: name all its fields in one, with commas`);
}

/**
 * How files must be read; undefined where the flags say nothing.
 *
 * @param flags as typed
 * @returns settings for the readers
 * @throws {UsageError} for flags that cannot be understood
 */
export function readingOfFlags({ gymnasium, gymnasiumKwargs, ...flags }: ReadFlags): Reading | undefined {
  if (gymnasium === undefined && gymnasiumKwargs !== undefined) {
    throw new UsageError("--gymnasium-kwargs needs --gymnasium, which names the environment");
  }
  return readingOf({
    ...flags,
    environment: gymnasium === undefined ? undefined : environmentOf(gymnasium, gymnasiumKwargs),
  });
}

function environmentOf(id: string, kwargs: string | undefined): Reading["environment"] {
  try {
    return parseGymnasium(id, kwargs);
  } catch (error) {
    throw new UsageError(`--gymnasium: ${(error as Error).message}`);
  }
}
