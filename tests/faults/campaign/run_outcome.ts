/**
 * What a run came to, in the terms in which runs on different stores can be compared: nothing of times, etags, names
 * of files or import jobs, which differ; every task, decision, job and artifact hash, which must not.
 * @module
 */
import { getArtifact, getResult, type Store } from "@cugro/store";
import { type LearnerFacts, loadFacts } from "@cugro/learners";
import { type JobKind, makerOf, parseFact, type ResultFact, resultFactSchema, sha256 } from "@cugro/protocol";

/** One version, and what its weights hash to. */
export interface VersionOutcome {
  version: number;
  task: number;
  attempt: number;
  decision: string;
  reasons: string[];
  parent: number | null;
  tasks: number[];
  /** Of state generator, behavior generator and critic: job, hash in its result, hash of the bytes in the store. */
  weights: { job: string; artifact: string; stored: string }[];
  scores: { task: number; job: string; scores: number[] }[];
}

/** One learner. `head`: the version that serves. */
export interface LearnerOutcome {
  tasks: { task: number; datasetHash: string; normaliser: string; sketch: string }[];
  versions: VersionOutcome[];
  withdrawn: number[];
  head: number | null;
}

/** Learners by name; results of all jobs but imports: job id to output hashes. */
export interface Outcome {
  learners: Record<string, LearnerOutcome>;
  results: Record<string, Record<string, string>>;
}

/** Reads what a run came to. */
export async function readOutcome(store: Store, learners: readonly string[]): Promise<Outcome> {
  const outcome: Outcome = { learners: {}, results: {} };
  for (const name of learners) {
    outcome.learners[name] = await learnerOutcome(store, await loadFacts(store, name));
  }
  for (const { key } of await store.list("jobs/")) {
    if (!key.endsWith("/result.json")) continue;
    const result = parseFact(resultFactSchema, (await store.get(key))!.bytes, key);
    if (result.kind !== "dataset.import") outcome.results[result.jobId] = hashesOf(result);
  }
  return outcome;
}

async function learnerOutcome(store: Store, facts: LearnerFacts): Promise<LearnerOutcome> {
  const versions: VersionOutcome[] = [];
  for (const fact of facts.versions) {
    const { version, task, attempt, decision, reasons, parent, tasks } = fact;
    const weights = [];
    for (const model of ["stateGenerator", "behaviorGenerator", "critic"] as const) {
      weights.push(await weightsOf(store, makerOf("policy.evaluate", model), fact[model]));
    }
    const scores = fact.row.map((cell) => ({ task: cell.task, job: cell.job, scores: cell.scores }));
    versions.push({ version, task, attempt, decision, reasons, parent, tasks, weights, scores });
  }
  return {
    tasks: facts.tasks.map(({ task, datasetHash, normaliser, sketch }) => ({
      task,
      datasetHash,
      normaliser,
      sketch,
    })),
    versions,
    withdrawn: facts.withdrawn.map(({ version }) => version),
    head: facts.head?.version ?? null,
  };
}

async function weightsOf(store: Store, kind: JobKind, job: string) {
  const found = await getResult(store, kind, job);
  if (!found) return { job, artifact: "no result", stored: "no result" };
  const artifact = found.result.outputs.weights?.artifact ?? "none";
  const bytes = await getArtifact(store, artifact).catch(() => undefined);
  return { job, artifact, stored: bytes ? sha256(bytes) : "missing or damaged" };
}

function hashesOf({ outputs }: ResultFact): Record<string, string> {
  return Object.fromEntries(Object.entries(outputs).map(([name, { artifact }]) => [name, artifact]));
}
