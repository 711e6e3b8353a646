import type { ReplayRows } from "../algorithm/replay/task_rows.ts";
import { fitNormaliser, heldOutRows, normaliserToStored } from "@cugro/algorithm/arrays";
import type { Dataset } from "@cugro/datasets";
import type { InputRef } from "@cugro/protocol";
import { assert, assertEquals } from "@std/assert";
import { withJobs } from "../../tests/fakes/job_bench.ts";
import { encodeShard, encodeStored } from "./encoding.ts";
import { type CriticInput, readCriticInput } from "./training_input.ts";

const HELD_OUT_SEED = 3;

/** Every number tells its task, its row and its column; actions are negative. */
function numbered(task: number, size: number): Dataset {
  const states = Float32Array.from(
    { length: size * 2 },
    (_, i) => 1000 * task + Math.floor(i / 2) + (i % 2) / 2,
  );
  const actions = Float32Array.from({ length: size }, (_, n) => -(1000 * task + n));
  const timeouts = Uint8Array.from({ length: size }, (_, n) => n === size - 1 ? 1 : 0);
  const [rewards, terminals] = [new Float32Array(size), new Uint8Array(size)];
  const shape = { size, stateDim: 2, actionDim: 1, metadata: {} };
  return { states, actions, rewards, nextStates: states.map((s) => s + 1), terminals, timeouts, ...shape };
}

function shardOf({ states, actions }: Dataset, from: number, to: number): Uint8Array {
  return encodeShard(to - from, states.slice(from * 2, to * 2), actions.slice(from, to));
}

const normaliserOf = (dataset: Dataset) => encodeStored(normaliserToStored(fitNormaliser(dataset)));

/** What the handler of a training of task 3 reads. */
async function readOf(
  inputs: (add: (dataset: Dataset) => Promise<InputRef>) => Promise<Record<string, Uint8Array | InputRef>>,
): Promise<CriticInput> {
  const seen: CriticInput[] = [];
  const outputs = { weights: new Uint8Array(1), curves: new Uint8Array(1) };
  const look = {
    "critic.train": async (context: Parameters<typeof readCriticInput>[0]) => {
      seen.push(await readCriticInput(context));
      return { outputs, metrics: {} };
    },
  };
  await withJobs(look, {}, async ({ add, run }) => {
    const config = { task: 3, oldTasks: 2, heldOutSeed: HELD_OUT_SEED, replayRows: 7 };
    const { failure } = await run("critic.train", config, await inputs(add));
    assertEquals(failure, undefined);
  });
  return seen[0]!;
}

const [first, second, third] = [numbered(1, 20), numbered(2, 30), numbered(3, 40)];

Deno.test("readCriticInput() reads each input into its own place: rows, replay, normalisers, parent", async () => {
  const parent = { "head.0.bias": { shape: [1], data: Float32Array.of(7) } };
  const input = await readOf(async (add) => ({
    dataset: await add(third),
    "normaliser/1": normaliserOf(first),
    "normaliser/2": normaliserOf(second),
    "normaliser/3": normaliserOf(third),
    "replay/2/0": shardOf(second, 0, 12),
    "replay/1/0": shardOf(first, 0, 8),
    "replay/1/1": shardOf(first, 8, 20),
    parent: encodeStored(parent),
  }));
  const { train } = heldOutRows(40, HELD_OUT_SEED);
  assertEquals([input.task, input.oldTasks, input.size], [3, 2, 40]);
  assertEquals(input.trainRows, train);
  for (const name of ["states", "actions", "rewards", "nextStates", "terminals", "timeouts"] as const) {
    assertEquals(input[name], third[name], name);
  }
  const rows = (task: number, { states, actions }: Dataset, from: number, to: number): ReplayRows => ({
    task,
    states: states.slice(from * 2, to * 2),
    actions: actions.slice(from, to),
    size: to - from,
  });
  assertEquals(input.replay, [rows(1, first, 0, 8), rows(1, first, 8, 20), rows(2, second, 0, 12)]);
  assertEquals(
    [...input.normalisers].sort(([a], [b]) => a - b),
    [[1, fitNormaliser(first)], [2, fitNormaliser(second)], [3, fitNormaliser(third)]],
  );
  assertEquals(input.parent, parent);
});

Deno.test("readCriticInput() of a first task has no replay and no parent", async () => {
  const input = await readOf(async (add) => ({
    dataset: await add(third),
    "normaliser/3": normaliserOf(third),
  }));
  assertEquals([input.replay, "parent" in input], [[], false]);
});

Deno.test("readReplay() puts an old task's own rows in the place of pseudo-samples where it is given its dataset", async () => {
  const input = await readOf(async (add) => ({
    dataset: await add(third),
    "normaliser/1": normaliserOf(first),
    "normaliser/3": normaliserOf(third),
    "replay/1/0": await add(first),
  }));
  const [{ task, states, actions, size }] = input.replay as [ReplayRows];
  assertEquals([input.replay.length, task, size, states.length, actions.length], [1, 1, 7, 14, 7]);
  const chosen = Array.from(actions, (a) => -a - 1000);
  const train = new Set(heldOutRows(20, HELD_OUT_SEED).train);
  assert(chosen.every((n) => train.has(n)), "held-out rows are not trained on");
  assertEquals(new Set(chosen).size, 7, "no row twice");
  assertEquals(
    states,
    Float32Array.from(chosen.flatMap((n) => [1000 + n, 1000.5 + n])),
    "a row keeps its action",
  );
});
