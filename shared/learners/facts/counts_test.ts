import { assertStringIncludes } from "@std/assert";
import { describeRevision } from "./task_revisions.ts";

Deno.test("a revision in words has its numbers as the tables and the report have them", () => {
  const said = describeRevision({
    ...{ task: 1, revision: 2, leading: true, size: 1_003_600 },
    known: { episodes: 60, rows: 1_200 },
    added: { episodes: 120, rows: 1_002_400 },
    gone: { episodes: 2, rows: 1_040 },
  });
  assertStringIncludes(said, "the first 1,200 rows of this file are task 1's, and 1,002,400 are new");
  assertStringIncludes(said, "(2 episodes of task 1, 1,040 rows, are not in it)");
});
