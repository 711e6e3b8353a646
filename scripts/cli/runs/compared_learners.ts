/**
 * The learners of a comparison, in the place that the flags name or in their own folders.
 * @module
 */
import { stat } from "node:fs/promises";
import { LEARNER_NAME } from "@cugro/protocol";
import { UsageError } from "../commands/print_output.ts";
import type { Learners, ShownStatus, TaskEpisodes } from "../learners/learners.ts";
import { openLocal } from "../learners/local.ts";

/** A learner, and the episodes of its newest version that counts. */
export interface ComparedLearner {
  /** Its label. */
  label: string;
  status: ShownStatus;
  /** None before its first version. */
  episodes: TaskEpisodes[];
}

/**
 * Reads them.
 *
 * @param words names of learners in `place`; `FOLDER`, a store all of whose learners are meant; `FOLDER:NAME`, one of them
 * @returns the learners with their episodes
 * @throws {UsageError} where a word is none of these
 */
export async function readCompared(place: Learners, words: readonly string[]): Promise<ComparedLearner[]> {
  const here = await place.list();
  const found: ComparedLearner[] = [];
  for (const word of words) {
    if (here.includes(word)) found.push(await readOne(place, word, word));
    else if (await isStore(storeOf(word))) found.push(...await readFolder(word));
    // Throws for an unknown name, with a suggestion.
    else if (LEARNER_NAME.test(word)) await place.status(word);
    else {throw new UsageError(
        `${word} is neither a learner in ${place.place.name} nor a folder with learners`,
      );}
  }
  const twice = found.find(({ label }, index) => found.findIndex((one) => one.label === label) < index);
  if (twice) throw new UsageError(`${twice.label} is named twice`);
  return found;
}

/**
 * Reads one.
 *
 * @param learners of one place
 * @param name of the learner
 * @param label in the comparison
 * @returns the learner with its episodes
 */
export async function readOne(learners: Learners, name: string, label: string): Promise<ComparedLearner> {
  const status = await learners.status(name);
  const newest = status.validVersions.at(-1);
  return { label, status, episodes: newest === undefined ? [] : await learners.episodes(name, newest) };
}

const storeOf = (word: string) => splitName(word)?.store ?? word;

/** `runs/a:mine` -> its store and its learner. */
function splitName(word: string): { store: string; name: string } | undefined {
  const at = word.lastIndexOf(":");
  const name = word.slice(at + 1);
  return at > 0 && LEARNER_NAME.test(name) && !name.startsWith("//")
    ? { store: word.slice(0, at), name }
    : undefined;
}

async function isStore(place: string): Promise<boolean> {
  return place.startsWith("s3://") || await stat(place).then((found) => found.isDirectory(), () => false);
}

async function readFolder(word: string): Promise<ComparedLearner[]> {
  const one = await isStore(word) ? undefined : splitName(word);
  const store = one?.store ?? word;
  const learners = openLocal(store);
  try {
    const names = one ? [one.name] : await learners.list();
    if (names.length === 0) throw new UsageError(`There is no learner in ${word}`);
    const short = store.replace(/\/+$/, "");
    const labelOf = (name: string) => names.length === 1 && !one ? short : `${short}:${name}`;
    return await Promise.all(names.map((name) => readOne(learners, name, labelOf(name))));
  } finally {
    await learners.close();
  }
}
