/**
 * No row of the knob table is inert, and what the table of relations says is so: each knob is turned by itself, where it
 * should act and where it should not, and the real handlers (or the plan, or the gate) show whether anything is different.
 */
import {
  createRng,
  eager,
  fitNormaliser,
  fitSketch,
  type Hyperparameters,
  normaliserToStored,
  presets,
} from "@cugro/algorithm";
import {
  frozenKnobs,
  KNOB_KINDS,
  type KnobKind,
  type KnobName,
  knobs,
  knobsOfKind,
  knobsOfPlan,
  type KnobValue,
  relations,
} from "@cugro/algorithm/knobs";
import { type Dataset, encodeDataset } from "@cugro/datasets";
import { encodeLabels, encodeShard, encodeStored } from "@cugro/jobs";
import { PLACES, TURNED, type Values } from "./knob_places.ts";
import { awaitedTasks, judgeVersion, previewGraph } from "@cugro/learners";
import type { FieldsOf, JobKind, RowCell, VersionFact } from "@cugro/protocol";
import { openFilesystemStore } from "@cugro/store";
import { openBackend } from "@cugro/tensors";
import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { createRunner, type Outputs } from "./job_runner.ts";

/** Of the robot that evaluations are run on. */
const [S, A] = [11, 3];
const ROWS = 160;

/** Small, and with room for every knob to be turned. */
const BASE: Hyperparameters = {
  ...presets.smoke,
  ...{ denoiserWidth: 8, criticWidth: 8, generatorBatchSize: 8, criticBatchSize: 8 },
  ...{ stateSteps: 2, behaviorSteps: 2, generatorStepsPerOldTask: 1, maxGeneratorSteps: 8 },
  ...{ criticSteps: 2, criticStepsPerOldTask: 1, maxCriticSteps: 8, warmupSteps: 1, planningRounds: 1 },
  ...{ functionEvaluations: 2, actingEvaluations: 2, candidates: 4, topCount: 2, estimateSteps: 2 },
  ...{ fisherRows: 2, distil: "both", proposerSteps: 2, actorSteps: 2 },
  ...{ distilStepsPerOldTask: 1, maxDistilSteps: 8 },
};

/** Carried by a kind that does not read them, for jobs of released stores do so: turning them redoes these jobs in vain. */
const CARRIED_ONLY: Partial<Record<KnobKind, readonly KnobName[]>> = {
  "states.train": ["timeEnd"],
  "behavior.train": ["timeEnd"],
  "policy.evaluate": ["discount"],
};

function turn(name: KnobName): Values {
  const { rule } = knobs[name];
  const own: KnobValue | undefined = TURNED[name];
  const value = BASE[name];
  if (own !== undefined) return { [name]: own };
  if (rule.kind === "flag") return { [name]: !value };
  if (rule.kind === "number") return { [name]: 2 * Number(value) };
  return { [name]: rule.choices.find((one) => one !== value) };
}

function datasetOf(seed: number): Dataset {
  const rng = createRng(seed);
  const episode = (n: number) => Number(n % 10 === 9);
  return {
    states: rng.normals(ROWS * S),
    actions: rng.uniforms(ROWS * A, -1, 1),
    rewards: rng.normals(ROWS),
    nextStates: rng.normals(ROWS * S),
    terminals: Uint8Array.from({ length: ROWS }, (_, n) => n < 80 ? episode(n) : 0),
    timeouts: Uint8Array.from({ length: ROWS }, (_, n) => n < 80 ? 0 : episode(n)),
    ...{ size: ROWS, stateDim: S, actionDim: A, metadata: {} },
  };
}

const FRESH = datasetOf(2);
const OLD = datasetOf(1);
const dataset = encodeDataset(FRESH);
const normaliser = encodeStored(normaliserToStored(fitNormaliser(OLD)));
const sketch = encodeStored(fitSketch({ ...OLD, normaliser: fitNormaliser(OLD), seed: 1 }));
const shard = encodeShard(ROWS, OLD.states, OLD.actions);
/** An evaluation runs in the simulator where that is what is turned; it costs much more than all else. */
const HOPPER = { family: "hopper-vel", goal: [1] };

