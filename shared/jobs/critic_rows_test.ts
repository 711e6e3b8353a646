import { createRng, heldOutRows, trainingRows } from "@cugro/algorithm/arrays";
import { type Dataset, encodeDataset } from "@cugro/datasets";
import { openBytes } from "@cugro/worker";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { discountedReturns } from "../algorithm/critic/critic_targets.ts";
import { withJobs } from "../../tests/fakes/job_bench.ts";
import { readCriticRows } from "./critic_rows.ts";
import { openDataset } from "./stored_dataset.ts";
import {
  type CriticInput,
  type GeneratorInput,
  readCriticInput,
  readGeneratorInput,
} from "./training_input.ts";

const SEED = 3;

/** Every state tells its row; episodes of 1 to 60 rows that end in either way. */
function numbered(size: number): Dataset {
  const rng = createRng(1);
  const states = Float32Array.from({ length: size }, (_, n) => n);
  const [terminals, timeouts] = [new Uint8Array(size), new Uint8Array(size)];
  for (let n = 0; n < size; n += 1 + rng.integer(60)) (n % 2 === 0 ? terminals : timeouts)[n] = 1;
  timeouts[size - 1] = 1;
  const rest = { terminals, timeouts, size, stateDim: 1, actionDim: 1, metadata: {} };
  return {
    states,
    actions: states.map((n) => -n),
    rewards: rng.normals(size),
    nextStates: states.map((n) => n + 0.5),
    ...rest,
  };
}

const whole = numbered(4_000);

Deno.test("readCriticRows() of some rows gives the returns of the whole task, and V where it is asked beyond them", async () => {
  const dataset = await openDataset(openBytes(encodeDataset(whole)));
  for (const limit of [4_000, 1_000, 300]) {
    const rows = trainingRows(4_000, limit, SEED);
    const found = await readCriticRows(dataset, rows, 0.9);
    assertEquals(found.places.length, limit);
    const inPlace = <T extends Float32Array | Uint8Array>(array: T) =>
      [...found.places].map((place) => array[place]);
    for (const name of ["states", "actions", "rewards", "nextStates", "terminals", "timeouts"] as const) {
      assertEquals(inPlace(found[name]), [...rows].map((row) => whole[name][row]), name);
    }
    assertEquals("steps" in found, limit < 4_000);
    // A value that tells which state it is of.
    const value = (states: Float32Array) => (n: number) => states[n]! / 100;
    const expected = discountedReturns(whole, 0.9, value(whole.nextStates));
    const returns = discountedReturns(found, 0.9, value(found.nextStates));
    rows.forEach((row, i) => assertAlmostEquals(returns[found.places[i]!]!, expected[row]!, 1e-4));
  }
});

/** What the handlers of the three trainers read of a dataset. */
async function readAll(dataset: Dataset, more: { trainingRows?: number }) {
  const seen: { critic: CriticInput[]; generators: GeneratorInput[] } = { critic: [], generators: [] };
  const done = { outputs: { weights: new Uint8Array(1), curves: new Uint8Array(1) }, metrics: {} };
  const handlers: Parameters<typeof withJobs>[0] = {
    "critic.train": async (context) => (seen.critic.push(await readCriticInput(context)), done),
    "states.train": async (context) => (seen.generators.push(await readGeneratorInput(context)), done),
    "behavior.train": async (context) => (seen.generators.push(await readGeneratorInput(context)), done),
  };
  await withJobs(handlers, {}, async ({ add, run }) => {
    const config = { task: 1, oldTasks: 0, heldOutSeed: SEED, replayRows: 0, ...more };
    for (const kind of ["states.train", "behavior.train", "critic.train"] as const) {
      assertEquals((await run(kind, config, { dataset: await add(dataset) })).failure, undefined);
    }
  });
  return { critic: seen.critic[0]!, generators: seen.generators };
}

Deno.test("the three trainers of a task read the same rows of it, in every run", async () => {
  const [first, second] = [
    await readAll(whole, { trainingRows: 1_000 }),
    await readAll(whole, { trainingRows: 1_000 }),
  ];
  const { critic, generators: [states, behavior] } = first;
  assertEquals(second, first);
  assertEquals(behavior, states);
  assertEquals(
    states!.states,
    critic.trainRows.length === 0 ? null : Float32Array.from(critic.trainRows, (row) => critic.states[row]!),
  );
  assertEquals(states!.actions, states!.states.map((n) => -n));
  const { heldOut } = heldOutRows(4_000, SEED);
  const read = trainingRows(4_000, 1_000, SEED);
  assertEquals([...states!.states], [...read].filter((row) => !heldOut.includes(row)));
});

Deno.test("up to its limit a task is read whole", async () => {
  const all = await readAll(whole, {});
  for (const limit of [4_000, 9_999]) assertEquals(await readAll(whole, { trainingRows: limit }), all);
  assertEquals([...all.generators[0]!.states], [...heldOutRows(4_000, SEED).train]);
  assertEquals(all.critic.size, 4_000);
});

Deno.test("a trainer holds the rows it reads, not the dataset they are of", async () => {
  const script = fileURLToPath(new URL("./testing/read_large.ts", import.meta.url));
  // 100 MB, of which 3 MB are read.
  const args = ["run", "-A", "--no-check", script, "600000", "20000"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { grownBytes, trainRows } = JSON.parse(stdout.trim().split("\n").at(-1)!);
  assertAlmostEquals(trainRows, 18_000, 300);
  assert(grownBytes < 60e6, `${grownBytes} bytes more`);
});
