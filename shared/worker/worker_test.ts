import { sleep } from "@cugro/async";
import { assert, assertEquals, assertGreater, assertGreaterOrEqual, assertStringIncludes } from "@std/assert";
import {
  checkpointKey,
  type CloudEvent,
  encodeFact,
  type FailureFact,
  failureFactSchema,
  failureKey,
  jobPrefix,
  parseFact,
  type ProgressMessage,
  type ResultFact,
  resultFactSchema,
  resultKey,
  retryKey,
  runKey,
} from "@cugro/protocol";
import { getArtifact, putArtifact } from "../store/artifacts.ts";
import { createEmbeddedBus, type EmbeddedBus } from "../bus/embedded/embedded_bus.ts";
import { openFilesystemStore } from "../store/folder/filesystem_store.ts";
import { createLog } from "../telemetry/log.ts";
import type { Store } from "../store/store.ts";
import {
  addAnyJob,
  addJob,
  type Counting,
  countingHandlers,
  expectedSum,
  sumOf,
  trainingJob,
} from "../../tests/fakes/counting_job.ts";
import { type JobHandlers, runWorker, type WorkerOptions } from "./worker.ts";

interface World {
  store: Store;
  bus: EmbeddedBus;
  events: CloudEvent[];
  progress: ProgressMessage[];
  log: string[];
  /** Starts a worker; a function that stops it and waits. */
  work(options?: Partial<WorkerOptions>): () => Promise<void>;
  submit(id: string): Promise<string>;
  /** Waits for something to hold. */
  until(what: () => unknown): Promise<void>;
  result(id: string): Promise<ResultFact | undefined>;
  failure(id: string, n: number): Promise<FailureFact>;
}

const profile = { backend: "none", threads: 1 };

function inWorld(run: (world: World) => Promise<void>, ackWaitMs = 30_000): () => Promise<void> {
  return async () => {
    const root = await Deno.makeTempDir();
    const store = await openFilesystemStore({ root });
    const bus = createEmbeddedBus({ ackWaitMs });
    const world = await createWorld(store, bus, ackWaitMs);
    try {
      await run(world);
    } finally {
      await bus.close();
      await store.close();
      await Deno.remove(root, { recursive: true });
    }
  };
}

async function createWorld(store: Store, bus: EmbeddedBus, ackWaitMs: number): Promise<World> {
  const world: World = {
    store,
    bus,
    events: [],
    progress: [],
    log: [],
    work(options = {}) {
      const stop = new AbortController();
      const log = createLog({ level: "debug", write: (line) => void world.log.push(line) });
      const kinds = ["states.train"] as const;
      const timing = { ackWaitMs, retryDelayMs: 5 };
      const seams = { bus, store, handlers: countingHandlers, kinds, profile, signal: stop.signal, log };
      const done = runWorker({ ...seams, ...timing, ...options });
      return () => (stop.abort(), done);
    },
    async submit(jobId) {
      await bus.submit({ jobId, kind: "states.train", learner: "walker" });
      return jobId;
    },
    async until(what) {
      const end = performance.now() + 15_000;
      while (!await what()) {
        assert(performance.now() < end, `waited too long; log:\n${world.log.slice(-6).join("")}`);
        await sleep(5);
      }
    },
    async result(id) {
      const found = await store.get(resultKey("states.train", id));
      return found && parseFact(resultFactSchema, found.bytes, resultKey("states.train", id));
    },
    async failure(id, n) {
      const found = await store.get(failureKey("states.train", id, n));
      assert(found, `${failureKey("states.train", id, n)} is expected`);
      return parseFact(failureFactSchema, found.bytes, failureKey("states.train", id, n));
    },
  };
  await bus.subscribe("events", (event) => world.events.push(event));
  await bus.subscribe("progress", (p) => world.progress.push(p));
  return world;
}

