import { sleep } from "@cugro/async";
import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { spawn } from "node:child_process";
import process from "node:process";
import {
  checkpointKey,
  type CloudEvent,
  failureFactSchema,
  failureKey,
  jobPrefix,
  parseFact,
  type ResultFact,
  resultFactSchema,
  resultKey,
} from "@cugro/protocol";
import { getArtifact } from "../store/artifacts.ts";
import { createEmbeddedBus } from "../bus/embedded/embedded_bus.ts";
import { openFilesystemStore } from "../store/folder/filesystem_store.ts";
import { createLog } from "../telemetry/log.ts";
import type { Store } from "../store/store.ts";
import { addJob, type Counting, expectedSum, sumOf } from "../../tests/fakes/counting_job.ts";
import { startWorkerPool, type WorkerPool, type WorkerPoolOptions } from "./worker_pool.ts";

const script = new URL("../../tests/fakes/counting_worker.ts", import.meta.url).pathname;
const args = ["run", "-A", "--no-check", script];

interface Farm {
  root: string;
  store: Store;
  events: CloudEvent[];
  /** Lines of the parent's log, and what workers printed. */
  log: string[];
  printed: string[];
  start(options?: Partial<WorkerPoolOptions>): WorkerPool;
  submit(config: Counting): Promise<string>;
  until(what: () => unknown): Promise<void>;
  result(id: string): Promise<ResultFact | undefined>;
}

async function onFarm(run: (farm: Farm) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  const store = await openFilesystemStore({ root });
  const bus = createEmbeddedBus();
  const pools: WorkerPool[] = [];
  const farm: Farm = {
    root,
    store,
    events: [],
    log: [],
    printed: [],
    start(options) {
      const log = createLog({ level: "debug", write: (line) => void farm.log.push(line) });
      const environment = { CUGRO_STORE: root, CUGRO_CHECKPOINT_STEPS: "20", ...options?.environment };
      const onOutput = (text: string) => void farm.printed.push(text);
      const own = { bus, command: Deno.execPath(), args, count: 1, log, onOutput, restartDelayMs: 50 };
      pools.push(startWorkerPool({ ...own, ...options, environment }));
      return pools.at(-1)!;
    },
    async submit(config) {
      const jobId = await addJob(store, config);
      await bus.submit({ jobId, kind: "states.train", learner: "walker" });
      return jobId;
    },
    async until(what) {
      const end = performance.now() + 60_000;
      while (!await what()) {
        assert(
          performance.now() < end,
          `waited too long:\n${[...farm.log, ...farm.printed].slice(-12).join("")}`,
        );
        await sleep(10);
      }
    },
    async result(id) {
      const found = await store.get(resultKey("states.train", id));
      return found && parseFact(resultFactSchema, found.bytes, resultKey("states.train", id));
    },
  };
  await bus.subscribe("events", (event) => farm.events.push(event));
  try {
    await run(farm);
  } finally {
    await Promise.all(pools.map((pool) => pool.close()));
    await bus.close();
    await store.close();
    await Deno.remove(root, { recursive: true });
  }
}

async function sumOfResult({ store, result }: Farm, id: string): Promise<number> {
  return sumOf(await getArtifact(store, (await result(id))!.outputs.weights!.artifact));
}

Deno.test("startWorkerPool() does jobs in processes, whatever they print", () =>
  onFarm(async (farm) => {
    const pool = farm.start({ count: 2 });
    assertEquals(pool.pids().length, 2);
    const ids = await Promise.all([1, 2, 3, 4].map((n) => farm.submit({ name: `job ${n}`, steps: 10 * n })));
    await farm.until(() => farm.events.length === 4);
    for (const [i, id] of ids.entries()) assertEquals(await sumOfResult(farm, id), expectedSum(10 * (i + 1)));
    const printed = farm.printed.join("");
    for (const words of ["before the bus is open", "by console.log", "past the console"]) {
      assertStringIncludes(printed, words);
    }
    await pool.close();
    assertEquals(pool.pids(), []);
    assert(!farm.log.some((line) => line.includes("died")));
  }));

Deno.test("startWorkerPool() replaces a killed worker, and its job goes on from the checkpoint", () =>
  onFarm(async (farm) => {
    const pool = farm.start();
    const id = await farm.submit({ name: "killed", steps: 300, stepMs: 5 });
    for (let kill = 0; kill < 2; kill++) {
      const before = await farm.store.head(checkpointKey("states.train", id));
      await farm.until(async () => {
        const info = await farm.store.head(checkpointKey("states.train", id));
        return info && info.etag !== before?.etag;
      });
      process.kill(pool.pids()[0]!, "SIGKILL");
      await farm.until(() => farm.log.filter((line) => line.includes("worker died")).length === kill + 1);
      assertEquals(JSON.parse(farm.log.at(-1)!).jobIds, [id]);
      assertEquals(JSON.parse(farm.log.at(-1)!).signal, "SIGKILL");
    }
    await farm.until(() => farm.events.length === 1);
    assertGreater((await farm.result(id))!.startedAtStep, 20);
    assertEquals((await farm.result(id))!.startedAtStep % 20, 0);
    assertEquals(await sumOfResult(farm, id), expectedSum(300));
    assertEquals(await farm.store.list(`${jobPrefix("states.train", id)}failures/`), []);
  }));