const ONE_STEP = /^(proposer|actor)\./;

interface Bench {
  store: Awaited<ReturnType<typeof openFilesystemStore>>;
  /** Weights of a first task by kind and what shapes its networks. */
  parents: Map<string, Promise<Uint8Array>>;
  /** What was shown before, by kind, place and turned knobs. */
  outcomes: Map<string, Promise<string>>;
}

const training = (task: number) => ({ task, oldTasks: task - 1, heldOutSeed: 3, replayRows: ROWS });

/** A dataset's actions as labels of a one-step network. */
function labelsFor(
  kind: "proposer.train" | "actor.train",
  { states, actions }: Dataset,
  task: number,
): Uint8Array {
  const noise = kind === "actor.train" ? new Float32Array(0) : createRng(task).normals(ROWS * A);
  return encodeLabels({ states, noise, targets: actions, size: ROWS });
}

/** Weights that know two tasks; the same for all values that have the same networks. */
function parentOf(bench: Bench, kind: JobKind, values: Hyperparameters): Promise<Uint8Array> {
  // A regulariser leaves something for the next training beside the weights.
  const shaping = [...frozenKnobs, "regulariser"] as const;
  const frozen = Object.fromEntries(shaping.map((name) => [name, values[name]]));
  const mark = kind + JSON.stringify(frozen);
  const train = async () => {
    const run = createRunner(bench.store, eager, { ...BASE, ...frozen } as Hyperparameters);
    const normalisers = { "normaliser/1": normaliser, "normaliser/2": normaliser };
    if (kind === "proposer.train" || kind === "actor.train") {
      const labels = { "labels/1/0": labelsFor(kind, OLD, 1), "labels/2/0": labelsFor(kind, OLD, 2) };
      const fields = { task: 2, oldTasks: 0, heldOutSeed: 3, replayRows: ROWS };
      return (await run(kind, fields, { ...labels, ...normalisers })).outputs.weights!;
    }
    const inputs = { dataset: encodeDataset(OLD), ...normalisers };
    const first = await run(kind as "states.train", { ...training(1), oldTasks: 0 }, inputs);
    const parent = { parent: first.outputs.weights! };
    return (await run(kind as "states.train", { ...training(2), oldTasks: 0 }, { ...inputs, ...parent }))
      .outputs.weights!;
  };
  const known = bench.parents.get(mark) ?? train();
  bench.parents.set(mark, known);
  return known;
}

/** What a job of a kind is given. `values`: with the networks that the weights have. */
async function inputsOf(bench: Bench, kind: KnobKind, values: Hyperparameters): Promise<[object, Outputs]> {
  const parent = (of: JobKind) => parentOf(bench, of, values);
  const replay: Outputs = values.replay === "none" ? {} : { "replay/1/0": shard, "replay/2/0": shard };
  switch (kind) {
    case "states.sample":
      return [{ task: 1, shard: 0, rows: 8 }, { stateGenerator: await parent("states.train"), normaliser }];
    case "actions.label":
      return [{ task: 1, shard: 0 }, {
        ...{ states: encodeShard(ROWS, OLD.states), normaliser },
        behaviorGenerator: await parent("behavior.train"),
      }];
    case "proposer.label":
    case "actor.label":
      return [{ task: 1 }, {
        ...{ states: encodeShard(24, OLD.states.slice(0, 24 * S)), normaliser },
        behaviorGenerator: await parent("behavior.train"),
        ...kind === "actor.label" ? { critic: await parent("critic.train") } : {},
      }];
    case "proposer.train":
    case "actor.train":
      return [{ task: 3, oldTasks: 2, heldOutSeed: 3, replayRows: ROWS }, {
        ...{ "normaliser/1": normaliser, "normaliser/2": normaliser, "normaliser/3": normaliser },
        ...{ "labels/3/0": labelsFor(kind, FRESH, 3), ...replay, parent: await parent(kind) },
      }];
    case "policy.evaluate":
      return [{
        ...{ task: 1, newTask: 1, horizon: 10, heldOutSeed: 3, replayRows: 16, environment: null },
        anchors: { random: 0, good: 1, source: "" },
      }, {
        ...{ normaliser, sketch, dataset: encodeDataset(OLD), critic: await parent("critic.train") },
        stateGenerator: await parent("states.train"),
        behaviorGenerator: await parent("behavior.train"),
      }];
    case "policy.estimate":
      return [{ task: 1, newTask: 1, heldOutSeed: 3 }, {
        ...{ normaliser, dataset: encodeDataset(OLD), critic: await parent("critic.train") },
        stateGenerator: await parent("states.train"),
        behaviorGenerator: await parent("behavior.train"),
      }];
    default:
      return [training(3), {
        ...{ dataset, "normaliser/1": normaliser, "normaliser/2": normaliser, "normaliser/3": normaliser },
        ...replay,
        parent: await parent(kind),
      }];
  }
}