Deno.test(
  "runWorker() commits artifacts and result, announces and acks",
  inWorld(async ({ store, bus, work, submit, until, result, events, progress }) => {
    const id = await submit(await addJob(store, { name: "plain", steps: 10 }));
    const stop = work();
    await until(() => events.length > 0);
    await stop();
    const fact = await result(id);
    assertEquals(sumOf(await getArtifact(store, fact!.outputs.weights!.artifact)), expectedSum(10));
    assertEquals([fact?.startedAtStep, fact?.profile, fact?.metrics], [0, profile, { sum: 55 }]);
    assert(/^\d+\.\d+\.\d+(\+[0-9a-f]{12})?$/.test(fact!.codeVersion), fact!.codeVersion);
    assertEquals(events.map((e) => [e.type, e.id]), [["cugro.job.finished", resultKey("states.train", id)]]);
    assertEquals(progress.at(-1)?.step, 10);
    const left = (await store.list(jobPrefix("states.train", id))).map(({ key }) => key.split("/")[3]);
    assertEquals(left, ["job.json", "result.json"]);
    assertEquals(await bus.submit({ jobId: id, kind: "states.train", learner: "walker" }), "queued");
  }),
);

Deno.test(
  "runWorker() announces a finished job without doing it again",
  inWorld(async ({ store, work, submit, until, events }) => {
    let runs = 0;
    const handlers: JobHandlers = { "states.train": (c) => (runs++, countingHandlers["states.train"]!(c)) };
    const id = await submit(await addJob(store, { name: "twice", steps: 3 }));
    const stop = work({ handlers });
    await until(() => events.length === 1);
    await store.put(checkpointKey("states.train", id), new Uint8Array(3));
    await submit(id);
    await until(() => events.length === 2);
    await stop();
    assertEquals(runs, 1);
    assertEquals(events[1], events[0]);
    assertEquals(await store.head(checkpointKey("states.train", id)), undefined);
  }),
);

Deno.test(
  "runWorker() lets the first of two racing workers win and the other adopt its result",
  inWorld(async ({ store, work, submit, until, result, events, log }) => {
    const id = await submit(await addJob(store, { name: "race", steps: 2 }));
    const other = createEmbeddedBus();
    await other.submit({ jobId: id, kind: "states.train", learner: "walker" });
    let running = 0;
    const handlers: JobHandlers = {
      "states.train": async () => {
        const mine = ++running;
        await until(() => running === 2);
        return { outputs: { weights: Uint8Array.of(mine) }, metrics: { mine } };
      },
    };
    const announced: CloudEvent[] = [];
    await other.subscribe("events", (event) => announced.push(event));
    const stops = [work({ handlers }), work({ handlers, bus: other })];
    await until(() => events.length === 1 && announced.length === 1);
    await Promise.all(stops.map((stop) => stop()));
    assertEquals(announced, events);
    assertEquals(log.filter((line) => line.includes("finished by another worker first")).length, 1);
    const fact = await result(id);
    const bytes = await getArtifact(store, fact!.outputs.weights!.artifact);
    assertEquals([...bytes], [fact!.metrics.mine]);
    assertEquals(await other.submit({ jobId: id, kind: "states.train", learner: "walker" }), "queued");
    await other.close();
  }),
);

Deno.test(
  "runWorker() gives a job up after three attempts in a row, does others meanwhile, and obeys a retry",
  inWorld(async ({ store, bus, work, submit, until, result, failure, events }) => {
    const bad = await submit(await addJob(store, { name: "bad", steps: 9, at: 4, act: "throw" }));
    const good = await submit(await addJob(store, { name: "good", steps: 9 }));
    const stop = work({ retryDelayMs: 30 });
    await until(() => events.length === 2);
    assertEquals(events.map((e) => e.type), ["cugro.job.finished", "cugro.job.failed"]);
    assert(await result(good));
    const fact = await failure(bad, 1);
    assertEquals([fact.permanent, fact.message], [false, "Error: a fault at step 4"]);
    assertEquals(events[1]?.id, failureKey("states.train", bad, 1));
    assertEquals(await bus.submit({ jobId: bad, kind: "states.train", learner: "walker" }), "queued");
    await until(() => events.length === 3);
    assertEquals((await store.list(`${jobPrefix("states.train", bad)}failures/`)).length, 1);
    await store.put(
      retryKey("states.train", bad, 1),
      encodeFact({ schema: 1, jobId: bad, n: 1, reason: "fixed?" }),
    );
    await submit(bad);
    await until(() => events.length === 4);
    assertEquals(events[3]?.id, failureKey("states.train", bad, 2));
    await stop();
    assertEquals([await store.head(runKey("states.train", bad)), await result(bad)], [undefined, undefined]);
  }),
);

