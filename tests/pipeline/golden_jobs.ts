/**
 * One job of every kind, small and fixed, and the figures of what they make: a few numbers that see every element of a
 * tensor, its sign and its place.
 * @module
 */
import { createRng, type Hyperparameters } from "@cugro/algorithm";
import { type Dataset, encodeDataset } from "@cugro/datasets";
import {
  datasetKey,
  decodeTensors,
  type FieldsOf,
  incomingKey,
  type JobKind,
  type JsonObject,
} from "@cugro/protocol";
import type { Store } from "@cugro/store";
import type { Compile } from "@cugro/tensors/seam";
import { exampleDataset } from "../fakes/example_dataset.ts";
import { createRunner, type Outputs } from "./job_runner.ts";

/**
 * How far a figure may be from the recorded one. Processors round differently, by up to 2e-6 here (seen between WASM and
 * libtensorflow limited to SSE4.1, AVX2 and AVX-512). One job turns that into more: the second critic starts as its own
 * teacher, so the first gradient of its old head is zero but for rounding, whose sign Adam makes a whole step of. It
 * moves figures by up to 1e-3 then, and by 1e-4 the values of the new head; all steps together move a weight by up to 4e-2.
 */
const TOLERANCES = { others: 5e-5, "critic.train 2 weights": 2e-3, "policy.evaluate 2 value": 5e-4 };

/** By how many tolerances the figures of one name are from the recorded ones, at most. */
export function deviation(name: string, values: readonly number[], recorded: readonly number[]): number {
  const own = Object.entries(TOLERANCES).find(([start]) => name.startsWith(start))?.[1];
  return Math.max(...values.map((value, i) => {
    const tolerance = own ?? TOLERANCES.others * Math.max(1, Math.abs(recorded[i]!));
    return Math.abs(value - recorded[i]!) / tolerance;
  }));
}

/** Written out, so that tuning a preset does not look like a change of the method. */
const KNOBS: Hyperparameters = {
  maxTrainingRows: 1_000_000,
  replay: "generated",
  replaySource: "latest",
  replayPairs: 512,
  replayPairsPerTask: 256,
  replayBytes: 256 * 1024 * 1024,
  shardsPerTask: 2,
  bufferShare: "equal-bytes",
  bufferTasks: 5,
  newTaskShare: 0.5,
  regulariser: "none",
  ewcStrength: 1_000,
  criticEwcStrength: 1_000,
  ewcDecay: 1,
  fisherRows: 1_024,
  retention: "distill",
  generator: "diffusion",
  conditionDropout: 0,
  guidance: 0,
  klWeight: 1,
  decoderSpread: "learned",
  slopeWeight: 1,
  architecture: "resnet",
  denoiserWidth: 32,
  denoiserBlocks: 1,
  behaviorKnowsTask: true,
  stateSteps: 16,
  behaviorSteps: 16,
  generatorStepsPerOldTask: 0,
  maxGeneratorSteps: 60,
  generatorBatchSize: 64,
  generatorLearningRate: 5e-3,
  warmupSteps: 16,
  learningRateSchedule: "cosine",
  gradientClip: 1,
  emaDecay: 0.995,
  solver: "dpmpp2m",
  functionEvaluations: 3,
  finalDenoising: true,
  timeEnd: 3e-4,
  criticTarget: "mc",
  criticWidth: 32,
  criticLayers: 2,
  criticEnsemble: 2,
  criticLayerNorm: true,
  criticNormalisedInputs: true,
  criticSteps: 16,
  criticStepsPerOldTask: 0,
  maxCriticSteps: 16,
  criticBatchSize: 64,
  criticLearningRate: 5e-3,
  discount: 0.97,
  timeLimit: "bootstrap",
  distillationWeight: 1,
  retentionReduction: "average",
  criticReplay: "shared",
  expectile: 0.7,
  planningRounds: 3,
  targetRate: 0.02,
  candidates: 8,
  actingEvaluations: 3,
  selection: "soft",
  topCount: 4,
  selectionSpread: "returns",
  inverseTemperature: 20,
  pessimism: "min",
  evaluationEpisodes: 2,
  gate: "observe",
  maxForgetting: 10,
  maxAverageDrop: 5,
  maxReplayDistance: 4,
  snapshots: false,
  estimate: "never",
  estimateSteps: 16,
  maxEstimatedDrop: 20,
  awaitScores: 0,
  awaitEpisodes: 5,
  minNewTaskScore: 0,
  distil: "both",
  proposerLabels: 64,
  actorLabels: 64,
  labelShards: 1,
  actorCandidates: 8,
  proposerSteps: 20,
  actorSteps: 20,
  distilPerturbation: 0.1,
  distilNewTaskShare: 0.5,
  distilLearningRate: 5e-3,
  distilStepsPerOldTask: 0,
  actingEpisodes: 4,
  maxDistilSteps: 20,
};

