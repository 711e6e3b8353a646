import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
} from "@std/assert";
import { eager, type Stored } from "@cugro/tensors/seam";
import { growCritic } from "./critic_growth.ts";
import { criticShape, initCritic, trainableWeights } from "./critic_network.ts";
import { planCritic } from "./critic_plan.ts";
import { criticStep } from "./critic_step.ts";
import { trainCritic } from "./critic_training.ts";
import { presets } from "../knobs/hyperparameters.ts";
import { adamInputs } from "../numerics/optimiser.ts";
import { createRng } from "../numerics/rng.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import {
  A,
  type Bandit,
  bandit,
  clockwork,
  inputOf,
  normaliserOf,
  quick,
  relativeError,
  S,
  train,
  valuesOf,
} from "../testing/bandit.ts";
import { matrix, withPrefix } from "../numerics/weights.ts";

const shape = criticShape(S, A, quick);
const twin = { ...quick, criticEnsemble: 2 };
const twinShape = criticShape(S, A, twin);
const first = bandit(1, (s, a) => 10 + s - 0.2 * a * a);
const second = bandit(2, (s, a) => 3 * a - s);
const replayOf = (task: number, data: Bandit) => ({
  task,
  states: data.states,
  actions: data.actions,
  size: data.size,
});
const bothNormalisers = new Map([[1, normaliserOf(first)], [2, normaliserOf(second)]]);

/** Head columns of all old tasks, by tensor. */
function oldColumns(weights: Stored, columns: number): number[] {
  return Object.entries(weights).filter(([name]) => name.startsWith("head.")).flatMap(
    ([, { shape, data }]) => {
      const width = shape[shape.length - 1]!;
      return [...data].filter((_, i) => i % width < columns);
    },
  );
}

Deno.test(
  "trainCritic() learns a known Q, and holds it while it learns the next task",
  noLeaks(async () => {
    const one = (await train(inputOf(1, first))).result.weights;
    assertLess(relativeError(one, 0, first), 0.2);
    const next = { parent: one, normalisers: bothNormalisers, oldTasks: 1 };
    const held = (await train(inputOf(2, second, { ...next, replay: [replayOf(1, first)] }))).result.weights;
    assertEquals([...held["tasks"]!.data], [1, 2]);
    assertLess(relativeError(held, 1, second), 0.25);
    assertLess(relativeError(held, 0, first), 0.3);
    const bare = (await train(inputOf(2, second, next))).result.weights;
    assertGreater(relativeError(bare, 0, first), 2 * relativeError(held, 0, first));
  }),
);

Deno.test("growCritic() seeds the new head and leaves every old number as it was", () => {
  const scale = { mean: 5, std: 2 };
  const one = growCritic(initCritic(shape, 3), shape, 7, 3, scale);
  const two = growCritic(one, shape, 4, 3, { mean: -1, std: 1 });
  assertEquals(oldColumns(two, 1), oldColumns(one, 1));
  assertEquals([...two["tasks"]!.data], [7, 4]);
  assertEquals([...two["returns.mean"]!.data], [5, -1]);
  for (const name of Object.keys(one).filter((name) => name.startsWith("trunk."))) {
    assertEquals(two[name], one[name]);
  }
  const column = (weights: Stored, at: number) =>
    [...weights["head.0.kernel"]!.data].filter((_, i) => i % 2 === at);
  assert(column(two, 1).every((value) => value !== 0 && Math.abs(value) <= 1 / Math.sqrt(shape.width)));
  assertEquals(growCritic(one, shape, 4, 3, scale)["head.0.kernel"], two["head.0.kernel"]);
  assert(column(growCritic(one, shape, 4, 99, scale), 1)[0] !== column(two, 1)[0]);
});

Deno.test(
  "trainCritic() starts with old heads equal to the teacher, which stays frozen (failure mode 14)",
  noLeaks(async () => {
    const parent = (await train(inputOf(1, first))).result.weights;
    const { losses, snapshots } = await train(
      inputOf(2, second, { parent, normalisers: bothNormalisers, replay: [replayOf(1, first)] }),
      [1, 30],
    );
    assertLess(losses[0]!["retention"]!, 1e-10);
    assertGreater(losses[29]!["retention"]!, 1e-6);
    for (const [name, tensor] of Object.entries(trainableWeights(parent))) {
      assertEquals(snapshots.get(30)!.tensors[`teacher/${name}`], tensor);
    }
  }),
);

