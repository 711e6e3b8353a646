/**
 * What each kind of job computes, held against recorded figures: a change asks whether the kind's revision must rise.
 *
 * After raising a revision in `shared/protocol/jobs.ts`, run this test once with `CUGRO_GOLDEN=write`: it adds the figures
 * of revisions that have none, and never overwrites recorded ones.
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Hyperparameters } from "@cugro/algorithm";
import { encodeDataset } from "@cugro/datasets";
import { openBackend, openCompute } from "@cugro/tensors";
import { type Compile, eager } from "@cugro/tensors/seam";
import { openFilesystemStore, type Store } from "@cugro/store";
import {
  datasetKey,
  decodeTensors,
  type FieldsOf,
  incomingKey,
  type JobKind,
  type JsonObject,
  REVISIONS,
} from "@cugro/protocol";
import { exampleDataset } from "../fakes/example_dataset.ts";
import { withFolder } from "./embedded.ts";
import { createRunner, type Outputs } from "./job_runner.ts";

const RECORD = fileURLToPath(new URL("./golden.json", import.meta.url));
/** Written out, so that tuning a preset does not look like a change of the method. */
const KNOBS: Hyperparameters = {
  replay: "generated",
  replaySource: "latest",
  replayPairs: 512,
  replayPairsPerTask: 256,
  replayBytes: 256 * 1024 * 1024,
  shardsPerTask: 2,
  newTaskShare: 0.5,
  retention: "distill",
  architecture: "resnet",
  denoiserWidth: 32,
  denoiserBlocks: 1,
  behaviorKnowsTask: true,
  stateSteps: 8,
  behaviorSteps: 8,
  generatorStepsPerOldTask: 0,
  maxGeneratorSteps: 60,
  generatorBatchSize: 64,
  generatorLearningRate: 5e-4,
  warmupSteps: 5,
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
  criticSteps: 8,
  criticStepsPerOldTask: 0,
  maxCriticSteps: 8,
  criticBatchSize: 64,
  criticLearningRate: 5e-4,
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
  maxReplayDistance: 4,
};
/** Backends and processors round differently; a change of the method is larger by far. */
const TOLERANCE = 2e-3;

type Figures = Record<string, number>;

/** Mean size of every tensor of every output: a figure that each part of a computation moves. */
function figuresOf(kind: JobKind, outputs: Outputs, metrics: JsonObject): Figures {
  const figures: Figures = {};
  for (const [output, bytes] of Object.entries(outputs)) {
    if (output === "curves" || output === "rollouts") continue;
    for (const [name, { data }] of Object.entries(decodeTensors(bytes).tensors)) {
      figures[`${kind} ${output} ${name}`] = Array.from(data).reduce((sum, value) =>
        sum + Math.abs(value), 0) / data.length;
    }
  }
  if (typeof metrics.valueEstimate === "number") figures[`${kind} value`] = metrics.valueEstimate;
  return figures;
}

/** One job of every kind: a first task, then a second one with replay of the first. */
async function computeAll(store: Store, compile: Compile): Promise<Figures> {
  const run = createRunner(store, compile, KNOBS);
  const figures: Figures = {};
  const work = async <K extends JobKind>(kind: K, config: FieldsOf<K>, inputs: Outputs) => {
    const { outputs, metrics } = await run(kind, config, inputs);
    Object.assign(figures, figuresOf(kind, outputs, metrics));
    return { outputs, metrics };
  };
  const key = incomingKey("golden", "walk.safetensors");
  const { etag } = await store.put(key, encodeDataset(exampleDataset(20, 10)));
  const imported = await work("dataset.import", { key, etag, heldOutSeed: 3 }, {});
  const { normaliser, sketch } = imported.outputs as { normaliser: Uint8Array; sketch: Uint8Array };
  const dataset = (await store.get(datasetKey(String(imported.metrics.datasetHash))))!.bytes;
  const trainAll = async (task: number, further: Outputs, parents: Partial<Record<JobKind, Uint8Array>>) => {
    const weights: Partial<Record<JobKind, Uint8Array>> = {};
    for (const kind of ["states.train", "behavior.train", "critic.train"] as const) {
      const parent = parents[kind] ? { parent: parents[kind] } : {};
      const config = { task, oldTasks: task - 1, heldOutSeed: 3, replayRows: 64 };
      const inputs = { dataset, [`normaliser/${task}`]: normaliser, ...further, ...parent };
      weights[kind] = (await work(kind, config, inputs)).outputs.weights!;
    }
    return weights;
  };
  const first = await trainAll(1, {}, {});
  const states = await work("states.sample", { task: 1, shard: 0, rows: 64 }, {
    stateGenerator: first["states.train"]!,
    normaliser,
  });
  const labelled = await work("actions.label", { task: 1, shard: 0 }, {
    states: states.outputs.shard!,
    behaviorGenerator: first["behavior.train"]!,
    normaliser,
  });
  const replay = { "replay/1/0": labelled.outputs.shard! };
  const second = await trainAll(2, { ...replay, "normaliser/1": normaliser }, first);
  const about = {
    task: 1,
    newTask: 2,
    environment: null,
    horizon: 10,
    anchors: { random: 0, good: 1, source: "" },
    heldOutSeed: 3,
    replayRows: 64,
  };
  await work("policy.evaluate", about, {
    behaviorGenerator: second["behavior.train"]!,
    critic: second["critic.train"]!,
    normaliser,
    sketch,
    ...replay,
  });
  return figures;
}

Deno.test("every kind of job computes what its revision has recorded", async () => {
  await withFolder(async (folder) => {
    await openBackend();
    const store = await openFilesystemStore({ root: folder });
    try {
      const figures = await computeAll(store, eager);
      const recorded: Record<string, Figures> = JSON.parse(await readFile(RECORD, "utf8").catch(() => "{}"));
      for (const [kind, revision] of Object.entries(REVISIONS)) {
        const own = Object.fromEntries(
          Object.entries(figures).filter(([name]) => name.startsWith(`${kind} `)),
        );
        const mark = `${kind}@${revision}`;
        if (process.env.CUGRO_GOLDEN === "write") recorded[mark] ??= own;
        assert(
          recorded[mark],
          `${mark} has no record in ${join("tests", "pipeline", "golden.json")}: see the head of this file`,
        );
        for (const [name, value] of Object.entries(own)) {
          const wanted = recorded[mark][name];
          assert(wanted !== undefined, `${name} is new: raise the revision of ${kind}`);
          const message =
            `${name} is ${value}, revision ${revision} gave ${wanted}: raise the revision of ${kind} in shared/protocol/jobs.ts`;
          assertAlmostEquals(value, wanted, TOLERANCE * Math.max(1e-3, Math.abs(wanted)), message);
        }
      }
      if (process.env.CUGRO_GOLDEN === "write") {
        await writeFile(RECORD, JSON.stringify(recorded, null, 1) + "\n");
      }
    } finally {
      await store.close();
    }
  });
});

Deno.test({
  name: "every kind of job computes the same compiled and eager, to the last digit",
  ignore: (await openBackend()).name !== "native",
  fn: () =>
    withFolder(async (folder) => {
      const store = await openFilesystemStore({ root: folder });
      try {
        const compiled = await computeAll(store, (await openCompute()).compile);
        assertEquals(compiled, await computeAll(store, eager));
      } finally {
        await store.close();
      }
    }),
});
