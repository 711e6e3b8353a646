import { assertEquals } from "@std/assert";
import { StoreError } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import { presets } from "@cugro/algorithm/arrays";
import { type Graph, previewGraph } from "@cugro/learners";
import { createLogOnce } from "./log_once.ts";

Deno.test("a learner that cannot be planned is told once for each reason, and once that it is planned again", () => {
  const lines: string[] = [];
  const once = createLogOnce(createLog({ write: (line) => void lines.push(JSON.parse(line).event) }));
  for (let n = 0; n < 5; n++) once.failed("a", new StoreError(`The store failed when reading jobs/${n}`));
  once.failed("b", new StoreError("The store failed when listing learners/b/"));
  once.failed("a", new SyntaxError("learners/a/head.json is damaged"));
  for (let n = 0; n < 3; n++) once.planned("a", []);
  once.failed("a", new SyntaxError("learners/a/head.json is damaged"));
  assertEquals(lines, [
    ...Array(3).fill("learner cannot be planned"),
    "learner is planned again",
    "learner cannot be planned",
  ]);
});

Deno.test("a task of which not all rows are read is told once, and again if another number of them is", () => {
  const lines: unknown[] = [];
  const once = createLogOnce(createLog({
    write: (line) => {
      const { event, learner, task, size, trainingRows } = JSON.parse(line);
      lines.push([event, learner, task, size, trainingRows]);
    },
  }));
  const [graph] = previewGraph({ knobs: presets.smoke, tasks: 1 }) as [Graph];
  for (const trainingRows of [5_000, 3_000, 3_000, 2_000]) {
    once.learning("a", { ...graph, rows: { size: 5_000, trainingRows } });
  }
  once.learning("a", graph);
  once.learning("a", undefined);
  const event = "training reads some of a task's rows";
  assertEquals(lines, [[event, "a", 1, 5_000, 3_000], [event, "a", 1, 5_000, 2_000]]);
});
