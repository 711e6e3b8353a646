import { assertEquals } from "@std/assert";
import { type Job, jobPrefix } from "@cugro/protocol";
import { memoryStore } from "../../tests/fakes/store.ts";
import { lookAtJob } from "./look_at_job.ts";

Deno.test("lookAtJob() asks once in all whether there are jobs of the old layout, not for each job", async () => {
  const store = memoryStore();
  const asked: string[] = [];
  const watched = Object.assign(Object.create(store), {
    list: (prefix: string) => (asked.push(prefix), store.list(prefix)),
    folders: (prefix: string) => (asked.push(prefix), store.folders(prefix)),
  });
  const kind: Job["kind"] = "states.train";
  const ids = ["a", "b", "c"].map((digit) => digit.repeat(64));
  const known = {};
  for (const jobId of ids) await lookAtJob(watched, { jobId, kind }, known);
  assertEquals(asked.toSorted(), ["jobs/", ...ids.map((id) => jobPrefix(kind, id))].toSorted());

  await store.put(`jobs/${ids[0]}/job.json`, new Uint8Array());
  const { there, found } = await lookAtJob(watched, { jobId: ids[0]!, kind }, {});
  assertEquals([there.job, found?.key], [`jobs/${ids[0]}/job.json`, `jobs/${ids[0]}/job.json`]);
});
