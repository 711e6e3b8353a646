import { assertEquals } from "@std/assert";
import type { JobSummary } from "@cugro/client";
import { groupJobs, jobsBehind } from "./job_groups.ts";

const job = (id: string, kind: JobSummary["kind"], needs: string[]): JobSummary => ({
  ...{ id, kind, needs, task: 2, label: id, state: "waiting", seconds: null, coreSeconds: null },
  ...{ progress: null, message: null, steps: null },
});

const JOBS = [
  job("s1", "states.sample", ["elsewhere"]),
  job("s2", "states.sample", []),
  job("l1", "actions.label", ["s1"]),
  job("l2", "actions.label", ["s2"]),
  job("t", "states.train", ["l1", "l2"]),
  job("c", "critic.train", ["l1", "l2"]),
  job("e", "policy.evaluate", ["t", "c", "l1"]),
  job("other", "policy.evaluate", []),
];

Deno.test("groupJobs() puts kinds in columns, each right of all that it needs", () => {
  assertEquals(groupJobs(JOBS).map(({ kind, column, jobs }) => [kind, column, jobs.length]), [
    ["states.sample", 0, 2],
    ["actions.label", 1, 2],
    ["states.train", 2, 1],
    ["critic.train", 2, 1],
    ["policy.evaluate", 3, 2],
  ]);
});

Deno.test("groupJobs() terminates where kinds need each other", () => {
  const circle = [job("a", "actions.label", ["b"]), job("b", "critic.train", ["a"])];
  assertEquals(groupJobs(circle).length, 2);
});

Deno.test("jobsBehind() takes the jobs that lead to some, and leaves those of other attempts", () => {
  assertEquals(jobsBehind(JOBS, ["e", "gone"]).map(({ id }) => id), ["s1", "s2", "l1", "l2", "t", "c", "e"]);
});
