import { assertEquals } from "@std/assert";
import { failureKey, type Job, jobKey, jobPrefix, oldJobPrefix } from "@cugro/protocol";
import { memoryStore } from "../../tests/fakes/memory_store.ts";
import { lookAtJob } from "./look_at_job.ts";

Deno.test("lookAtJob() lists each layout once at most, the old one only where today's does not have the job", async () => {
  const store = memoryStore();
  let asked: string[] = [];
  const watched = Object.assign(Object.create(store), {
    list: (prefix: string) => (asked.push(prefix), store.list(prefix)),
    folders: (prefix: string) => (asked.push(prefix), store.folders(prefix)),
  });
  const kind: Job["kind"] = "states.train";
  const [today, old, gone] = ["a", "b", "c"].map((digit) => digit.repeat(64)) as [string, string, string];
  await store.put(jobKey(kind, today), new Uint8Array());
  await store.put(`jobs/${old}/job.json`, new Uint8Array());
  const { found } = await lookAtJob(watched, { jobId: today, kind });
  assertEquals([found?.key, asked], [jobKey(kind, today), [jobPrefix(kind, today)]]);

  asked = [];
  const looked = await lookAtJob(watched, { jobId: old, kind });
  assertEquals([looked.there.job, looked.found?.key], [`jobs/${old}/job.json`, `jobs/${old}/job.json`]);
  assertEquals(asked, [jobPrefix(kind, old), oldJobPrefix(old)]);

  await store.put(`jobs/${gone}/result.json`, new Uint8Array());
  const note = failureKey(kind, gone, 1);
  await store.put(note, new Uint8Array());
  const done = await lookAtJob(watched, { jobId: gone, kind });
  assertEquals([done.there.result, done.found], [`jobs/${gone}/result.json`, undefined]);
  assertEquals(done.there.failures, [note], "what today's layout has is not lost");
});
