import { assertEquals } from "@std/assert";
import type { WholeStatus } from "../learners/learners.ts";
import { happeningsBetween } from "./happenings.ts";

/** A learner of which only what is compared is told. */
function standing(parts: Partial<Record<keyof WholeStatus, unknown>>): WholeStatus {
  const empty = {
    tasks: [],
    rejections: [],
    versions: [],
    jobs: [],
    problems: [],
    head: null,
    deleted: false,
  };
  // cast: what is not compared is left out
  return { learner: { name: "a" }, ...empty, ...parts } as unknown as WholeStatus;
}

const job = (id: string, state: string, more = {}) => ({
  ...{ id, kind: "states.train", task: 1, label: `job ${id}`, state, seconds: 2, message: null },
  ...more,
});

const textsOf = (before: WholeStatus | undefined, after: WholeStatus) =>
  happeningsBetween(before, after).map(({ type, text }) => `${type}: ${text}`);

Deno.test("happeningsBetween() counts jobs as they end, and says why one has failed", () => {
  const before = standing({ jobs: [job("x", "done"), job("y", "ready"), job("z", "ready")] });
  const after = standing({
    jobs: [job("x", "done"), job("y", "done"), job("z", "done"), job("q", "failed", { message: "no room" })],
  });
  assertEquals(textsOf(before, after), [
    "cugro.job.finished: job y done in 2.0 s (2 of 4 jobs)",
    "cugro.job.finished: job z done in 2.0 s (3 of 4 jobs)",
    "cugro.job.failed: job q failed: no room",
  ]);
  assertEquals(textsOf(after, after), []);
});

Deno.test("happeningsBetween() tells of a file that waits once, and not of its import when that is over", () => {
  const imported = (state: string) => job("i", state, { kind: "dataset.import", label: "import one.hdf5" });
  const accepted = { tasks: [{ task: 1, revision: 0, name: "one", size: 1200 }] };
  assertEquals(textsOf(standing({}), standing({ jobs: [imported("ready")] })), [
    "cugro.arrival.received: a file has arrived: import one.hdf5",
  ]);
  assertEquals(textsOf(standing({}), standing({ ...accepted, jobs: [imported("done")] })), [
    "cugro.task.accepted: task 1 accepted: one, 1,200 transitions",
  ]);
});

Deno.test("happeningsBetween() tells when another version serves, and when problems come and go", () => {
  const problem = { id: "p", code: "store.full", message: "The store is full.", advice: "Make room." };
  assertEquals(textsOf(standing({ head: 1 }), standing({ head: 2, problems: [problem] })), [
    "cugro.problem.raised: ! The store is full. Make room.",
    "cugro.version.serving: version 2 serves",
  ]);
  assertEquals(textsOf(standing({ head: 2, problems: [problem] }), standing({ head: null })), [
    "cugro.problem.resolved: over: The store is full.",
    "cugro.version.serving: no version serves",
  ]);
  assertEquals(textsOf(undefined, standing({ deleted: true })), ["cugro.learner.deleted: it was deleted"]);
});