Deno.test(
  "trainCritic() with lambda 0 never moves old heads, only the trunk under them (failure mode 13)",
  noLeaks(async () => {
    const parent = (await train(inputOf(1, first))).result.weights;
    const { result, losses } = await train(inputOf(2, second, {
      parent,
      normalisers: bothNormalisers,
      replay: [replayOf(1, first)],
      hyperparameters: { ...quick, distillationWeight: 0 },
    }));
    assertEquals(oldColumns(result.weights, 1), oldColumns(parent, 1));
    assertGreater(losses[losses.length - 1]!["retention"]!, 0.01, "drift of the trunk is reported");
    assertGreater(relativeError(result.weights, 0, first), 0.3);
  }),
);

Deno.test(
  "trainCritic() keeps heads by task id, whatever the order of tasks and replay (failure mode 12)",
  noLeaks(async () => {
    const rises = bandit(3, (_, a) => a), falls = bandit(4, (_, a) => -a), bows = bandit(5, (_, a) => -a * a);
    const normalisers = new Map([[7, normaliserOf(rises)], [3, normaliserOf(falls)], [
      5,
      normaliserOf(bows),
    ]]);
    const seven = (await train(inputOf(7, rises))).result.weights;
    const three =
      (await train(inputOf(3, falls, { parent: seven, normalisers, replay: [replayOf(7, rises)] }))).result
        .weights;
    const replay = [replayOf(3, falls), replayOf(7, rises)]; // not in the order of the heads
    const five = (await train(inputOf(5, bows, { parent: three, normalisers, replay }))).result.weights;
    assertEquals([...five["tasks"]!.data], [7, 3, 5]);
    [rises, falls, bows].forEach((data, head) =>
      assertLess(relativeError(five, head, data), 0.4, `head ${head}`)
    );
  }),
);

for (
  const over of [{}, { criticTarget: "planning" }, { criticTarget: "iql" }, {
    timeLimit: "bootstrap",
  }] as const
) {
  Deno.test(
    `trainCritic() resumes bit-identically, ${JSON.stringify(over)} (failure mode 18)`,
    noLeaks(async () => {
      const parent = growCritic(initCritic(twinShape, 5), twinShape, 1, 5, { mean: 0, std: 1 });
      const hyperparameters = { ...twin, criticSteps: 24, maxCriticSteps: 24, ...over };
      const input = inputOf(2, clockwork(5, 200), { parent, replay: [replayOf(1, first)], hyperparameters });
      const normalisers = new Map([...input.normalisers, [1, normaliserOf(first)]]);
      const whole = await train({ ...input, normalisers }, [5, 8, 13]);
      for (const snapshot of whole.snapshots.values()) {
        const stored = { ...snapshot, position: JSON.parse(JSON.stringify(snapshot.position)) };
        const resumed = await train({ ...input, normalisers, resume: stored });
        assertEquals(resumed.result, whole.result);
        assertEquals(resumed.losses, whole.losses.slice(snapshot.position.step));
      }
      const part = await train({ ...input, normalisers, until: 1 / 3 }, [8]);
      assertEquals(
        [part.losses.length, part.result.metrics.steps],
        [8, 8],
        "ended early, the same until then",
      );
      assertEquals(part.snapshots.get(8), whole.snapshots.get(8));
    }),
  );
}

Deno.test(
  "trainCritic() continues returns past the clock as its switches say",
  noLeaks(async () => {
    // Reward 1 forever, gamma 0.8, episodes of 3: cut returns 1, 1.8, 2.44 have mean 1.7467, the true value is 5.
    const long = {
      ...quick,
      discount: 0.8,
      criticSteps: 160,
      maxCriticSteps: 160,
      criticWidth: 16,
      criticLayers: 1,
      criticLearningRate: 1e-2,
      targetRate: 0.3,
      expectile: 0.5,
    };
    const data = clockwork(3);
    const meanValue = async (over: Partial<typeof quick>) => {
      const hyperparameters = { ...long, ...over };
      const { weights } = (await train(inputOf(1, data, { hyperparameters }))).result;
      const q = valuesOf(weights, 0, data, hyperparameters);
      return q.reduce((sum, value) => sum + value, 0) / q.length;
    };
    assertAlmostEquals(await meanValue({ timeLimit: "cut" }), 1.7467, 0.08);
    // One refit: 1 + 0.8 V, then backwards: mean of 2.397, 2.918, 3.334.
    assertAlmostEquals(await meanValue({ timeLimit: "bootstrap" }), 2.883, 0.15);
    assertAlmostEquals(await meanValue({ criticTarget: "iql" }), 5, 0.5);
    const planned = await meanValue({ criticTarget: "planning", timeLimit: "bootstrap", planningRounds: 3 });
    assert(planned > 2.9 && planned < 5.2, `planning gives ${planned}`);
  }),
);

