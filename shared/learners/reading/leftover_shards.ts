/**
 * Shards that a decision has left behind.
 * @module
 */
import { artifactKey, type VersionFact } from "@cugro/protocol";
import { jobsOfVersion, type JobState, type LearnerFacts } from "../facts/learner_facts.ts";
import { knobsOfVersion } from "../facts/knobs_of_facts.ts";
import { goesWithDecision } from "../planning/shards.ts";
import type { FactSource } from "./fact_cache.ts";
import { absent, loadJobStates } from "./load_jobs.ts";

/** As many as one plan removes. */
const ASKED_AGAIN = 256;

/**
 * Keys of what is of no use once the newest decision is made: labels, and shards that are made again for each task.
 *
 * @param source store and cache
 * @param facts of the learner
 * @returns those that are still there; none when it has been asked before
 */
export async function leftoverShards(
  source: FactSource,
  facts: Pick<LearnerFacts, "learner" | "versions" | "configs" | "attempts" | "tasks" | "revisions">,
): Promise<string[]> {
  const { cache } = source;
  const { name } = facts.learner;
  const newest = facts.versions.at(-1);
  const mark = `${name}/${newest?.version}`;
  if (!newest || cache.released.has(mark)) return [];
  const known = cache.leftover.get(name);
  const shards = known?.version === newest.version
    ? await stillLeft(source, known.shards)
    : await shardsLeft(source, knobsOfVersion(facts, newest), newest);
  // They are removed by hundreds, with a look after each: only the first asks about all.
  cache.leftover.set(name, { version: newest.version, shards });
  if (shards.size > 0) return [...shards];
  cache.released.add(mark);
  cache.leftover.delete(name);
  return [];
}

/** Another process may remove them: the first are looked for again, and more as long as those are gone. */
async function stillLeft({ store }: FactSource, shards: Set<string>): Promise<Set<string>> {
  while (shards.size > 0) {
    const first = [...shards].slice(0, ASKED_AGAIN);
    const gone = await absent(store, first);
    for (const key of gone) shards.delete(key);
    if (gone.length < first.length) break;
  }
  return shards;
}

/** Keys of the shards that go with a decision and are there. */
async function shardsLeft(
  source: FactSource,
  knobs: ReturnType<typeof knobsOfVersion>,
  newest: VersionFact,
): Promise<Set<string>> {
  const states = new Map<string, JobState>();
  const made = jobsOfVersion(newest).filter(({ kind }) =>
    kind === undefined || goesWithDecision(kind, knobs)
  );
  await loadJobStates(source, made, states);
  const results = [...states.values()].flatMap(({ result }) => result ?? []);
  const shards = results.filter(({ kind }) => goesWithDecision(kind, knobs));
  const keys = new Set(
    shards.flatMap(({ outputs }) => Object.values(outputs).map(({ artifact }) => artifactKey(artifact))),
  );
  const gone = new Set(await absent(source.store, [...keys]));
  return keys.difference(gone);
}