function outcomeOf(bench: Bench, kind: KnobKind, place: Values, turned: Values): Promise<string> {
  const mark = JSON.stringify([kind, place, turned]);
  const outcome = bench.outcomes.get(mark) ?? computeOutcome(bench, kind, place, turned);
  bench.outcomes.set(mark, outcome);
  return outcome;
}

/** Everything that a job shows, or why it cannot be done: weights of other networks are refused. */
async function computeOutcome(bench: Bench, kind: KnobKind, place: Values, turned: Values): Promise<string> {
  const values = { ...BASE, ...place };
  const planned = previewGraph({ knobs: values, tasks: 3 }).flatMap(({ jobs }) =>
    jobs.map(({ job }) => job.kind)
  );
  // Nobody does a job that no plan has.
  if (ONE_STEP.test(kind) && !planned.includes(kind as "actor.train")) return "[]";
  const [fields, inputs] = await inputsOf(bench, kind, values);
  const environment = "evaluationEpisodes" in turned || place.evaluationEpisodes
    ? { environment: HOPPER }
    : {};
  const run = createRunner(bench.store, eager, { ...values, ...turned });
  try {
    const about = { ...fields, ...environment } as FieldsOf<"states.train">;
    const { outputs, metrics } = await run(kind as "states.train", about, inputs);
    const shown = Object.entries(outputs).map(([name, bytes]) => [name, bytes.toBase64()]);
    return JSON.stringify([shown, metrics]);
  } catch (error) {
    return String(error);
  }
}

