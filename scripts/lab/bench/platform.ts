/**
 * What a job costs besides its work: the folder store, the embedded bus and the worker's loop. Always wall time, for
 * the disk's work counts.
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEmbeddedBus } from "@cugro/bus";
import { createLog } from "@cugro/telemetry";
import { openFilesystemStore, type Store } from "@cugro/store";
import { runWorker } from "@cugro/worker";
import { artifactKey, createJob, encodeFact, type JobFact, jobId, jobKey, sha256 } from "@cugro/protocol";
import { alternate, clocks, type Figures, type Group, milliseconds } from "./measure.ts";

const OBJECT_BYTES = 64 * 1024;

/** The group `platform`. Jobs do nothing but write a result of 64 bytes. */
export const platform: Group = {
  name: "platform",
  yardstick: [],
  open: async ({ quick, repeats }) => {
    const root = await mkdtemp(join(tmpdir(), "cugro-bench-"));
    const store = await openFilesystemStore({ root });
    let round = 0;
    return {
      measure: async () => {
        round++;
        return {
          ...await storeTimes(store, repeats * 4, round),
          ...await jobRate(store, quick ? 20 : 60, round),
        };
      },
      close: async () => {
        await store.close();
        await rm(root, { recursive: true });
      },
    };
  },
};

async function storeTimes(store: Store, repeats: number, round: number): Promise<Figures> {
  const bytes = new Uint8Array(OBJECT_BYTES);
  let written = 0, read = 0;
  const key = (n: number) => artifactKey(sha256(`${round}/${n}`));
  return await alternate(
    clocks.wall,
    {
      storePut64KiBMs: () => store.put(key(written++), bytes, { ifNoneMatch: true }),
      storeGet64KiBMs: () => store.get(key(read++)),
    },
    repeats,
    1,
  );
}

async function jobRate(store: Store, count: number, round: number): Promise<Figures> {
  const bus = createEmbeddedBus();
  const stop = new AbortController();
  const log = createLog({ level: "silent" });
  const finished = Promise.withResolvers<void>();
  let done = 0;
  await bus.subscribe("events", () => {
    if (++done === count) finished.resolve();
  });
  const ids: string[] = [];
  const nothing = { artifact: sha256("") };
  for (let i = 0; i < count; i++) {
    const fields = { task: 1, shard: round, rows: 1 };
    const job = createJob("states.sample", i, fields, { stateGenerator: nothing, normaliser: nothing });
    const fact: JobFact = { schema: 1, job, learner: "bench", task: 1 };
    await store.put(jobKey(job.kind, jobId(job)), encodeFact(fact));
    ids.push(jobId(job));
  }
  const ms = await milliseconds(clocks.wall, async () => {
    const worker = runWorker({
      bus,
      store,
      handlers: {
        "states.sample": ({ jobId }) =>
          Promise.resolve({ outputs: { shard: new TextEncoder().encode(jobId) }, metrics: {} }),
      },
      kinds: ["states.sample"],
      profile: { backend: "none" },
      signal: stop.signal,
      log,
    });
    for (const id of ids) await bus.submit({ jobId: id, kind: "states.sample", learner: "bench" });
    await finished.promise;
    stop.abort();
    await worker;
  });
  await bus.close();
  return { emptyJobsPerSecond: count / ms * 1e3 };
}
