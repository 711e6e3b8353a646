/**
 * Bytes that are kept for a learner.
 * @module
 */
import type { ResultFact, VersionFact } from "@cugro/protocol";
import { mapConcurrently } from "@cugro/async";
import { jobsOfVersion, type LearnerFacts } from "../facts/learner_facts.ts";
import { dataOfTask } from "../facts/task_revisions.ts";
import { type FactSource, REQUESTS_AT_ONCE } from "./fact_cache.ts";
import { readFinished } from "./load_jobs.ts";

/**
 * Raw data of all tasks against what the newest version keeps; shards as the newest version used them.
 *
 * @param source store and cache, for the results of what that version was made by
 * @param facts of the learner
 * @param newest its newest valid version
 * @returns bytes of what is stored for it
 */
export async function byteCounts(source: FactSource, facts: LearnerFacts, newest: VersionFact | undefined) {
  const networks = [newest?.stateGenerator, newest?.behaviorGenerator, newest?.proposer, newest?.actor];
  const wanted = newest
    ? jobsOfVersion(newest).filter(({ id, kind }) =>
      kind === undefined || kind === "actions.label" || networks.includes(id) || id === newest.critic
    )
    : [];
  const results = await mapConcurrently(
    wanted,
    REQUESTS_AT_ONCE,
    async (name) => [name.id, (facts.jobs.get(name.id) ?? await readFinished(source, name)).result] as const,
  );
  const found = new Map<string | undefined, ResultFact | undefined>(results);
  const weights = (id: string | undefined) => found.get(id)?.outputs.weights?.bytes ?? 0;
  const shards = results.flatMap(([, result]) => result?.kind === "actions.label" ? [result] : []);
  return {
    rawData: facts.tasks.reduce((sum, { task }) => sum + dataOfTask(facts, task).at(-1)!.bytes, 0),
    generators: networks.reduce((sum, id) => sum + weights(id), 0),
    critic: weights(newest?.critic),
    shards: shards.flatMap(({ outputs }) => Object.values(outputs)).reduce(
      (sum, { bytes }) => sum + bytes,
      0,
    ),
  };
}
