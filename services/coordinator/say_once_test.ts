import { assertEquals } from "@std/assert";
import { StoreError } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import { createSaidOnce } from "./say_once.ts";

Deno.test("a learner that cannot be planned is told once for each reason, and once that it is planned again", () => {
  const lines: string[] = [];
  const said = createSaidOnce(createLog({ write: (line) => void lines.push(JSON.parse(line).event) }));
  for (let n = 0; n < 5; n++) said.failed("a", new StoreError(`The store failed when reading jobs/${n}`));
  said.failed("b", new StoreError("The store failed when listing learners/b/"));
  said.failed("a", new SyntaxError("learners/a/head.json is damaged"));
  for (let n = 0; n < 3; n++) said.planned("a");
  said.failed("a", new SyntaxError("learners/a/head.json is damaged"));
  assertEquals(lines, [
    ...Array(3).fill("learner cannot be planned"),
    "learner is planned again",
    "learner cannot be planned",
  ]);
});
