/**
 * From a command's flags to the learners it is about.
 * @module
 */
import process from "node:process";
import { type Command, Option } from "commander";
import { UsageError } from "../commands/print_output.ts";
import { nameLikelyLearner } from "../typos.ts";
import type { Learners } from "./learners.ts";
import { DEFAULT_STORE, type Place, withPlace } from "./place.ts";

/** The flag of commands that work on a store. */
export const STORE_FLAG = [
  "--store <folder>",
  "folder that holds everything, or s3://bucket/prefix",
  DEFAULT_STORE,
] as const;

/** Flags that name a store or a gateway. */
export interface PlaceFlags {
  store: string;
  url?: string;
  token?: string;
}

/**
 * Gives a command that has `--store` the flags `--url` and `--token` too, and its action the learners they name.
 *
 * @param act gets the learners before what commander gives: arguments, then flags.
 * @returns the same command
 */
export function onLearners<Typed extends unknown[]>(
  command: Command,
  act: (learners: Learners, ...typed: Typed) => Promise<void>,
): Command {
  return command
    .option("--url <address>", "a gateway, e.g. http://localhost:8080, instead of --store")
    .option("--token <token>", "the gateway's bearer token (default: CUGRO_TOKEN)")
    .action(async (...typed: unknown[]) => {
      const learners = await openLearners(command.opts<PlaceFlags>());
      try {
        await act(learners, ...typed as Typed);
      } catch (error) {
        throw await nameLikelyLearner(asTyped(error, learners.place), learners.list);
      } finally {
        await learners.close();
      }
    });
}

/** An error whose advice names commands, with each as a line that can be pasted. */
function asTyped(error: unknown, place: Place): unknown {
  if (!(error instanceof Error)) return error;
  const message = withPlace(error.message, place);
  return message === error.message ? error : new UsageError(message, { cause: error });
}

/**
 * Has a command that works on a store alone refuse `--url` in a sentence.
 *
 * @param instead what to do
 * @returns the same command
 */
export function onlyOnStore(command: Command, instead: string): Command {
  const refuse = (): never => {
    throw new UsageError(`cugro ${command.name()} has no --url: ${instead}`);
  };
  return command.addOption(new Option("--url <address>", "refused").hideHelp().argParser(refuse));
}

/** Modules for stores are loaded only for a store, those for gateways only for a gateway. */
async function openLearners({ store, url, token = process.env.CUGRO_TOKEN }: PlaceFlags): Promise<Learners> {
  if (url === undefined) return (await import("./local.ts")).openLocal(store);
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new UsageError(`--url must be http://host:port or https://host: current value is ${url}`);
  }
  if (!token) throw new UsageError("A gateway needs a token: pass it with --token or in CUGRO_TOKEN");
  return (await import("./remote.ts")).openRemote(url, token);
}
