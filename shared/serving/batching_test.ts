import { sleep } from "@cugro/async";
import { assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import { batchRows, createBatcher } from "./batching.ts";
import type { NoiseOf, RunningPolicy } from "./running_policy.ts";

interface Call {
  task: number;
  states: number[];
  noise: readonly NoiseOf[];
}

/** One-dimensional: the action is ten times the state. Waits for `gate` before each answer. */
function recorder(gate: () => Promise<void> = () => Promise.resolve()) {
  const calls: Call[] = [];
  const forgotten: number[] = [];
  const policy: RunningPolicy = {
    async act(task, states, noise) {
      calls.push({ task, states: [...states], noise });
      await gate();
      if (task === 99) throw new Error("no such task");
      return states.map((state) => 10 * state);
    },
    forget: (asker) => void forgotten.push(asker),
    isOpen: () => true,
    close: () => Promise.resolve(),
  };
  const batcher = createBatcher({ policy, stateDim: 1, actionDim: 1, windowMs: 1 });
  const act = (task: number, states: number[], signal?: AbortSignal) =>
    batcher.act({ task, seed: states[0]!, states: Float32Array.from(states), signal }).then((
      actions,
    ) => [...actions]);
  return { calls, forgotten, act, policy };
}

const count = (from: number, length: number) => Array.from({ length }, (_, i) => from + i);
const tens = (values: number[]) => values.map((value) => 10 * value);

Deno.test("createBatcher() joins requests that come together, of one task, into one call", async () => {
  const { act, calls } = recorder();
  const answers = await Promise.all([act(1, [1]), act(2, [5]), act(1, [2]), act(1, [3])]);
  assertEquals(answers, [[10], [50], [20], [30]]);
  assertEquals(calls.map(({ task, states }) => [task, states]), [[1, [1, 2, 3]], [2, [5]]]);
  assertEquals(calls[0]!.noise.map(({ seed, rows, last }) => [seed, rows, last]), [
    [1, 1, true],
    [2, 1, true],
    [3, 1, true],
  ]);
});

Deno.test("createBatcher() takes the sizes that are compiled, and answers what came during a call after it", async () => {
  for (const [waiting, rows] of [[1, 1], [2, 1], [3, 4], [16, 4], [17, 20], [500, 20]] as const) {
    assertEquals(batchRows(waiting), rows);
  }
  let open = () => {};
  const { act, calls } = recorder(() => new Promise((resolve) => open = resolve));
  const first = act(1, [1]);
  while (calls.length === 0) await sleep(1);
  const others = count(2, 30).map((value) => act(1, [value]));
  const timer = setInterval(() => open(), 1);
  assertEquals(await first, [10]);
  assertEquals((await Promise.all(others)).flat(), tens(count(2, 30)));
  clearInterval(timer);
  assertEquals(calls.map(({ states }) => states.length), [1, 20, 4, 4, 1, 1]);
});

Deno.test("createBatcher() lets nobody wait for a long request, whose rows come in order with one noise", async () => {
  const { act, calls } = recorder();
  const long = act(1, count(100, 200));
  const short = count(1, 3).map((value) => act(1, [value]));
  await Promise.all(short);
  // The second call may have begun before the first is reported.
  assertLessOrEqual(calls.length, 2, "short ones had to wait for the long one");
  assertEquals(await long, tens(count(100, 200)));
  const shares = calls.flatMap(({ noise }) => noise).filter(({ seed }) => seed === 100);
  assertEquals(new Set(shares.map(({ asker }) => asker)).size, 1);
  assertEquals(shares.reduce((sum, { rows }) => sum + rows, 0), 200);
  assertEquals(shares.map(({ last }) => last), [...shares.slice(1).map(() => false), true]);
});

Deno.test("createBatcher() drops who has gone, and a fault reaches only those it concerns", async () => {
  const { act, calls, forgotten } = recorder();
  const gone = new AbortController();
  const answers = [act(1, count(0, 100), gone.signal), act(99, [1]), act(1, [7])];
  const settled = Promise.allSettled(answers);
  await answers[2];
  gone.abort(new Error("gone"));
  const ends = (await settled).map((end) => end.status === "rejected" ? end.reason.message : "answered");
  assertEquals(ends, ["gone", "no such task", "answered"]);
  const before = calls.length;
  await sleep(5);
  assertLessOrEqual(calls.length, before + 1);
  assertEquals(forgotten.length, 2);
  await assertRejects(() => act(1, [1], gone.signal), Error, "gone");
  assertEquals(await act(1, [4]), [40]);
});

Deno.test("createBatcher() has as many calls under way as the policy takes, and puts rows where they belong", async () => {
  const gates: (() => void)[] = [];
  const { policy, calls } = recorder(() => new Promise((resolve) => gates.push(resolve)));
  const rowsAtOnce = (waiting: number) => Math.min(waiting, 5);
  const batcher = createBatcher({
    policy: { ...policy, callsAtOnce: 3, rowsAtOnce },
    ...{ stateDim: 1, actionDim: 1, windowMs: 0 },
  });
  const ask = async (states: number[]) => [
    ...await batcher.act({ task: 1, seed: states[0]!, states: Float32Array.from(states) }),
  ];
  const long = ask(count(100, 18)), other = ask(count(1, 2));
  while (calls.length < 3) await sleep(1);
  await sleep(5);
  assertEquals(calls.length, 3, "not more than it takes");
  // The last of those under way is answered first.
  for (const open of gates.splice(0).reverse()) {
    open();
    await sleep(1);
  }
  while (calls.length < 4) await sleep(1);
  while (gates.length > 0 || calls.reduce((sum, { states }) => sum + states.length, 0) < 20) {
    gates.splice(0).forEach((open) => open());
    await sleep(1);
  }
  assertEquals([await long, await other], [tens(count(100, 18)), tens(count(1, 2))]);
  const shares = calls.flatMap(({ noise }) => noise).filter(({ seed }) => seed === 100);
  assertEquals(shares.reduce((sum, { rows }) => sum + rows, 0), 18);
  assertEquals(shares.map(({ last }) => last), [...shares.slice(1).map(() => false), true]);
  const drawn = calls.flatMap(({ states }) => states).filter((state) => state >= 100);
  assertEquals(drawn, count(100, 18), "noise is drawn in the order of rows");
});
