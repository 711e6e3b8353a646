import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { MeasuredRun } from "./measured_run.ts";
import { measureMatrix } from "@cugro/algorithm/arrays";
import { resolveHyperparameters } from "@cugro/algorithm/knobs";
import { differencesOf } from "../../cli/runs/learn_one.ts";
import { forwardTransferOf } from "./learning_curves.ts";
import { headOf, summariseGrid, tableRows } from "./grid_table.ts";

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
  const summaries = summariseGrid([...none, run("ours", 0, [96, 98]), run("ours", 1, [97, 99])]);
  const rows = tableRows(summaries);
  assertEquals(rows[0]!.length, headOf(summaries).length);
  const ours = ["97.5", "97.5", "98.8", "99.3", "4.0", "3.5", "-3.5", "–", "–", "3.0", "0.50"];
  assertEquals(rows[0], ["s", "ours", 2, ...ours]);
  const others = ["57.3", "59.5", "78.6", "99.8", "90.0", "85.0", "-85.0", "40.3", "0.56", "3.0", "0.50"];
  assertEquals(rows[1], ["s", "none", 2, ...others]);
});

Deno.test("a run of one version has no drop, also as a record holds it", () => {
  const resultsMatrix = [[97, 99]];
  const once = { ...run("multitask", 0, [97, 99]), resultsMatrix, ...measureMatrix(resultsMatrix) };
  for (const read of [once, JSON.parse(JSON.stringify(once))]) {
    const [row] = tableRows(summariseGrid([read]));
    assertEquals(row!.slice(7, 10), ["–", "–", "–"]);
  }
});

Deno.test("forward transfer is the area under the score beside learning alone: of the same seed and knobs, from the second task on", () => {
  const curve = (task: number, ...scores: number[]) => ({ task, shares: [0.1, 0.25, 0.5, 1], scores });
  const settings = ["snapshots=true", "replay=none"];
  const alone = {
    ...run("separate", 0, [100, 80]),
    ...{ settings, curves: [curve(1, 50, 60, 70, 80), curve(2, 10, 20, 40, 80)] },
  };
  const ours = {
    ...run("ours", 0, [98, 90]),
    ...{
      settings: ["snapshots=true", "replay=generated"],
      curves: [curve(1, 0, 0, 0, 0), curve(2, 30, 40, 60, 80)],
    },
  };
  const summaries = summariseGrid([alone, ours, run("none", 0, [0, 0])]);
  assertEquals(headOf(summaries).indexOf("FWT"), 10);
  // 20 points above from 10 to 50 % of the trainings, then ever less: (0.4 * 20 + 0.5 * 10) / 0.9.
  assertEquals(tableRows(summaries).map((row) => row[10]), ["14.4", "0.0", "–"]);
  const { points, continualWorld, tasks } = forwardTransferOf(ours, [alone])!;
  assertAlmostEquals(points, 13 / 0.9, 1e-9);
  assertAlmostEquals(continualWorld!, (13 / 0.9) / (100 - 39.75 / 0.9), 1e-9);
  assertEquals(tasks, 1);
  assertEquals(forwardTransferOf(ours, [{ ...alone, seed: 1 }]), null);
  assertEquals(forwardTransferOf(ours, [{ ...alone, settings: ["emaDecay=0", ...settings] }]), null);
});

Deno.test("a run of before there was a knob is the run that its absence means", () => {
  const inputs = { seed: 0, knobs: { snapshots: false, lambda: 1 } };
  const { snapshots: _, ...knobs } = inputs.knobs;
  assertEquals(differencesOf({ ...inputs, knobs }, inputs), []);
  const turned = { ...inputs, knobs: { ...inputs.knobs, snapshots: true } };
  assertEquals(differencesOf({ ...inputs, knobs }, turned), ["snapshots false instead of true"]);
  // Those that have come since the first records that there are, of 0.7.0.
  const { snapshots: _s, awaitScores: _a, awaitEpisodes: _e, ...early } = resolveHyperparameters(
    "default",
    {},
  );
  const today = { seed: 0, knobs: { ...resolveHyperparameters("default", {}) } };
  assertEquals(differencesOf({ seed: 0, knobs: early }, today), []);
});
