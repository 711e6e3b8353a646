import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { UsageError } from "../commands/print_output.ts";
import { parseSeeds, sweepRuns } from "./knob_grid.ts";

Deno.test("seeds are numbers and ranges, each once; anything else is refused", () => {
  assertEquals(parseSeeds("0..4"), [0, 1, 2, 3, 4]);
  assertEquals(parseSeeds("3, 0..1,3"), [3, 0, 1]);
  for (const text of ["", "a", "4..1", "0..", "1.5", "-1", "0..4000", "0...3"]) {
    assertThrows(() => parseSeeds(text), UsageError, `current value is ${text}`);
  }
});

Deno.test("a sweep has every seed with every combination, whole comparisons first, each with a name of its own", () => {
  const settings = ["criticTarget=mc,iql", "evaluationEpisodes=5", "inverseTemperature=1.5,10"];
  const runs = sweepRuns("alpha", { seeds: [0, 3], settings, preset: "smoke" });
  assertEquals(runs.map(({ name }) => name).slice(0, 5), [
    "alpha-critic-target-mc-inverse-temperature-1-5-seed-0",
    "alpha-critic-target-mc-inverse-temperature-10-seed-0",
    "alpha-critic-target-iql-inverse-temperature-1-5-seed-0",
    "alpha-critic-target-iql-inverse-temperature-10-seed-0",
    "alpha-critic-target-mc-inverse-temperature-1-5-seed-3",
  ]);
  assertEquals(new Set(runs.map(({ name }) => name)).size, 8);
  assertEquals(runs[7]!.settings, [
    ...["criticTarget=iql", "evaluationEpisodes=5", "inverseTemperature=10", "gate=observe"],
  ]);
  const [only] = sweepRuns("alpha", { seeds: [2], settings: [], preset: "smoke" });
  assertEquals([only!.name, only!.settings], ["alpha-seed-2", ["gate=observe"]]);
  const gates = sweepRuns("alpha", { seeds: [2], settings: ["gate=observe,enforce"], preset: "smoke" });
  assertEquals(gates.map((run) => run.settings), [["gate=observe"], ["gate=enforce"]]);
});

Deno.test("names that would be too long tell knobs by a hash, and what cannot be run is refused before anything runs", () => {
  const sweep = (base: string, ...settings: string[]) =>
    sweepRuns(base, { seeds: [0], settings, preset: "smoke" }).map(({ name }) => name);
  const long = sweep("a".repeat(40), "criticTarget=mc,iql", "inverseTemperature=1,2");
  assertEquals(new Set(long).size, 4);
  for (const name of long) assertMatch(name, /^a{40}-[0-9a-f]{8}-seed-0$/);
  assertThrows(() => sweep("a".repeat(60)), UsageError, "--learner must be of a-z");
  assertThrows(() => sweep("a", "criticTarget=mc,,td"), UsageError, "a value is missing");
  assertThrows(() => sweep("a", "criticTarget=mc,none"), UsageError, "--set criticTarget=none: ");
  assertThrows(() => sweep("a", "critcTarget=mc"), UsageError, "criticTarget");
});
