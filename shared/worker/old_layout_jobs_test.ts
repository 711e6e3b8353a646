/** Jobs that version 0.2 handed out, whose objects lie together whatever their kind; and what a job costs in requests. */
import { assertEquals, assertGreater } from "@std/assert";
import { createEmbeddedBus } from "@cugro/bus";
import { type CloudEvent, encodeFact, resultKey } from "@cugro/protocol";
import { getArtifact, getResult, openFilesystemStore, type Store } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import { makeOld, oldKeys } from "../../tests/fakes/old_layout.ts";
import {
  addJob,
  type Counting,
  countingHandlers,
  expectedSum,
  sumOf,
} from "../../tests/fakes/counting_job.ts";
import { type JobHandlers, runWorker } from "./worker.ts";

const KIND = "states.train" as const;

interface World {
  store: Store;
  /**
   * Works on one job until it has ended, or until `stop` says so.
   *
   * @returns what was announced
   */
  work(id: string, options?: { stop?: AbortSignal; handlers?: JobHandlers }): Promise<CloudEvent[]>;
}

async function inWorld(test: (world: World) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  const store = await openFilesystemStore({ root });
  const work: World["work"] = async (id, { stop, handlers = countingHandlers } = {}) => {
    const bus = createEmbeddedBus();
    const done = new AbortController();
    const events: CloudEvent[] = [];
    await bus.subscribe("events", (event) => {
      events.push(event);
      done.abort();
    });
    stop?.addEventListener("abort", () => done.abort(), { once: true });
    await bus.submit({ jobId: id, kind: KIND, learner: "walker" });
    const log = createLog({ level: "silent" });
    await runWorker({ bus, store, handlers, kinds: [KIND], profile: {}, signal: done.signal, log });
    await bus.close();
    return events;
  };
  try {
    await test({ store, work });
  } finally {
    await store.close();
    await Deno.remove(root, { recursive: true });
  }
}

const slow: Counting = { name: "slow", steps: 200, stepMs: 2 };

Deno.test("runWorker() goes on from a checkpoint of the old layout, and ends in the new one", () =>
  inWorld(async ({ store, work }) => {
    const id = await addJob(store, slow);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 150);
    assertEquals(await work(id, { stop: stop.signal }), []);
    await makeOld(store);
    const before = await oldKeys(store);
    assertEquals(before, [`jobs/${id}/checkpoint`, `jobs/${id}/job.json`]);
    const [event] = await work(id);
    assertEquals(event!.id, resultKey(KIND, id));
    const { result } = (await getResult(store, KIND, id))!;
    assertGreater(result.startedAtStep, 0);
    assertEquals(sumOf(await getArtifact(store, result.outputs.weights!.artifact)), expectedSum(200));
    assertEquals(await oldKeys(store), before, "what lies there is for garbage collection");
  }));

Deno.test("runWorker() announces what was done, or given up, in the old layout, and does neither again", () =>
  inWorld(async ({ store, work }) => {
    const refused: JobHandlers = { [KIND]: () => Promise.reject(new Error("it ran")) };
    const done = await addJob(store, { name: "done", steps: 2 });
    await work(done);
    await makeOld(store);
    const [finished] = await work(done, { handlers: refused });
    assertEquals([finished!.type, finished!.id], ["cugro.job.finished", `jobs/${done}/result.json`]);

    const bad = await addJob(store, { name: "bad", steps: 2, at: 1, act: "permanent" });
    await work(bad);
    await makeOld(store);
    const [failed] = await work(bad, { handlers: refused });
    assertEquals([failed!.type, failed!.id], ["cugro.job.failed", `jobs/${bad}/failures/1.json`]);
    await store.put(
      `jobs/${bad}/retries/1.json`,
      encodeFact({ schema: 1, jobId: bad, n: 1, reason: "again" }),
    );
    const [again] = await work(bad);
    assertEquals(again!.id, `jobs/${KIND}/${bad}/failures/1.json`);
  }));

Deno.test("runWorker() takes inputs of either layout", () =>
  inWorld(async ({ store, work }) => {
    const parent = await addJob(store, { name: "parent", steps: 2 });
    await work(parent);
    for (const [name, old] of [["new", false], ["old", true]] as const) {
      if (old) await makeOld(store);
      const id = await addJob(store, { name, steps: 1 }, { job: parent, output: "weights" });
      assertEquals((await work(id))[0]!.type, "cugro.job.finished", name);
    }
  }));

Deno.test("runWorker() asks the store less for a job than when every job had one place", () =>
  inWorld(async ({ store, work }) => {
    const id = await addJob(store, { name: "counted", steps: 2 });
    const asked: string[] = [];
    for (const act of ["get", "head", "list", "put", "delete"] as const) {
      const call = store[act].bind(store) as (key: string, ...more: unknown[]) => unknown;
      store[act] = ((
        key: string,
        ...more: unknown[]
      ) => (asked.push(`${act} ${key.split("/")[0]}`), call(key, ...more))) as never;
    }
    await work(id);
    const count = (what: string) => asked.filter((each) => each === what).length;
    // Before: one head, two lists and three gets beside the job's own inputs, and as much writing.
    assertEquals([count("head jobs"), count("list jobs"), count("get jobs")], [0, 1, 1], asked.join(", "));
    assertEquals([count("put jobs"), count("delete jobs")], [1, 0], asked.join(", "));
  }));
