import { sleep } from "@cugro/async";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createEmbeddedBus } from "@cugro/bus";
import { createLog } from "@cugro/telemetry";
import { type JobHandler, runWorker } from "@cugro/worker";
import { createLearner, deleteLearner } from "@cugro/learners";
import { openFilesystemStore, openS3Store, StoreFull } from "@cugro/store";
import { encodeFact, jobId, jobKey, jobPrefix, resultKey } from "@cugro/protocol";
import { trainingJob } from "../fakes/counting_job.ts";
import { runCommandLine } from "../../scripts/cli/cugro.ts";
import { startVersity } from "../../scripts/cluster/object_store/versity.ts";
import { S3_ROOT } from "../fakes/s3_servers.ts";
import { onSmallDisk } from "../fakes/small_disk.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("put() on a full disk says what to do and leaves nothing behind", () =>
  onSmallDisk("1m", async (root) => {
    const store = await openFilesystemStore({ root });
    await store.put("small", bytes("kept"));
    for (const key of ["big", "small"]) {
      const put = () => store.put(key, new Uint8Array(4 << 20), key === "big" ? { ifNoneMatch: true } : {});
      const error = await assertRejects(put, StoreFull, "is full");
      assertStringIncludes(error.message, await Deno.realPath(root));
      assertStringIncludes(error.message, "cugro gc");
    }
    assertEquals((await store.list("")).map((info) => info.key), ["small"]);
    assertEquals(new TextDecoder().decode((await store.get("small"))?.bytes), "kept");
    assertEquals([...Deno.readDirSync(`${root}/@store/temporary`)].length, 0);
    await store.put("after", bytes("there is room for this"));
    await store.close();
  }));

Deno.test("runWorker() on a full disk gives the job back and finishes it when there is room", () =>
  onSmallDisk("1m", async (root) => {
    const store = await openFilesystemStore({ root });
    const bus = createEmbeddedBus();
    const job = trainingJob();
    const id = jobId(job);
    await store.put(jobKey("states.train", id), encodeFact({ schema: 1, job, learner: "walker", task: 1 }));
    await Deno.writeFile(`${root}/ballast`, new Uint8Array(700 << 10));
    const output = new Uint8Array(500 << 10);
    const handler: JobHandler<"states.train"> = () =>
      Promise.resolve({ outputs: { weights: output }, metrics: {} });
    const stop = new AbortController();
    const lines: string[] = [];
    const log = createLog({ write: (line) => lines.push(line) });
    const kinds = ["states.train"] as const;
    const handlers = { "states.train": handler };
    const { signal } = stop;
    const done = runWorker({ bus, store, handlers, kinds, profile: {}, signal, ackWaitMs: 200, log });
    await bus.submit({ jobId: id, kind: "states.train", learner: "walker" });
    const until = async (what: () => unknown) => {
      while (!await what()) await sleep(10);
    };
    await until(() =>
      lines.filter((line) => line.includes("is full (ENOSPC when writing artifacts/")).length === 3
    );
    assertEquals(await store.head(resultKey("states.train", id)), undefined);
    await Deno.remove(`${root}/ballast`);
    await until(() => store.head(resultKey("states.train", id)));
    stop.abort();
    await done;
    assertEquals(await store.list(`${jobPrefix("states.train", id)}failures/`), []);
    await bus.close();
    await store.close();
  }));

/** Puts objects of no use until there is room for no more, not even for an empty file. */
async function fill(put: (n: number, size: number) => Promise<unknown>): Promise<void> {
  let n = 0;
  for (const size of [100_000, 4_000, 1]) {
    while (await put(n++, size).then(() => true, () => false)) continue;
  }
}

const artifactOf = (n: number) => `artifacts/${String(n).padStart(64, "0")}`;

Deno.test("cugro gc frees a folder that is full to the last byte", () =>
  onSmallDisk("600k", async (root) => {
    const store = await openFilesystemStore({ root });
    await fill((n, size) => store.put(artifactOf(n), new Uint8Array(size)));
    await store.close();
    // What is left of a block would do for a lock.
    await fill((n, size) => Deno.writeFile(`${root}/@store/ballast-${n}`, new Uint8Array(size)));
    assertEquals(await runCommandLine(["gc", "--store", root, "--grace-hours", "0"]), 0);
    const after = await openFilesystemStore({ root, lock: false });
    assertEquals(await after.list(""), []);
    await after.close();
  }));

Deno.test("cugro gc frees a bucket that is full, deleted learners too", () =>
  onSmallDisk("900k", async (root) => {
    const server = await startVersity({ folder: root });
    const options = { bucket: "full", endpoint: server.url, ...S3_ROOT };
    const store = await openS3Store({ ...options, createBucket: true });
    for (const name of ["kept", "gone"]) await createLearner({ store, name, seed: 1, preset: "smoke" });
    await deleteLearner({ store, name: "gone" });
    await fill((n, size) => store.put(artifactOf(n), new Uint8Array(size)));
    const variables = {
      CUGRO_S3_ENDPOINT: server.url,
      CUGRO_S3_ACCESS_KEY: S3_ROOT.accessKey,
      CUGRO_S3_SECRET_KEY: S3_ROOT.secretKey,
    };
    for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
    try {
      assertEquals(await runCommandLine(["gc", "--store", "s3://full", "--grace-hours", "0"]), 0);
    } finally {
      for (const name of Object.keys(variables)) Deno.env.delete(name);
    }
    assertEquals((await store.list("artifacts/")).length, 0);
    await store.put(artifactOf(1), new Uint8Array(100_000));
    await store.close();
    await server.stop();
  }));
