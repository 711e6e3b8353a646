/**
 * A grid of runs, as a file declares it, and the runs that it means.
 * @module
 */
import { PRESET_NAMES, resolveHyperparameters } from "@cugro/algorithm/knobs";
import { familyInfo, goalFault, listFamilies } from "@cugro/environments";
import { z } from "zod";
import { parseSettings } from "../../cli/commands/knob_options.ts";
import { UsageError } from "../../cli/commands/print_output.ts";
import { KNOWN_STREAMS, type KnownStream } from "../streams/known_streams.ts";
import { methodOf, METHODS } from "./methods.ts";

const settings = z.array(z.string().regex(/^[a-zA-Z]+=.+$/, "must be knob=value")).default([]);
const preset = z.enum(PRESET_NAMES);
const name = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/, "must be of a-z, 0-9 and dashes");

const rowsSchema = z.strictObject({
  streams: z.array(z.string().min(1)).min(1),
  methods: z.array(z.enum(Object.keys(METHODS))).min(1).default(["ours"]),
  seeds: z.array(z.int().min(0)).min(1),
  /** What the row is called in tables, where it is not the method alone. */
  label: name.optional(),
  preset: preset.optional(),
  set: settings,
  /** The tasks in other orders: 1-based places in the stream. */
  orders: z.array(z.array(z.int().min(1)).min(1)).min(1).optional(),
});

const share = z.number().min(0).default(0);
/** Data that is made for the grid, as `cugro collect` makes it. */
const dataSchema = z.strictObject({
  family: z.string().min(1),
  /** @default the family's own */
  goals: z.array(z.array(z.number()).min(1)).min(1).optional(),
  episodes: z.int().min(1),
  /** Shares of those who act. */
  mix: z.strictObject({ random: share, early: share, medium: share, final: share }).optional(),
  rewardScale: z.number().positive().optional(),
  /** Episodes of the final policy whose mean return scores 100: so that data of other qualities has the same scale. */
  goodEpisodes: z.int().min(1).optional(),
});

const gridSchema = z.strictObject({
  about: z.string().min(1),
  /** Streams that rows may name beside those that can be made anyway. */
  data: z.record(name, dataSchema).default({}),
  preset: preset.default("default"),
  set: settings,
  rows: z.array(rowsSchema).min(1),
});

/** A grid as it is written. */
export type GridFile = z.infer<typeof gridSchema>;

/** One run: a stream, learnt by one method with one seed. */
export interface GridRun {
  /** Names its learner and its record. */
  id: string;
  stream: string;
  /** What it is called beside other runs of the stream: the method, or the row's label. */
  label: string;
  method: string;
  seed: number;
  preset: GridFile["preset"];
  /** `knob=value`, in order: the grid's, the method's, the row's. */
  settings: string[];
  /** Places in the stream, 1-based; undefined: as the stream has them. */
  order?: number[];
}

/** Reads a grid. @param path names it in errors @throws {UsageError} that names the field and the value */
export function parseGrid(text: string, path: string): GridFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path} is not JSON: ${(error as Error).message}`);
  }
  const parsed = gridSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`${path}: ${issue!.path.join(".") || "the grid"}: ${issue!.message}`);
}

/** The streams that a grid's rows may name: those there are, and its own. @throws {UsageError} where one cannot be made */
export function streamsOf(grid: GridFile, path: string): Record<string, KnownStream> {
  const streams: Record<string, KnownStream> = { ...KNOWN_STREAMS };
  for (const [name, { goals, ...data }] of Object.entries(grid.data)) {
    const where = `${path}: data.${name}`;
    if (Object.hasOwn(KNOWN_STREAMS, name)) {
      throw new UsageError(`${where}: there is a stream of this name: take another`);
    }
    const info = familyInfo(data.family);
    if (!info?.policyShipped) {
      const shipped = listFamilies().filter((one) => one.policyShipped).map((one) => one.family).join(", ");
      throw new UsageError(`${where}: family must be one of ${shipped}: current value is ${data.family}`);
    }
    const wanted = goals ?? info.goals;
    const fault = wanted.map((goal) => goalFault(info, goal)).find((one) => one !== undefined);
    if (fault !== undefined) throw new UsageError(`${where}: ${fault}`);
    streams[name] = { ...JSON.parse(JSON.stringify(data)), goals: wanted };
  }
  return streams;
}

/** The runs of a grid, in the order of its rows and seeds; what two rows ask for is there once. @throws {UsageError} */
export function runsOf(grid: GridFile, path: string): GridRun[] {
  const runs = new Map<string, GridRun>();
  grid.rows.forEach((row, index) => {
    for (const run of runsOfRow(grid, row)) {
      const known = runs.get(run.id);
      if (known && JSON.stringify(known) !== JSON.stringify(run)) {
        throw new UsageError(
          `${path}: rows.${index}: another row has a run ${run.id} with other settings: give this one a label`,
        );
      }
      checkKnobs(run, `${path}: rows.${index}`);
      runs.set(run.id, run);
    }
  });
  return [...runs.values()];
}

function runsOfRow(grid: GridFile, row: GridFile["rows"][number]): GridRun[] {
  const runs: GridRun[] = [];
  // Seeds are the outer loop, so that a grid that is stopped has whole comparisons.
  for (const seed of row.seeds) {
    for (const stream of row.streams) {
      for (const method of row.methods) {
        for (const order of row.orders ?? [undefined]) {
          const label = row.label === undefined
            ? method
            : row.methods.length > 1
            ? `${row.label}-${method}`
            : row.label;
          const place = order === undefined ? "" : `-order-${order.join("")}`;
          runs.push({
            id: `${idOf(stream)}${place}-${label}-${seed}`,
            ...{ stream, label, method, seed, preset: row.preset ?? grid.preset },
            settings: [...grid.set, ...methodOf(method).settings, ...row.set],
            ...(order === undefined ? {} : { order }),
          });
        }
      }
    }
  }
  return runs;
}

/** A folder's name, or a stream's. */
const idOf = (stream: string) => stream.replace(/\/+$/, "").split("/").at(-1)!;

/** Said now, and not after the hours that the runs before it take. */
function checkKnobs({ preset, settings }: GridRun, where: string): void {
  try {
    resolveHyperparameters(preset, parseSettings([...settings, "gate=observe"]));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`${where}: ${error.message}`);
  }
}
