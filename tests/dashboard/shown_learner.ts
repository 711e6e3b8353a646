/**
 * A learner that nobody has learnt: the facts of tasks and versions with scores, to look at.
 * @module
 */
import { createRng, scoreInterval } from "@cugro/algorithm";
import { createLearner, loadFacts } from "@cugro/learners";
import { putArtifact, type Store } from "@cugro/store";
import {
  encodeFact,
  headKey,
  jobId,
  jobKey,
  resultKey,
  type RowCell,
  sha256,
  type TaskFact,
  taskFactSchema,
  taskKey,
  type VersionFact,
  versionFactSchema,
  versionKey,
} from "@cugro/protocol";

/** What the learner is like. */
export interface ShownLearner {
  store: Store;
  name: string;
  tasks: number;
  versions: number;
  /** @default `task k` */
  nameOf?: (task: number) => string;
}

/** Writes a training that is done, of a version's own jobs, with a loss of a given number of points. @returns the job's id */
export async function writeShownTraining(
  { store, name, version, points }: { store: Store; name: string; version: number; points: number },
): Promise<string> {
  const kind = "critic.train" as const;
  const { knobs } = (await loadFacts(store, name)).configs.at(-1)!;
  const job = {
    schema: 1 as const,
    kind,
    revision: 1,
    config: { ...knobs, oldTasks: 0 },
    seed: 1,
    inputs: {},
  };
  const id = jobId(job);
  await store.put(jobKey(kind, id), encodeFact({ schema: 1, job, learner: name, task: 1 }));
  const steps = Array.from({ length: points }, (_, index) => index + 1);
  const values = steps.map((step) =>
    Number((1 / Math.sqrt(step) + 0.1 * Math.sin(step / 9) ** 2).toPrecision(5))
  );
  const curves = encoder.encode(JSON.stringify([{ name: "loss", steps, values }]));
  const stored = await putArtifact(store, curves);
  await store.put(
    resultKey(kind, id),
    encodeFact({
      ...{ schema: 1, jobId: id, kind, outputs: { curves: stored } },
      ...{ metrics: { steps: points }, seconds: 60, startedAtStep: 0, profile: {}, codeVersion: "0" },
      finished: "2026-01-01T00:00:00.000Z",
    }),
  );
  const fact = { ...versionOf(name, version, version), jobs: [id], kinds: [kind] };
  await store.put(versionKey(name, version), encodeFact(fact as VersionFact, versionFactSchema));
  return id;
}

const encoder = new TextEncoder();
const EPISODES = 6;
const ANCHORS = { random: 0, good: 100, source: "made up" };

/** Writes its facts. */
export async function writeShownLearner(
  { store, name, tasks, versions, nameOf = (k) => `task ${k}` }: ShownLearner,
) {
  await createLearner({ store, name, seed: 1, preset: "smoke" });
  for (let task = 1; task <= tasks; task++) {
    const fact = taskOf(name, task, nameOf(task));
    await store.put(taskKey(name, task), encodeFact(fact, taskFactSchema));
  }
  for (let version = 1; version <= versions; version++) {
    const fact = versionOf(name, version, tasks);
    await store.put(versionKey(name, version), encodeFact(fact, versionFactSchema));
  }
  await store.put(headKey(name), encodeFact({ schema: 1, version: versions }));
}

function taskOf(learner: string, task: number, name: string): TaskFact {
  const hash = sha256(`${learner} ${task}`);
  return {
    ...{ schema: 1, task, arrival: task, name, size: 1_000, episodes: 10, bytes: 100_000, horizon: 100 },
    ...{ stateDim: 8, actionDim: 2, environment: { family: "swimmer-dir", goal: [1, 0] }, anchors: ANCHORS },
    ...{ datasetHash: hash, importJob: hash, normaliser: hash, sketch: hash },
    notices: [{ code: "rewards-all-zero", field: name, message: name, advice: name }],
  };
}

function versionOf(learner: string, version: number, tasks: number): VersionFact {
  const known = Math.min(version, tasks);
  const task = (version - 1) % tasks + 1;
  const hash = sha256(`${learner} version ${version}`);
  return {
    ...{ schema: 1, version, task, attempt: Math.ceil(version / tasks), decision: "published", reasons: [] },
    ...{ parent: version === 1 ? null : version - 1, tasks: Array.from({ length: known }, (_, i) => i + 1) },
    ...{ stateGenerator: hash, behaviorGenerator: hash, critic: hash, jobs: [], seconds: 60 },
    row: Array.from({ length: known }, (_, i) => cellOf(learner, version, i + 1, task)),
  };
}

function cellOf(learner: string, version: number, task: number, learnt: number): RowCell {
  const rng = createRng(version, `shown ${task}`);
  const level = task === learnt ? 100 : 88 - 30 * rng.uniforms(1, 0, 1)[0]!;
  const returns = [...rng.uniforms(EPISODES, level - 8, level + 8)];
  const { mean: meanScore, low, high } = scoreInterval(returns, ANCHORS, version);
  const fidelity = {
    slicedWasserstein: 0.02 + 0.01 * (version % 5),
    slicedWassersteinFloor: 0.01,
    mmd: 0.01,
    mmdFloor: 0.01,
  };
  return {
    ...{ task, job: sha256(`${learner} ${version} ${task}`), returns, scores: returns, meanScore, low, high },
    ...{ fidelity: task === learnt ? null : fidelity, valueEstimate: 3 },
  };
}