/** By job, output and tensor: `critic.train 2 weights head.1.kernel`. */
export type Figures = Record<string, number[]>;
/** Changes what a job is given: to see that its figures tell. */
export type Disturb = (kind: JobKind, task: number, inputs: Outputs) => Outputs;

/**
 * Of every tensor of every output: the mean size of its elements, and their projection on a fixed random direction. The
 * mean sees how large things are; the projection sees signs and places, which a mean of sizes does not.
 */
function figuresOf(job: string, outputs: Outputs, metrics: JsonObject): Figures {
  const figures: Figures = {};
  for (const [output, bytes] of Object.entries(outputs)) {
    // Hashes are the same or others, and not near one another: `shared/datasets` has their test.
    if (["curves", "rollouts", "episodes"].includes(output)) continue;
    for (const [tensor, { data }] of Object.entries(decodeTensors(bytes).tensors)) {
      const name = `${job} ${output} ${tensor}`;
      const direction = createRng(0, name);
      let sizes = 0;
      let projection = 0;
      for (const value of data) {
        sizes += Math.abs(value);
        projection += value * direction.normal();
      }
      figures[name] = [sizes / data.length, projection / Math.sqrt(data.length)];
    }
  }
  for (const name of ["losses", "returns"]) {
    const values = metrics[name];
    if (job.startsWith("policy.estimate") && Array.isArray(values)) {
      figures[`${job} ${name}`] = values as number[];
    }
  }
  if (typeof metrics.valueEstimate === "number") figures[`${job} value`] = [metrics.valueEstimate];
  return figures;
}

/** A second task with the first one's states: other actions earn, and less. */
function otherDataset(): Dataset {
  const first = exampleDataset(20, 10);
  return {
    ...first,
    actions: first.actions.map((_, row) => Math.cos(2 * row)),
    rewards: first.rewards.map((reward) => 1 - 2 * reward),
  };
}

