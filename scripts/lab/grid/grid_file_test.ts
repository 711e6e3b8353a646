import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../cli/commands/print_output.ts";
import { parseRun } from "./typed_grid.ts";
import { parseGrid, runsOf, streamsOf } from "./grid_file.ts";

const parse = (grid: unknown) => parseGrid(JSON.stringify(grid), "grid.json");
const row = { streams: ["cheetah-vel"], methods: ["ours", "none"], seeds: [0, 1] };
const grid = { about: "a grid", rows: [row] };

Deno.test("a grid's runs: whole comparisons seed by seed, each once, with the settings of grid, method and row", () => {
  const rows = [row, { ...row, seeds: [1] }, {
    ...{ streams: ["/data/my-stream/"], seeds: [3], label: "mc", set: ["criticTarget=mc"], preset: "smoke" },
    orders: [[2, 1], [1, 2]],
  }];
  const runs = runsOf(parse({ ...grid, set: ["evaluationEpisodes=5"], rows }), "grid.json");
  assertEquals(runs.map(({ id }) => id), [
    ...["cheetah-vel-ours-0", "cheetah-vel-none-0", "cheetah-vel-ours-1", "cheetah-vel-none-1"],
    ...["my-stream-order-21-mc-3", "my-stream-order-12-mc-3"],
  ]);
  assertEquals(runs[4], {
    ...{ id: "my-stream-order-21-mc-3", stream: "/data/my-stream/", label: "mc", method: "ours", seed: 3 },
    ...{ preset: "smoke", order: [2, 1] },
    settings: ["evaluationEpisodes=5", "replay=generated", "criticTarget=mc"],
  });
});

Deno.test("a grid that cannot be run is refused before anything runs, by file, place and value", () => {
  const refused: [unknown, string][] = [
    [{ ...grid, rows: [{ ...row, methods: ["magic"] }] }, "grid.json: rows.0.methods.0"],
    [{ ...grid, rows: [{ ...row, seed: 1 }] }, 'grid.json: rows.0: Unrecognized key: "seed"'],
    [{ ...grid, rows: [{ ...row, set: ["alpha"] }] }, "rows.0.set.0: must be knob=value"],
    [{ rows: [row] }, "grid.json: about"],
  ];
  for (const [value, message] of refused) assertThrows(() => parse(value), UsageError, message);
  assertThrows(() => parseGrid("{", "grid.json"), UsageError, "grid.json is not JSON");
  const knob = { ...grid, rows: [{ ...row, set: ["stateStep=1"] }] };
  assertThrows(() => runsOf(parse(knob), "grid.json"), UsageError, "grid.json: rows.0: ");
  const twice = { ...grid, rows: [row, { ...row, set: ["emaDecay=0.9"] }] };
  assertThrows(() => runsOf(parse(twice), "grid.json"), UsageError, "give this one a label");
});

Deno.test("a grid may declare data of its own; what cannot be made is refused by its name", () => {
  const data = { "poor": { family: "cheetah-vel", episodes: 20, mix: { random: 1 }, goodEpisodes: 10 } };
  const { poor } = streamsOf(parse({ ...grid, data }), "grid.json");
  assert(poor && "goals" in poor);
  assertEquals([poor.mix, poor.goals.length], [{ random: 1, early: 0, medium: 0, final: 0 }, 5]);
  const refused: [Record<string, unknown>, string][] = [
    [{ "cheetah-vel": data.poor }, "data.cheetah-vel: there is a stream of this name"],
    [{ poor: { ...data.poor, family: "cheetah" } }, "data.poor: family must be one of"],
    [{ poor: { ...data.poor, goals: [[1, 2]] } }, "grid.json: data.poor: "],
  ];
  for (const [wrong, message] of refused) {
    assertThrows(() => streamsOf(parse({ ...grid, data: wrong }), "grid.json"), UsageError, message);
  }
});

Deno.test("the declared grids can be run", async () => {
  const folder = fileURLToPath(new URL("declared/", import.meta.url));
  for (const file of await readdir(folder)) {
    const grid = parseGrid(await readFile(join(folder, file), "utf8"), file);
    const streams = streamsOf(grid, file);
    const runs = runsOf(grid, file);
    assertEquals(runs.filter(({ stream }) => !Object.hasOwn(streams, stream)), [], file);
    const named = new Set(runs.map(({ stream }) => stream));
    assertEquals(
      Object.keys(grid.data).filter((name) => !named.has(name)),
      [],
      `${file}: data that no row names`,
    );
  }
});

Deno.test("a run on the command line is a method and a seed", () => {
  assertEquals(parseRun("generated:2"), { methods: ["ours"], seeds: [2] });
  assertThrows(() => parseRun("ours"), UsageError, "method:seed");
  assertThrows(() => parseRun("best:0"), UsageError, "a method must be one of ours, none");
});
