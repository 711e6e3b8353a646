import { assertAlmostEquals, assertEquals } from "@std/assert";
import { figuresOf, quantile, redoneShare } from "./figures.ts";
import type { Entry, Sight } from "./run_history.ts";

const at = (ms: number, sight: Sight, pid = 1): Entry => ({ at: ms, who: "w", pid, ...sight });
const job = (ms: number, state: "started" | "step" | "returned", step: number, pid = 1) =>
  at(ms, { what: "job", jobId: "j", kind: "states.train", state, step }, pid);

Deno.test("figuresOf() counts the steps that a killed run lost", () => {
  const history = [
    job(0, "started", 0),
    job(1, "step", 4),
    job(2, "step", 6),
    job(3, "started", 4, 2),
    job(4, "returned", 10, 2),
  ];
  const { steps } = figuresOf(history);
  assertEquals(steps, { needed: 10, done: 12 });
  assertAlmostEquals(redoneShare([steps]), 0.2);
});

Deno.test("figuresOf() measures from the end of a fault to the next commit", () => {
  const put = (ms: number, key: string, outcome: "written" | "refused" = "written") =>
    at(ms, { what: "put", key, hash: "", outcome });
  const history = [
    put(1, "jobs/a/result.json"),
    at(5, { what: "fault", fault: "kill-bus", state: "begins" }),
    at(10, { what: "fault", fault: "kill-bus", state: "ends" }),
    put(11, "jobs/b/result.json", "refused"),
    at(12, { what: "sabotage", action: "block", point: "", ms: 20 }),
    put(25, "jobs/c/result.json"),
    put(50, "learners/ann/versions/1.json"),
    at(60, { what: "fault", fault: "kill w", state: "ends" }),
  ];
  assertEquals(figuresOf(history).recoveries, [{ fault: "kill-bus", ms: 15 }, { fault: "block", ms: 18 }]);
});

Deno.test("quantile() is the value that a share does not exceed", () => {
  assertEquals([quantile([3, 1, 2], 0.5), quantile([3, 1, 2], 0.99), quantile([], 0.5)], [2, 3, NaN]);
});