/** One job of every kind: a first task, then a second one with replay of the first. */
export async function computeAll(
  store: Store,
  compile: Compile,
  disturb: Disturb = (_kind, _task, inputs) => inputs,
): Promise<Figures> {
  const run = createRunner(store, compile, KNOBS);
  const figures: Figures = {};
  const work = async <K extends JobKind>(kind: K, task: number, fields: FieldsOf<K>, inputs: Outputs) => {
    const { outputs, metrics } = await run(kind, fields, disturb(kind, task, inputs));
    Object.assign(figures, figuresOf(`${kind} ${task}`, outputs, metrics));
    return { outputs, metrics };
  };
  const key = incomingKey("golden", "walk.safetensors");
  const { etag } = await store.put(key, encodeDataset(exampleDataset(20, 10)));
  const imported = await work("dataset.import", 0, { key, etag, heldOutSeed: 3 }, {});
  const { normaliser, sketch } = imported.outputs as { normaliser: Uint8Array; sketch: Uint8Array };
  const dataset = (await store.get(datasetKey(String(imported.metrics.datasetHash))))!.bytes;
  const other = encodeDataset(otherDataset());
  await work("dataset.measure", 0, { heldOutSeed: 3 }, { dataset: other, normaliser });
  const trainAll = async (task: number, further: Outputs, parents: Partial<Record<JobKind, Uint8Array>>) => {
    const weights: Partial<Record<JobKind, Uint8Array>> = {};
    for (const kind of ["states.train", "behavior.train", "critic.train"] as const) {
      const parent = parents[kind] ? { parent: parents[kind] } : {};
      const fields = { task, oldTasks: task - 1, heldOutSeed: 3, replayRows: 64 };
      const inputs = {
        dataset: task === 1 ? dataset : other,
        [`normaliser/${task}`]: normaliser,
        ...further,
        ...parent,
      };
      weights[kind] = (await work(kind, task, fields, inputs)).outputs.weights!;
    }
    return weights;
  };
  const distil = async (
    task: number,
    models: Partial<Record<JobKind, Uint8Array>>,
    further: Outputs,
    parents: { proposer?: Uint8Array; actor?: Uint8Array },
  ) => {
    const draw = { rows: 64, heldOutSeed: 3 };
    const rows = { normaliser, dataset: task === 1 ? dataset : other };
    const behaviorGenerator = models["behavior.train"]!;
    const fields = { task, oldTasks: task - 1, heldOutSeed: 3, replayRows: 64 };
    const train = async (network: "proposer" | "actor", labels: Uint8Array) => {
      const parent = parents[network] ? { parent: parents[network] } : {};
      const inputs = {
        [`labels/${task}/0`]: labels,
        [`normaliser/${task}`]: normaliser,
        ...further,
        ...parent,
      };
      return (await work(`${network}.train`, task, fields, inputs)).outputs.weights!;
    };
    const ofProposer = await work("proposer.label", task, { task, draw }, { behaviorGenerator, ...rows });
    const proposer = await train("proposer", ofProposer.outputs.labels!);
    const ofActor = await work("actor.label", task, { task, draw }, {
      ...{ behaviorGenerator, proposer, critic: models["critic.train"]!, ...rows },
    });
    return { proposer, actor: await train("actor", ofActor.outputs.labels!) };
  };
  const first = await trainAll(1, {}, {});
  const firstOneStep = await distil(1, first, {}, {});
  const states = await work("states.sample", 1, { task: 1, shard: 0, rows: 64 }, {
    stateGenerator: first["states.train"]!,
    normaliser,
  });
  const labelled = await work("actions.label", 1, { task: 1, shard: 0 }, {
    states: states.outputs.shard!,
    behaviorGenerator: first["behavior.train"]!,
    normaliser,
  });
  const replay = { "replay/1/0": labelled.outputs.shard! };
  const second = await trainAll(2, { ...replay, "normaliser/1": normaliser }, first);
  await distil(2, second, { ...replay, "normaliser/1": normaliser }, firstOneStep);
  const fields = { newTask: 2, environment: null, horizon: 10, heldOutSeed: 3, replayRows: 64 };
  const about = { ...fields, anchors: { random: 0, good: 1, source: "" } };
  const shared = { behaviorGenerator: second["behavior.train"]!, normaliser, sketch };
  // The old task's values by the first critic: those of the second are as uncertain as its old head, see TOLERANCES.
  await work("policy.evaluate", 1, { ...about, task: 1 }, {
    ...{ ...shared, ...replay },
    critic: first["critic.train"]!,
  });
  const estimated = {
    behaviorGenerator: first["behavior.train"]!,
    critic: first["critic.train"]!,
    normaliser,
  };
  const kept = await work("policy.estimate", 1, { task: 1, newTask: 1, heldOutSeed: 3 }, {
    ...{ ...estimated, dataset },
    stateGenerator: first["states.train"]!,
  });
  await work("policy.estimate", 2, { task: 1, newTask: 2, heldOutSeed: 3 }, {
    ...{ ...estimated, behaviorGenerator: second["behavior.train"]! },
    network: kept.outputs.network!,
  });
  await work("policy.evaluate", 2, { ...about, task: 2 }, {
    ...{ ...shared, dataset: other },
    critic: second["critic.train"]!,
    stateGenerator: second["states.train"]!,
  });
  return figures;
}
