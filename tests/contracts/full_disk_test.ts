import { sleep } from "@cugro/async";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createEmbeddedBus } from "@cugro/bus";
import { createLog } from "@cugro/telemetry";
import { type JobHandler, runWorker } from "@cugro/worker";
import { openFilesystemStore, StoreFull } from "@cugro/store";
import { encodeFact, jobId, jobKey, jobPrefix, resultKey } from "@cugro/protocol";
import { trainingJob } from "../fakes/counting_job.ts";
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
