/**
 * Where learners are: in a folder, in a bucket, or behind a gateway; and the flags that name them.
 * @module
 */
import { withCommands, withFlag } from "@cugro/problems/commands";
import { isBucketName } from "@cugro/store";
import { invocation, quoted } from "./invocation.ts";

/** Folder of a store unless a command names another. */
export const DEFAULT_STORE = ".cugro";

/** A place of learners. `name`: the folder, `s3://bucket/prefix`, or the gateway's address. */
export interface Place {
  kind: "folder" | "bucket" | "gateway";
  name: string;
}

/**
 * The place that `--store` names.
 *
 * @param store folder, or `s3://bucket/prefix`
 * @returns the place
 */
export function placeOfStore(store: string): Place {
  return { kind: isBucketName(store) ? "bucket" : "folder", name: store };
}

/** The flag that names a place. */
export function flagOf({ kind, name }: Place): string {
  return `${kind === "gateway" ? "--url" : "--store"} ${quoted(name)}`;
}

/**
 * A command about learners in a place, as a line that can be pasted.
 *
 * @param words `promote 2 --learner mine`
 * @returns a command line
 */
export function commandLine(place: Place, words: string): string {
  return `${invocation()} ${withFlag(words, flagOf(place))}`;
}

/**
 * Text whose advice names commands about learners in a place, with each as a line that can be pasted.
 *
 * @param text with commands between backticks
 * @param place of the learners
 * @returns the text with whole command lines
 */
export function withPlace(text: string, place: Place): string {
  return withCommands(text, (words) => commandLine(place, words));
}

/**
 * The command that learns what waits; undefined where a cluster does so by itself.
 *
 * @param place of the learners
 * @param learner its name
 * @returns a command line
 */
export function learningCommand(place: Place, learner: string): string | undefined {
  return place.kind === "folder" ? commandLine(place, `run --learner ${learner}`) : undefined;
}
