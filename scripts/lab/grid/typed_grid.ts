/**
 * `deno task experiment streams`: a grid that is typed instead of declared. For one's own folders of datasets, and for a stream
 * of which one run is wanted; everything else is the grid's.
 * @module
 */
import type { PRESET_NAMES } from "@cugro/algorithm/knobs";
import { UsageError } from "../../cli/commands/print_output.ts";
import { parseGrid } from "./grid_file.ts";
import { methodOf } from "./methods.ts";
import { type GridOptions, runGrid } from "./run_grid.ts";

interface StreamsOptions extends GridOptions {
  preset: typeof PRESET_NAMES[number];
  run: string[];
  set: string[];
  name: string;
}

/** Runs of every stream where none is asked for. */
export const DEFAULT_RUNS = ["ours:0", "ours:1", "oracle:0", "none:0"];

/**
 * Makes the data that is missing, runs what is not finished yet, prints the table, writes JSON, picture and page.
 *
 * @param names of streams, or folders
 * @param options of the command
 */
export async function streams(names: string[], options: StreamsOptions): Promise<void> {
  const { preset, set, name, run } = options;
  const runs = run.length > 0 ? run : DEFAULT_RUNS;
  const rows = runs.map(parseRun).map((one) => ({ streams: names, ...one }));
  const about = `${names.join(", ")}: ${runs.join(", ")}`;
  const grid = parseGrid(JSON.stringify({ about, preset, set, rows }), "streams");
  const turned = [
    ...preset === "default" ? [] : [`--preset ${preset}`],
    ...run.map((one) => `--run ${one}`),
    ...set.map((one) => `--set ${one}`),
  ];
  const command = ["deno task experiment streams", ...names, ...turned].join(" ");
  await runGrid({ grid, path: "streams", name, command }, options);
}

/**
 * `ours:0` -> its method and seed; the replay source `generated` is ours.
 *
 * @throws {UsageError} where it is not of that form
 */
export function parseRun(run: string): { methods: string[]; seeds: number[] } {
  const [name = "", seed] = run.split(":");
  if (!seed || !Number.isInteger(Number(seed))) {
    throw new UsageError(`--run must be method:seed, e.g. ours:0: current value is ${run}`);
  }
  const method = name === "generated" ? "ours" : name;
  try {
    methodOf(method);
  } catch (error) {
    throw new UsageError(`--run: ${(error as Error).message}`);
  }
  return { methods: [method], seeds: [Number(seed)] };
}
