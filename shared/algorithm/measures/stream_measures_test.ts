import { assertAlmostEquals, assertEquals } from "@std/assert";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { measureMatrix } from "./stream_measures.ts";
import type { StreamMeasures } from "./stream_measures.ts";

type Run = StreamMeasures & { stream: string; seed: number; resultsMatrix: (number | null)[][] };

const RESULTS = fileURLToPath(new URL("../results/", import.meta.url));

Deno.test("measureMatrix() sees what the last row hides: a version that had lost a task, and a bad start", () => {
  const hopper = [[98, null, null, null], [99, 98, null, null], [75, 98, 59, null], [97, 100, 89, 102]];
  const measures = measureMatrix(hopper);
  assertEquals(measures.worstDrop, 24);
  assertAlmostEquals(measures.forgetting, (2 - 2 - 30) / 3);
  assertAlmostEquals(measures.backwardTransfer, (-1 + 2 + 30) / 3);
  assertEquals(measures.badlyLearnedFirst, true, "85 on average when they were learnt");
  assertAlmostEquals(measures.meanPerformance, (98 + 98.5 + 232 / 3 + 97) / 4);
  assertEquals(measureMatrix([[50]]).badlyLearnedFirst, false);
});

Deno.test("the figures of the committed results follow from their matrices, by the definitions of today", async () => {
  const names = (await readdir(RESULTS)).filter((name) => /^streams.*\.json$/.test(name));
  for (const name of names) {
    const { runs } = JSON.parse(await readFile(`${RESULTS}${name}`, "utf8")) as { runs: Run[] };
    for (const run of runs) {
      for (const [figure, value] of Object.entries(measureMatrix(run.resultsMatrix))) {
        const about = `${name}: ${figure} of ${run.stream} ${run.seed}`;
        assertAlmostEquals(Number(run[figure as keyof StreamMeasures]), Number(value), 1e-9, about);
      }
    }
  }
});