Deno.test(
  "trainCritic() planning stitches: a state whose own episode ended badly learns of a better way",
  noLeaks(async () => {
    // From state x = 0 every episode goes to x = 2, where half of them then earn 10 and half 0, by their action.
    const size = 600, rng = createRng(3, "stitch");
    const states = new Float32Array(size * S), nextStates = new Float32Array(size * S);
    const actions = rng.uniforms(size, -5, 5),
      rewards = new Float32Array(size),
      terminals = new Uint8Array(size);
    for (let n = 0; n < size; n += 2) {
      nextStates[n * S] = states[(n + 1) * S] = 2;
      nextStates[(n + 1) * S] = 2;
      terminals[n + 1] = 1;
      rewards[n + 1] = actions[n + 1]! > 0 ? 10 : 0;
    }
    const data = { states, actions, rewards, nextStates, terminals, timeouts: new Uint8Array(size), size };
    const valueAtStart = async (over: Partial<typeof quick>) => {
      const hyperparameters = { ...quick, criticSteps: 160, maxCriticSteps: 160, discount: 1, ...over };
      const q = valuesOf((await train(inputOf(1, data, { hyperparameters }))).result.weights, 0, data);
      return q.reduce((sum, value, n) => n % 2 === 0 ? sum + value : sum, 0) / (size / 2);
    };
    assertAlmostEquals(await valueAtStart({}), 5, 0.8); // what the data did on average
    assertGreater(await valueAtStart({ criticTarget: "planning", expectile: 0.9 }), 7.5); // what it could have done
  }),
);

Deno.test(
  "trainCritic() regresses on trainRows only",
  noLeaks(async () => {
    const spoilt = { ...first, rewards: first.rewards.map((reward, i) => i % 10 === 0 ? 1e4 : reward) };
    const trainRows = Int32Array.from({ length: first.size }, (_, i) => i).filter((i) => i % 10 !== 0);
    const { weights } = (await train(inputOf(1, spoilt, { trainRows }))).result;
    assertLess(relativeError(weights, 0, first), 0.2);
  }),
);

Deno.test(
  "criticStep() averages retention over old tasks, or sums it as the paper (failure mode 26)",
  noLeaks(async () => {
    const trained = growCritic(
      growCritic(
        growCritic(initCritic(twinShape, 1), twinShape, 1, 1, { mean: 0, std: 1 }),
        twinShape,
        2,
        1,
        {
          mean: 0,
          std: 1,
        },
      ),
      twinShape,
      3,
      1,
      { mean: 0, std: 1 },
    );
    const retentionOf = async (retentionRows: number) => {
      const settings = {
        ...{
          shape: twinShape,
          stateDim: S,
          teacherHeads: 2,
          batchSize: 4,
          retentionRows,
          distillationWeight: 1,
          value: "none" as const,
        },
        ...{
          bootstrapped: false,
          expectile: 0.5,
          targetRate: 0,
          valueHeads: 0,
          optimiser: { gradientClip: 0, emaDecay: 0 },
        },
      };
      const critic = trainableWeights(trained);
      // A teacher whose two heads are each 0.5 above the student's: squared error 0.25 a row.
      const teacher: Stored = { ...critic };
      for (const e of [0, 1]) {
        const kernel = critic[`head.${e}.kernel`]!.data.filter((_, i) => i % 3 < 2) as Float32Array;
        teacher[`head.${e}.kernel`] = matrix(kernel, 2);
        teacher[`head.${e}.bias`] = {
          shape: [2],
          data: critic[`head.${e}.bias`]!.data.slice(0, 2).map((b) => b + 0.5),
        };
      }
      const zero = Object.fromEntries(
        Object.entries(critic).map(([name, t]) => [name, { ...t, data: t.data.map(() => 0) }]),
      );
      const state = {
        ...withPrefix(critic, "weights/"),
        ...withPrefix(zero, "first/"),
        ...withPrefix(zero, "second/"),
        ...withPrefix(teacher, "teacher/"),
      };
      const size = 4 + retentionRows;
      const selection = Float32Array.from({ length: size * 3 }, (_, at) => {
        const row = Math.floor(at / 3);
        return at % 3 === (row < 4 ? 2 : row % 2) ? 1 : 0;
      });
      const inputs = {
        rows: matrix(createRng(2).normals(size * (S + A)), S + A),
        selection: matrix(selection, 3),
        targets: matrix(new Float32Array(4), 1),
        ...adamInputs(0, 1e-3),
      };
      const compiled = eager(criticStep(settings), state, inputs);
      const { retention } = await compiled.run(inputs);
      compiled.dispose();
      return retention!.data[0]!;
    };
    assertAlmostEquals(await retentionOf(4), 0.25, 1e-6);
    assertAlmostEquals(await retentionOf(8), 0.5, 1e-6);
  }),
);

