import { assertStringIncludes } from "@std/assert";
import { describeRevision } from "./task_revisions.ts";

Deno.test("a revision in words has its numbers as the tables and the report have them", () => {
  const text = describeRevision({
    ...{ task: 1, revision: 2, leading: true, size: 1_003_600 },
    known: { episodes: 60, rows: 1_200 },
    added: { episodes: 120, rows: 1_002_400 },
    gone: { episodes: 2, rows: 1_040 },
  });
  assertStringIncludes(text, "the first 1,200 rows of this file are task 1's, and 1,002,400 are new");
  assertStringIncludes(text, "(2 episodes of task 1, 1,040 rows, are not in it)");
});
