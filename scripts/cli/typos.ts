/**
 * Words that were mistyped: options and learners that there are none of, with what was most likely meant.
 * @module
 */
import { didYouMean, nearestName } from "@cugro/algorithm/knobs";
import type { Command } from "commander";

/**
 * Has a command, and those below it, name an unknown option before a required one that is missing: the first is most often
 * the second, mistyped.
 */
export function nameTyposFirst(command: Command): void {
  for (const below of command.commands) nameTyposFirst(below);
  if (command.commands.length > 0) return;
  const parse = command.parseOptions.bind(command);
  command.parseOptions = (argv) => {
    const parsed = parse(argv);
    refuseUnknown(command, parsed.unknown);
    return parsed;
  };
}

/** Has errors about a command's options say which help shows them. */
export function nameHelpAfterErrors(command: Command, name: string = command.name()): void {
  for (const below of command.commands) {
    const own = `${name} ${below.name()}`;
    below.showHelpAfterError(
      `(${own} --help shows ${below.commands.length > 0 ? "its commands" : "its options"})`,
    );
    nameHelpAfterErrors(below, own);
  }
}

function refuseUnknown(command: Command, [flag, ...rest]: readonly string[]): void {
  if (!flag?.startsWith("-") || [flag, ...rest].some((one) => one === "-h" || one === "--help")) return;
  const name = flag.split("=")[0]!;
  const flags = command.options.filter(({ hidden }) => !hidden).flatMap(({ long }) => long ?? []);
  // Dashes are right in any case, and would make short names look alike.
  const bare = nearestName(name.replace(/^-+/, ""), flags.map((flag) => flag.slice(2)));
  const meant = bare === undefined ? undefined : `--${bare}`;
  command.error(`error: unknown option '${name}'${meant === undefined ? "" : `\n(Did you mean ${meant}?)`}`, {
    code: "commander.unknownOption",
  });
}

/**
 * An error about a learner that there is none of, with the name that was most likely meant; any other as it is.
 *
 * @param error that a command threw
 * @param list the names of all learners
 * @returns the error to print
 */
export async function nameLikelyLearner(error: unknown, list: () => Promise<string[]>): Promise<unknown> {
  const name = error instanceof Error ? /There is no learner "([^"]+)"/.exec(error.message)?.[1] : undefined;
  if (name === undefined) return error;
  const meant = didYouMean(name, (await list().catch(() => [])).filter((other) => other !== name));
  return meant === "" ? error : new Error(`${(error as Error).message}${meant}`, { cause: error });
}
