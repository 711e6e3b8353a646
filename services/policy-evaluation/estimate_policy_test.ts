import { createHandlers as behaviorGeneration } from "@cugro/behavior-generation";
import { createHandlers as criticTraining } from "@cugro/critic-training";
import { estimateOf } from "@cugro/algorithm/estimate/arrays";
import { decodeStored, encodeStored } from "@cugro/jobs";
import { createHandlers as stateGeneration } from "@cugro/state-generation";
import { openCompute } from "@cugro/tensors";
import type { JobHandlers } from "@cugro/worker";
import { assert, assertAlmostEquals, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { distinctTask, S, storedNormaliser } from "../../tests/fakes/distinct_tasks.ts";
import { withJobs } from "../../tests/fakes/job_bench.ts";
import { fittedRows, readEpisodes } from "./estimated_rows.ts";
import { createHandlers } from "./mod.ts";

const KNOBS = {
  ...{ denoiserWidth: 32, stateSteps: 40, behaviorSteps: 60, generatorLearningRate: 6e-3 },
  ...{ criticSteps: 150, criticLearningRate: 4e-3, emaDecay: 0.95, estimateSteps: 150 },
};
const about = { task: 1, oldTasks: 0, heldOutSeed: 3, replayRows: 0 };

/** The handler in a worker that dies once, before this step of its fit counts. */
function dyingAt(step: number, handler: NonNullable<JobHandlers["policy.estimate"]>): typeof handler {
  let died = false;
  return (context) =>
    handler(
      new Proxy(context, {
        get: (target, name) => {
          const value = Reflect.get(target, name, target);
          if (name !== "tick") return typeof value === "function" ? value.bind(target) : value;
          return (...args: Parameters<typeof context.tick>) => {
            if (died || args[0].step !== step) return context.tick(...args);
            died = true;
            return Promise.reject(new Error("the power went"));
          };
        },
      }),
    );
}

/** A critic that likes best what it liked least. */
function opposed(critic: Uint8Array): Uint8Array {
  const negated = Object.entries(decodeStored(critic)).map(([name, { shape, data }]) =>
    [name, {
      shape,
      data: name.startsWith("head.") ? data.map((value) => -value) as Float32Array : data,
    }] as const
  );
  return encodeStored(Object.fromEntries(negated));
}

Deno.test("policy.estimate tells what a version is worth, and a policy made worse from the one that was learnt", async () => {
  const { compile } = await openCompute();
  const learning = { ...stateGeneration({ compile }), ...behaviorGeneration({ compile }) };
  const handlers = { ...learning, ...criticTraining({ compile }), ...createHandlers({ compile }) };
  await withJobs(handlers, KNOBS, async ({ add, run }) => {
    const dataset = await add(distinctTask(1));
    const normaliser = storedNormaliser(1);
    const train = async (kind: "states.train" | "behavior.train" | "critic.train") =>
      (await run(kind, about, { dataset, "normaliser/1": normaliser })).outputs.weights!;
    const [stateGenerator, behaviorGenerator, critic] = [
      await train("states.train"),
      await train("behavior.train"),
      await train("critic.train"),
    ];
    const fresh = { task: 1, newTask: 1, heldOutSeed: 3 };
    const { outputs, metrics } = await run("policy.estimate", fresh, {
      ...{ behaviorGenerator, critic, normaliser, stateGenerator, dataset },
    });
    // Every row is an episode. Returns of the data are 0 on average, and the critic picks actions that earn more.
    const worth = estimateOf(metrics.returns as number[]);
    assert(worth.mean > 0.3 && worth.mean < 8, `it is worth ${worth.mean}`);
    assertEquals([metrics.rows, metrics.heldOutRows], [400, 40]);
    const { network } = outputs;
    // A worker that dies in the middle of the fit: another one goes on to the same bytes.
    const dying = { ...handlers, "policy.estimate": dyingAt(90, handlers["policy.estimate"]!) };
    await withJobs(dying, KNOBS, async (bench) => {
      const cut = await bench.run("policy.estimate", fresh, {
        ...{
          behaviorGenerator,
          critic,
          normaliser,
          stateGenerator,
          dataset: await bench.add(distinctTask(1)),
        },
      });
      assertEquals([cut.attempts, cut.startedAtStep], [2, 80]);
      assertEquals(cut.outputs, outputs);
      assertEquals(cut.metrics, metrics);
    }, 40);
    assertEquals(decodeStored(network!)["probe.states"]!.shape, [2_048, S]);

    const later = async (its: Uint8Array) =>
      await run("policy.estimate", { ...fresh, newTask: 2 }, {
        ...{ behaviorGenerator, critic: its, normaliser, network: network! },
      });
    const same = await later(critic);
    for (const loss of same.metrics.losses as number[]) assertAlmostEquals(loss, 0, 1e-4);
    assertEquals(same.outputs, {});
    const worse = estimateOf((await later(opposed(critic))).metrics.losses as number[]);
    assertGreater(worse.low, 0.3, "surely worse");
    const without = await run("policy.estimate", { ...fresh, newTask: 2 }, {
      behaviorGenerator,
      critic,
      normaliser,
    });
    assertStringIncludes(without.failure!.message, "old task 1 as the job has no input network");
  });
});

Deno.test("estimates are fitted to rows that no critic has seen; where they are few, rows of the trainings make up for them", () => {
  const many = fittedRows({ size: 20_000 }, { heldOutSeed: 3 });
  assertEquals([many.rows.length, many.heldOut], [2_000, 2_000]);
  const most = fittedRows({ size: 200_000 }, { heldOutSeed: 3 });
  assertEquals([most.rows.length, most.heldOut, new Set(most.rows).size], [8_192, 8_192, 8_192]);
  const few = fittedRows({ size: 3_000 }, { heldOutSeed: 3 });
  assertEquals([few.rows.length, few.heldOut, new Set(few.rows).size], [1_000, 300, 1_000]);
  assertEquals([...few.rows], [...few.rows].toSorted((a, b) => a - b));
  assertEquals(fittedRows({ size: 10 }, { heldOutSeed: 3 }).rows.length, 10);
});

Deno.test("an episode begins after a terminal or a time limit, and the last row begins none", async () => {
  const flags = { terminals: [0, 0, 1, 0, 0, 0, 1], timeouts: [0, 0, 1, 0, 1, 0, 0] };
  const dataset = {
    ...{ size: 7, stateDim: 1, actionDim: 1 },
    numbers: () => Promise.reject(new Error("not read")),
    flags: (name: keyof typeof flags, rows: Int32Array) =>
      Promise.resolve(Uint8Array.from(rows, (row) => flags[name][row]!)),
  };
  const { first, meanSteps } = await readEpisodes(dataset);
  assertEquals([[...first], meanSteps], [[0, 3, 5], 7 / 3]);
});