Deno.test(
  "runWorker() gives a job up at once when trying again is of no use",
  inWorld(async ({ store, work, submit, until, failure, events }) => {
    const ids = [
      await addJob(store, { name: "a", steps: 3, at: 2, act: "permanent" }),
      await addAnyJob(store, { ...trainingJob(), kind: "critic.train" }, "states.train"),
    ];
    const nan: JobHandlers = {
      "states.train": () => Promise.resolve({ outputs: {}, metrics: { loss: NaN } }),
    };
    const stop = work();
    for (const id of ids) await submit(id);
    await until(() => events.length === 2);
    await stop();
    ids.push(await submit(await addJob(store, { name: "nan", steps: 1 })));
    const stopNan = work({ handlers: nan });
    await until(() => events.length === 3);
    await stopNan();
    const messages = [
      "no use at step 2",
      "no handler for critic.train",
      "The result cannot be written",
    ];
    for (const [i, id] of ids.entries()) {
      const fact = await failure(id, 1);
      assertEquals(fact.permanent, true);
      assertStringIncludes(fact.message, messages[i]!);
    }
  }),
);

Deno.test(
  "runWorker() gives a job up whose fields or inputs do not fit, before its handler runs",
  inWorld(async ({ store, work, submit, until, failure, events }) => {
    const { inputs, config, ...job } = trainingJob();
    const ids = [
      await addAnyJob(store, { ...job, inputs, config: { ...config, shardSizes: [64] } }),
      await addAnyJob(store, { ...job, inputs, config: { ...config, task: "one" } }),
      await addAnyJob(store, { ...job, inputs: {}, config }),
    ];
    let runs = 0;
    const stop = work({ handlers: { "states.train": () => (runs++, Promise.reject(new Error("it ran"))) } });
    for (const id of ids) await submit(id);
    await until(() => events.length === 3);
    await stop();
    const failures = await Promise.all(ids.map((id) => failure(id, 1)));
    assertEquals([runs, ...failures.map(({ permanent }) => permanent)], [0, true, true, true]);
    const reasons = [
      "nothing reads its field shardSizes",
      "its field task does not fit",
      "it has no input dataset",
    ];
    for (const [i, { message }] of failures.entries()) {
      assertStringIncludes(message, `Cannot do a states.train job as ${reasons[i]}`);
    }
  }),
);

Deno.test(
  "runWorker() leaves a job of newer software to others, and drops one of older",
  inWorld(async ({ store, bus, work, submit, until, log }) => {
    const newer = await submit(await addAnyJob(store, { ...trainingJob(), revision: 99 }));
    const older = await submit(await addAnyJob(store, { ...trainingJob(), revision: 1 }));
    const stop = work();
    await until(() => log.some((line) => line.includes("is for newer software")));
    await until(() => log.some((line) => line.includes("is of older software")));
    await stop();
    const submitted = (jobId: string) => bus.submit({ jobId, kind: "states.train", learner: "walker" });
    assertEquals([await submitted(newer), await submitted(older)], ["present", "queued"]);
    for (const id of [newer, older]) {
      assertEquals(await store.list(`${jobPrefix("states.train", id)}failures/`), []);
    }
  }),
);

Deno.test(
  "runWorker() gives a job back while an input is missing or damaged, and counts nothing",
  inWorld(async ({ store, work, submit, until, result, log }) => {
    const { artifact } = await putArtifact(store, Uint8Array.of(1, 2, 3));
    await store.put(`artifacts/${artifact}`, Uint8Array.of(1, 2, 4));
    const id = await submit(await addJob(store, { name: "input", steps: 2 }, { artifact }));
    const stop = work({ ackWaitMs: 400 });
    await until(() => log.some((line) => line.includes("is damaged: its 3 bytes hash to")));
    await until(() => log.some((line) => line.includes("is not in the store")));
    assertEquals(await store.head(runKey("states.train", id)), undefined);
    await putArtifact(store, Uint8Array.of(1, 2, 3));
    await until(() => result(id));
    await stop();
    assertEquals(await store.list(`${jobPrefix("states.train", id)}failures/`), []);
    assertEquals([...(await store.get(`artifacts/${artifact}.damaged`))!.bytes], [1, 2, 4]);
  }),
);

