/**
 * How files are read, as it stands on a command line: the same wherever files are taken.
 * @module
 */
import { type FieldMap, parseActionLimit, parseFieldMap, type Reading } from "@cugro/protocol";
import type { Command } from "commander";
import { wholeNumber } from "./output.ts";

/** What the flags say. */
export type ReadFlags = { [Name in keyof Reading]?: Reading[Name] | undefined };

/** Adds the options. */
export function withReadOptions(command: Command): Command {
  return command
    .option("--strict", "refuse files with notices")
    .option(
      "--reward <rule>",
      "where rewards come from if a file has none: success, -1-per-step, the name of a field, or distance:FIELD",
    )
    .option(
      "--environments <n>",
      "the rows of this many environments alternate",
      wholeNumber("--environments", 1),
    )
    .option(
      "--map <array=fields>",
      "fields that have names of their own, e.g. observations=x,y,angle; once for each array",
      (text: string, before: FieldMap = {}) => ({ ...before, ...parseFieldMap(text) }),
    )
    .option(
      "--action-limit <limit>",
      "largest magnitude of an action, where the file does not say it; with commas one for each number",
      parseActionLimit,
    );
}