async function withBench(use: (bench: Bench) => Promise<void>): Promise<void> {
  await openBackend();
  const root = await Deno.makeTempDir();
  const store = await openFilesystemStore({ root });
  try {
    await use({ store, parents: new Map(), outcomes: new Map() });
  } finally {
    await store.close();
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("every knob that a kind of job carries changes what that kind does, and none where a relation says so", () =>
  withBench(async (bench) => {
    const faults: string[] = [];
    for (const kind of KNOB_KINDS) {
      for (const name of knobsOfKind[kind]) {
        const { acts = {}, idle } = PLACES[name] ?? {};
        const simulated = name === "evaluationEpisodes" ? { evaluationEpisodes: 2 } : {};
        const before = await outcomeOf(bench, kind, { ...acts, ...simulated }, {});
        assertMatch(before, /^\[/);
        const turned = await outcomeOf(bench, kind, { ...acts, ...simulated }, turn(name));
        const carried = CARRIED_ONLY[kind]?.includes(name) ?? false;
        if ((turned === before) !== carried) {
          faults.push(`${name} of ${kind} ${carried ? "acts" : "is inert"}`);
        }
        if (idle === undefined) continue;
        const left = await outcomeOf(bench, kind, idle, {});
        assertMatch(left, /^\[/);
        if (await outcomeOf(bench, kind, idle, turn(name)) !== left) {
          faults.push(`${name} of ${kind} acts with ${JSON.stringify(idle)}`);
        }
      }
    }
    assertEquals(faults, []);
  }));

/**
 * What the plan makes of knobs: the jobs of five tasks of three million rows, but for how many samples an evaluation measures, and whether a
 * version is published that fell in its old tasks, was far from one of them, and is poor in its new one; and which tasks it waits for
 * when seven episodes have been handed in for each.
 */
function planOf(values: Hyperparameters): unknown {
  const jobs = previewGraph({ knobs: values, tasks: 5, size: 3e6 }).flatMap((graph) => graph.jobs);
  const ids = jobs.filter(({ job }) => job.kind !== "policy.evaluate").map(({ id }) => id);
  const environment = { family: "hopper-vel", goal: [1] };
  const simulated = previewGraph({ knobs: values, tasks: 1, environment })[0]!.jobs.map(({ label }) => label);
  const acting = jobs.flatMap(({ job }) => "acting" in job.config ? [job.config.acting] : []);
  const scores = (mean: number) => Array.from({ length: values.evaluationEpisodes }, () => mean);
  const cell = (task: number, mean: number, distance: number | null): RowCell => ({
    ...{ task, job: "", returns: [], scores: scores(mean), meanScore: mean, low: mean, high: mean },
    fidelity: distance === null ? null : { slicedWasserstein: distance, slicedWassersteinFloor: 1 },
    valueEstimate: null,
  });
  const distance = values.replay === "generated" ? 5 : null;
  const lost = { mean: 30, low: 25, high: 35 };
  const unscored = {
    ...{ ...cell(4, 0, null), scores: [] },
    ...(values.estimate === "never" ? {} : { estimate: { job: "", score: lost, drop: lost } }),
  };
  const row = [unscored, cell(1, 75, distance), cell(2, 89, null), cell(3, 50, null)];
  const earlier = [{ version: 1, row: [cell(1, 90, null), cell(2, 90, null)] } as unknown as VersionFact];
  const decision = judgeVersion({ knobs: values, task: 3, row, earlier });
  const handedIn = row.map(({ task }) => ({ task, scores: Array<number>(7).fill(90) }));
  return [ids, simulated, acting, decision, awaitedTasks(decision, handedIn, values)];
}

Deno.test("every knob that only the plan reads changes the jobs or the decision, and none where a relation says so", () => {
  for (const name of knobsOfPlan) {
    const { acts = {}, idle } = PLACES[name] ?? {};
    const shown = (place: Values, turned: Values) => planOf({ ...BASE, ...place, ...turned });
    assertNotEquals(shown(acts, turn(name)), shown(acts, {}), `${name} is inert`);
    if (idle) {
      assertEquals(shown(idle, turn(name)), shown(idle, {}), `${name} acts with ${JSON.stringify(idle)}`);
    }
  }
});

Deno.test("what a relation says of a knob's effect is tried above", () => {
  const related = new Set(relations.flatMap((relation) => relation.kind === "effect" ? [relation.knob] : []));
  const tried = Object.entries(PLACES).filter(([name, { idle }]) =>
    idle || ["retentionReduction", "estimateSteps"].includes(name)
  );
  assertEquals(tried.map(([name]) => name).sort(), [...related].sort());
  for (const [name, { acts = {}, idle }] of tried as [KnobName, { acts?: Values; idle?: Values }][]) {
    const holds = (place: Values) =>
      relations.every((relation) =>
        relation.kind === "limit" || relation.knob !== name ||
        relation.needs.every((need) =>
          need.holds({ ...BASE, ...place, ...turn(name) }, { ...BASE, ...place })
        )
      );
    assertEquals([holds(acts), idle !== undefined && holds(idle)], [true, false], name);
  }
});
