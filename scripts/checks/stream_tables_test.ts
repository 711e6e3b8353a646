import { assertEquals, assertStringIncludes } from "@std/assert";
import { shortTable, type StreamRun, streamTable } from "./stream_tables.ts";

const run = (about: Partial<StreamRun>): StreamRun => ({
  ...{ stream: "cheetah-vel", replay: "generated", seed: 0, wallSeconds: 90, meanPerformance: 95 },
  ...{ worstDrop: 4.96, forgetting: -1, backwardTransfer: 0.04, badlyLearnedFirst: false },
  resultsMatrix: [[100, null], [80, 90]],
  ...about,
});

const rowsOf = (table: string) => table.trim().split("\n").slice(2);

Deno.test("streamTable() has each run once, in the order of streams, replays and seeds", () => {
  const table = streamTable([
    run({ stream: "cw10", replay: "none" }),
    run({ seed: 1, badlyLearnedFirst: true, backwardTransfer: 3 }),
    run({}),
    run({ wallSeconds: 999 }),
    run({ stream: "cw10", settings: [] }),
  ]);
  assertEquals(rowsOf(table), [
    "| cheetah-vel (2) | generated | 0 | 100.0 **85.0** | 95.0 | 5.0 | -1.0 | 0.0 | 1.5 |",
    "|  | generated | 1 | 100.0 **85.0** | 95.0 | 5.0 | -1.0 | +3.0 (badly learned first) | 1.5 |",
    "| cw10 (2), % success | generated | 0 | 100.0 **85.0** | 95.0 | 5.0 | -1.0 | 0.0 | – |",
    "|  | none | 0 | 100.0 **85.0** | 95.0 | 5.0 | -1.0 | 0.0 | 1.5 |",
  ]);
});

Deno.test("shortTable() has the last average, the worst drop, and from how many to how many minutes", () => {
  const table = shortTable([
    run({ wallSeconds: 507 }),
    run({ seed: 1, worstDrop: 2 }),
    run({ replay: "oracle" }),
    run({ replay: "none" }),
  ]);
  assertStringIncludes(
    table,
    "| cheetah-vel | 85.0, 85.0 (worst drop 5.0, 2.0) | 85.0 (5.0) | 85.0 (5.0) | 2 to 8 |",
  );
});