Deno.test("startWorkerPool() gives up a job that kills its workers, and does the others", () =>
  onFarm(async (farm) => {
    const deaths: number[] = [];
    farm.start({ onDeath: ({ inARow }) => deaths.push(inARow) });
    const poison = await farm.submit({ name: "poison", steps: 9, at: 3, act: "die" });
    const good = await farm.submit({ name: "good", steps: 9 });
    await farm.until(() => farm.events.length === 2);
    assertEquals(farm.events.map(({ type }) => type), ["cugro.job.finished", "cugro.job.failed"]);
    assertEquals(await sumOfResult(farm, good), 45);
    const key = failureKey("states.train", poison, 1);
    const fact = parseFact(failureFactSchema, (await farm.store.get(key))!.bytes, key);
    assertEquals([fact.permanent, fact.message], [
      false,
      "The worker process died without getting beyond step 0",
    ]);
    assertEquals(deaths.length, 4, "the first one leaves no note, and is not counted");
  }));

Deno.test("startWorkerPool() on close lets workers give back their job with a checkpoint", () =>
  onFarm(async (farm) => {
    const pool = farm.start({ environment: { CUGRO_CHECKPOINT_STEPS: "" } });
    const id = await farm.submit({ name: "closed", steps: 3000, stepMs: 5 });
    await farm.until(() => farm.printed.some((text) => text.includes("job started")));
    await sleep(300);
    await pool.close();
    assert(await farm.store.head(checkpointKey("states.train", id)));
    assertEquals(JSON.parse(farm.log.at(-1)!), {
      ...JSON.parse(farm.log.at(-1)!),
      event: "worker stopped",
      code: 0,
    });
    assertEquals(await farm.result(id), undefined);
  }));

Deno.test("startWorkerPool() on close kills a worker that does not listen", () =>
  onFarm(async (farm) => {
    const pool = farm.start({ graceMs: 200 });
    await farm.submit({ name: "deaf", steps: 3, at: 1, act: "block" });
    await farm.until(() => farm.printed.some((text) => text.includes("job started")));
    const asked = performance.now();
    await pool.close();
    assert(performance.now() - asked < 5_000);
    assert(farm.log.some((line) => line.includes("did not stop in time")));
    assertEquals(pool.pids(), []);
  }));

Deno.test("startWorkerPool() starts a worker that cannot start later and later", () =>
  onFarm(async (farm) => {
    const deaths: number[] = [];
    const environment = { CUGRO_STORE: "", CUGRO_CHECKPOINT_STEPS: "many" };
    farm.start({ environment, onDeath: ({ inARow }) => deaths.push(inARow) });
    await farm.until(() => deaths.length === 3);
    assertEquals(deaths, [1, 2, 3]);
    const delays = farm.log.filter((line) => line.includes("worker died")).map((line) =>
      JSON.parse(line).delayMs
    );
    assertEquals(delays, [50, 100, 200]);
    const printed = farm.printed.join("");
    assertStringIncludes(printed, "CUGRO_STORE must name the store");
    assertStringIncludes(printed, "CUGRO_CHECKPOINT_STEPS must be a whole number from 1");
  }));

Deno.test("startWorkerPool() gives up when workers cannot even start, with their last words", () =>
  onFarm(async (farm) => {
    let failure: Error | undefined;
    const pool = farm.start({
      environment: { CUGRO_STORE: "" },
      restartDelayMs: 1,
      onFailure: (error) => failure = error,
    });
    await farm.until(() => failure);
    assertStringIncludes(failure!.message, "5 in a row ended with status 1");
    assertStringIncludes(failure!.message, "CUGRO_STORE must name the store");
    const deaths = farm.log.length;
    await sleep(100);
    assertEquals([pool.pids(), farm.log.length], [[], deaths]);
  }));

Deno.test("serve() ignores Ctrl-C and exits at once when its parent is gone", async () => {
  const root = await Deno.makeTempDir();
  const child = spawn(Deno.execPath(), args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, CUGRO_STORE: root },
  });
  const ended = new Promise<[number | null, string | null]>((resolve) =>
    child.on("close", (code, signal) => resolve([code, signal]))
  );
  await new Promise<void>((resolve) =>
    child.stdout.on("data", (chunk: Uint8Array) => {
      if (new TextDecoder().decode(chunk).includes('"call":"fetch"')) resolve();
    })
  );
  process.kill(child.pid!, "SIGINT");
  await sleep(200);
  assertEquals(child.exitCode, null);
  child.stdin.end();
  assertEquals(await ended, [1, null]);
  await Deno.remove(root, { recursive: true });
});
