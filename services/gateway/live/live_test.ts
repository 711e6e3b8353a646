import { assert, assertEquals } from "@std/assert";
import type { ProgressMessage } from "@cugro/protocol";
import { createActTraffic } from "./act_traffic.ts";
import { createEmbeddedBus } from "@cugro/bus";
import { followLive } from "./mod.ts";
import { createProgressMemory, MOST_POINTS } from "./progress_memory.ts";

const progress = (step: number, loss?: number, jobId = "a"): ProgressMessage => ({
  ...{ jobId, kind: "critic.train", learner: "mine", step, steps: 1e6 },
  ...loss === undefined ? {} : { loss },
});

Deno.test("a memory of progress holds at most 2,000 points a job, over the whole of it", () => {
  const memory = createProgressMemory(() => 5);
  for (let step = 1; step <= 50_000; step++) memory.note(progress(step, 1 / step));
  const { steps, values } = memory.losses("a");
  assert(steps.length <= MOST_POINTS && steps.length > MOST_POINTS / 4, `${steps.length} points`);
  assertEquals([steps[0], steps.length], [1, values.length]);
  assert(steps.at(-1)! > 49_000);
  assertEquals(values.map((value) => Math.round(1 / value)), steps);
  assertEquals(memory.last("a")?.step, 50_000);
});

Deno.test("a memory of progress drops what a resumed job does again, and the job that has been silent for longest", () => {
  const memory = createProgressMemory();
  for (const step of [1, 2, 3, 4]) memory.note(progress(step, step));
  memory.note(progress(3, 30));
  memory.note(progress(4));
  assertEquals(memory.losses("a"), { steps: [1, 2, 3], values: [1, 2, 30] });
  for (let job = 0; job < 256; job++) memory.note(progress(1, 1, `b${job}`));
  assertEquals([memory.last("a"), memory.losses("a").steps], [undefined, []]);
});

Deno.test("traffic is counted by task and minute, for an hour", () => {
  let now = 60_000_000;
  const traffic = createActTraffic(() => now);
  traffic.note("mine", 2, [true, false]);
  traffic.note("mine", 2, [false]);
  traffic.note("other", 1, [true]);
  now += 60_000;
  traffic.note("mine", 1, [true]);
  assertEquals(traffic.of("mine"), [
    { task: 1, minutes: [{ at: 60_060_000, requests: 1, observations: 1, unusual: 1 }] },
    { task: 2, minutes: [{ at: 60_000_000, requests: 2, observations: 3, unusual: 1 }] },
  ]);
  now += 59.5 * 60_000;
  assertEquals(traffic.of("mine").map(({ task }) => task), [1]);
});

Deno.test("that policies were asked is told once for many questions, and nothing after the end", async () => {
  const bus = createEmbeddedBus();
  const live = await followLive(bus, 20);
  const reported: string[] = [];
  const bothReported = Promise.withResolvers<void>();
  live.onAsked((learner) => {
    reported.push(learner);
    if (reported.length === 2) bothReported.resolve();
  });
  for (const learner of ["mine", "mine", "other", "mine"]) live.traffic.note(learner, 1, [false]);
  await bothReported.promise;
  assertEquals(reported, ["mine", "other"]);
  assertEquals(live.traffic.of("mine")[0]?.minutes.reduce((sum, { requests }) => sum + requests, 0), 3);
  live.traffic.note("mine", 1, [true]);
  await live.close();
  await bus.close();
});
