import { assertEquals } from "@std/assert";
import type { MeasuredRun } from "./measured_run.ts";
import { measureMatrix } from "../streams/stream_measures.ts";
import { HEAD, summarise, tableRow } from "./summary.ts";

function run(method: string, seed: number, last: [number, number]): MeasuredRun {
  const resultsMatrix = [[100, null], last];
  return {
    ...{ id: `${method}-${seed}`, stream: "s", label: method, method, seed, preset: "lean", settings: [] },
    ...{ resultsMatrix, intervals: [], episodes: [], fidelity: [], secondsPerKind: {}, coreSeconds: 1_800 },
    bytes: { rawData: 9e6, generators: 2e6, critic: 1e6, shards: 0 },
    ...measureMatrix(resultsMatrix),
  };
}

Deno.test("a table of seeds: one decimal everywhere, ours first, differences paired by seed", () => {
  const none = [run("none", 1, [20, 99]), run("none", 0, [10, 100])];
  const rows = summarise([...none, run("ours", 0, [96, 98]), run("ours", 1, [97, 99])]).map(tableRow);
  assertEquals(rows[0]!.length, HEAD.length);
  const ours = ["97.5", "97.5", "98.8", "99.3", "4.0", "3.5", "-3.5", "–", "–", "3.0", "0.50"];
  assertEquals(rows[0], ["s", "ours", 2, ...ours]);
  const others = ["57.3", "59.5", "78.6", "99.8", "90.0", "85.0", "-85.0", "40.3", "0.56", "3.0", "0.50"];
  assertEquals(rows[1], ["s", "none", 2, ...others]);
});