Deno.test(
  "runWorker() checkpoints and gives the job back when stopped; the next worker goes on there",
  inWorld(async ({ store, bus, work, submit, until, result, progress, log }) => {
    const id = await submit(await addJob(store, { name: "stopped", steps: 400, stepMs: 2 }));
    const stop = work();
    await until(() => progress.length > 0 && progress.at(-1)!.step > 0);
    await stop();
    assert(await store.head(checkpointKey("states.train", id)));
    assertEquals([await result(id), await store.head(runKey("states.train", id))], [undefined, undefined]);
    assertEquals(await bus.submit({ jobId: id, kind: "states.train", learner: "walker" }), "present");
    const stopNext = work();
    await until(() => result(id));
    await stopNext();
    const fact = (await result(id))!;
    assertGreater(fact.startedAtStep, 0);
    assertEquals(sumOf(await getArtifact(store, fact.outputs.weights!.artifact)), expectedSum(400));
    assertGreaterOrEqual(fact.seconds, 0.8);
    assertEquals(await store.list(`${jobPrefix("states.train", id)}failures/`), []);
    assertEquals(log.filter((line) => line.includes("job started")).length, 2);
  }),
);

Deno.test(
  "runWorker() does not resume a checkpoint of another profile, and says so",
  inWorld(async ({ store, work, submit, until, result, progress, log }) => {
    const id = await submit(await addJob(store, { name: "profile", steps: 300, stepMs: 2 }));
    const stop = work();
    await until(() => progress.length > 0);
    await stop();
    const stopNext = work({ profile: { ...profile, threads: 2 } });
    await until(() => result(id));
    await stopNext();
    assertEquals((await result(id))?.startedAtStep, 0);
    assert(log.some((line) => line.includes("checkpoint ignored") && line.includes("of another profile")));
  }),
);

Deno.test(
  "runWorker() starts again from a damaged checkpoint",
  inWorld(async ({ store, work, submit, until, result, log }) => {
    const id = await submit(await addJob(store, { name: "damaged", steps: 3 }));
    await store.put(checkpointKey("states.train", id), Uint8Array.of(9, 9, 9));
    const stop = work();
    await until(() => result(id));
    await stop();
    assertEquals((await result(id))?.startedAtStep, 0);
    assert(log.some((line) => line.includes("it is damaged")));
  }),
);

Deno.test(
  "tick() keeps a long job in its worker's hands and the event loop alive",
  inWorld(async ({ store, work, submit, until, result, log }) => {
    let steps = 0;
    let stepsAtLastTurn = 0;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, steps - stepsAtLastTurn);
      stepsAtLastTurn = steps;
    }, 1);
    const counted: JobHandlers = {
      "states.train": (context) => {
        const tick: typeof context.tick = (...position) => (steps++, context.tick(...position));
        return countingHandlers["states.train"]!(Object.assign(Object.create(context), { tick }));
      },
    };
    const id = await submit(await addJob(store, { name: "long", steps: 90, stepMs: 20 }));
    const stops = [work({ handlers: counted }), work({ handlers: counted })];
    await until(() => result(id));
    clearInterval(watch);
    await Promise.all(stops.map((stop) => stop()));
    assert(most <= 10, `${most} steps of 20 ms went by without a turn of the event loop`);
    assertGreaterOrEqual((await result(id))!.seconds, 1.8);
    assertEquals(log.filter((line) => line.includes("job started")).length, 1);
  }, 1200),
);

Deno.test(
  "tick() fails a step that blocks the heartbeat, with advice",
  inWorld(async ({ store, work, submit, until, failure, events }) => {
    const config: Counting = { name: "slow", steps: 3, at: 2, act: "burn" };
    const id = await submit(await addJob(store, config));
    const stop = work({ maxAttempts: 1 });
    await until(() => events.length > 0);
    await stop();
    assertStringIncludes((await failure(id, 1)).message, "Lower the batch size");
    assertStringIncludes((await failure(id, 1)).message, "Step 2 blocked the worker for ");
  }, 400),
);

Deno.test(
  "tick() goes on after the process was kept from running for longer than a step may take",
  inWorld(async ({ store, work, submit, until, result, log }) => {
    const config: Counting = { name: "starved", steps: 3, at: 2, act: "freeze" };
    const id = await submit(await addJob(store, config));
    const stop = work({ maxAttempts: 1 });
    await until(() => result(id));
    await stop();
    assert(log.some((line) => line.includes("was kept from running")));
  }, 400),
);
