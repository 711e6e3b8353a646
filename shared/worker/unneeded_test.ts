import { sleep } from "@cugro/async";
import { assert, assertEquals, assertGreater } from "@std/assert";
import { checkpointKey, encodeFact, resultKey, runKey, stoppedKey } from "@cugro/protocol";
import { createEmbeddedBus } from "../bus/embedded/embedded_bus.ts";
import { createLog } from "../telemetry/log.ts";
import { listJob } from "../store/find_job_objects.ts";
import { memoryStore } from "../../tests/fakes/memory_store.ts";
import { addJob, countingHandlers } from "../../tests/fakes/counting_job.ts";
import { runWorker } from "./worker.ts";

const KIND = "states.train";
const ACK_WAIT_MS = 640;

/** One worker on a store in memory until `test` returns. */
async function withWorker(
  test: (world: ReturnType<typeof createWorld>) => Promise<void>,
): Promise<void> {
  const world = createWorld();
  try {
    await test(world);
  } finally {
    await world.end();
  }
}

function createWorld() {
  const store = memoryStore();
  const bus = createEmbeddedBus({ ackWaitMs: ACK_WAIT_MS });
  const log: string[] = [];
  const stop = new AbortController();
  const kinds = ["states.train"] as const;
  const done = runWorker({
    ...{ bus, store, handlers: countingHandlers, kinds, profile: {}, signal: stop.signal },
    ackWaitMs: ACK_WAIT_MS,
    log: createLog({ level: "debug", write: (line) => void log.push(line) }),
  });
  const submit = (jobId: string) => bus.submit({ jobId, kind: "states.train", learner: "walker" });
  return {
    store,
    submit,
    /** What a planner says that no learner needs the job. */
    unneed: (jobId: string) =>
      store.put(stoppedKey(KIND, jobId), encodeFact({ schema: 1, jobId, learner: "walker" })),
    async until(what: string) {
      const end = performance.now() + 10_000;
      while (!log.some((line) => line.includes(what))) {
        assert(performance.now() < end, `no line "${what}" in:\n${log.join("")}`);
        await sleep(5);
      }
    },
    begun: () => log.filter((line) => line.includes("job started")).length,
    async end() {
      stop.abort();
      await done;
      await bus.close();
    },
  };
}

/** Nothing is held against the job. */
async function checkUnblemished(store: ReturnType<typeof memoryStore>, id: string): Promise<void> {
  assertEquals((await listJob(store, { id, kind: KIND }, true)).failures, []);
  assertEquals(await store.head(runKey(KIND, id)), undefined);
}

Deno.test("runWorker() does not begin a job that is not needed, and takes it off the queue", () =>
  withWorker(async ({ store, submit, unneed, until, begun }) => {
    const id = await addJob(store, { name: "unneeded", steps: 3 });
    await unneed(id);
    await submit(id);
    await until("the job is no longer needed");
    assertEquals([begun(), await store.head(resultKey(KIND, id))], [0, undefined]);
    await checkUnblemished(store, id);
    await store.delete(stoppedKey(KIND, id));
    assertEquals(await submit(id), "queued");
    await until("job finished");
  }));

Deno.test("runWorker() stops a running job that is no longer needed; needed again, it goes on at its checkpoint", () =>
  withWorker(async ({ store, submit, unneed, until, begun }) => {
    const id = await addJob(store, { name: "running", steps: 2_000, stepMs: 2 });
    await submit(id);
    await until("job started");
    const began = performance.now();
    await unneed(id);
    await until("the job is no longer needed");
    assert(performance.now() - began < ACK_WAIT_MS, "it is stopped within the ack wait");
    await checkUnblemished(store, id);
    assertGreater((await store.head(checkpointKey(KIND, id)))!.size, 0);
    assertEquals(await store.head(resultKey(KIND, id)), undefined);
    await store.delete(stoppedKey(KIND, id));
    assertEquals(await submit(id), "queued");
    await until('"step":');
    const end = performance.now() + 5_000;
    while (begun() < 2 && performance.now() < end) await sleep(5);
    assertEquals(begun(), 2);
  }));

Deno.test("runWorker() gives a job back that is needed again by the time it has stopped", () =>
  withWorker(async ({ store, submit, unneed, until }) => {
    const id = await addJob(store, { name: "again", steps: 300, stepMs: 2 });
    const { put } = store;
    // The planner changes its mind while the checkpoint is written.
    store.put = (key, ...rest) => {
      if (key === checkpointKey(KIND, id)) void store.delete(stoppedKey(KIND, id));
      return put(key, ...rest);
    };
    await submit(id);
    await until("job started");
    await unneed(id);
    await until("needed again and given back");
    await until("job finished");
    await checkUnblemished(store, id);
  }));