Deno.test("planCritic() counts an old task once, whatever the number of its shards", () => {
  const parent = growCritic(initCritic(shape, 5), shape, 1, 5, { mean: 0, std: 1 });
  const half = (from: number) => ({
    task: 1,
    states: first.states.slice(from * S, (from + 300) * S),
    actions: first.actions.slice(from, from + 300),
    size: 300,
  });
  const hyperparameters = { ...quick, retentionReduction: "sum" as const };
  const input = inputOf(2, second, { parent, normalisers: bothNormalisers, hyperparameters });
  const sharded = planCritic({ ...input, replay: [half(0), half(300)] });
  const whole = planCritic({ ...input, replay: [replayOf(1, first)] });
  assertEquals(sharded.settings.retentionRows, quick.criticBatchSize);
  assertEquals(sharded.source, whole.source);
});

Deno.test(
  "trainCritic() refuses what would silently go wrong",
  noLeaks(async () => {
    const parent = growCritic(initCritic(shape, 5), shape, 1, 5, { mean: 0, std: 1 });
    const twins = growCritic(initCritic(twinShape, 5), twinShape, 1, 5, { mean: 0, std: 1 });
    const input = inputOf(2, second, { parent, normalisers: bothNormalisers });
    const refused = (over: Partial<typeof input>, message: string) =>
      assertRejects(() => trainCritic({ ...input, ...over }).next(), RangeError, message);
    await refused({ task: 1, replay: [replayOf(1, first)] }, "Cannot replay task 1 as it is the one");
    await refused({ replay: [replayOf(6, first)] }, "known tasks are [1, 2]");
    await refused(
      { replay: [replayOf(1, first)], normalisers: new Map([[2, normaliserOf(second)]]) },
      "task 1 as its normaliser is missing",
    );
    await refused({ terminals: new Uint8Array(second.size) }, "must end an episode");
    await refused({ rewards: second.rewards.subarray(1) }, "rewards must hold 600");
    await refused({ hyperparameters: { ...quick, criticWidth: 16 } }, "trunk.0.0.kernel must be [3, 16]");
    await refused({ hyperparameters: { ...quick, criticEnsemble: 2 } }, "trunk.1.0.kernel");
    await refused({ parent: twins }, "must have 1 trunks");
    await refused({ trainRows: new Int32Array(0) }, "no row");
  }),
);

Deno.test(
  "trainCritic() runs the paper's settings",
  noLeaks(async () => {
    const hyperparameters = {
      ...presets.paper,
      ...{
        criticWidth: 32,
        criticSteps: 60,
        maxCriticSteps: 60,
        criticBatchSize: 64,
        criticLearningRate: 5e-3,
      },
    };
    const parent = (await train(inputOf(1, first, { hyperparameters }))).result.weights;
    const replay = [replayOf(1, first)];
    const { losses } = await train(
      inputOf(2, second, { parent, replay, normalisers: bothNormalisers, hyperparameters }),
    );
    assertLess(losses[0]!["retention"]!, 1e-9);
    assertLess(losses[59]!["fit"]!, 0.5 * losses[0]!["fit"]!);
  }),
);
