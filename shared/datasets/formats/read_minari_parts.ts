/**
 * Minari's folders of Arrow or Parquet files: a folder for each episode, `data/12/part-0.arrow`, with one row more than there are steps.
 * The last row holds the state after the last step, and nothing else that counts.
 * @module
 */
import { type ByteSource, valuesIn } from "@cugro/hdf5";
import { DatasetError, type RawArray, type RawDataset } from "../dataset.ts";
import { openArrow } from "./arrow/read_arrow.ts";
import { ArrowFault } from "./arrow/flatbuffer.ts";
import {
  addRows,
  arrayOf,
  besideEachOther,
  type Matrix,
  nextOf,
  NO_ROWS,
  openStack,
  type Stack,
  widthOf,
} from "./matrix.ts";
import { readParquet } from "./read_parquet.ts";

/** One file of an episode. */
export interface EpisodePart {
  /** Number of the episode. */
  episode: number;
  name: string;
  /** Opens it. */
  take(): ByteSource;
}

const PART = /(?:^|\/)data\/(\d{1,9})\/([^/]+)\.(arrow|parquet)$/;
/** Field of an episode -> what it is in a dataset; that of the states has a row more. */
const FIELDS = ["observations", "actions", "rewards", "terminations", "truncations"];
const STATES = "observations";

/**
 * What a file's path says; undefined for files that belong to no episode.
 *
 * @param path in the archive or folder
 * @returns number of the episode
 */
export function episodeOfPath(path: string): number | undefined {
  const [, episode] = PART.exec(path) ?? [];
  return episode === undefined ? undefined : Number(episode);
}

/**
 * Paths of an archive's or folder's parts, episode by episode, each in the order of its files.
 *
 * @param paths others are left out
 * @returns the same paths
 */
export function inEpisodeOrder(paths: readonly string[]): string[] {
  return paths.filter((path) => episodeOfPath(path) !== undefined).sort((a, b) =>
    episodeOfPath(a)! - episodeOfPath(b)! || a.localeCompare(b, "en", { numeric: true })
  );
}

/** The columns of one file. */
interface Table {
  names: readonly string[];
  read(columns: readonly string[]): Matrix[];
}

function openPart({ name, take }: EpisodePart, file: string, budget: { left: number }): Table {
  const source = take();
  const place = { file: `${file}/${name}` };
  return name.endsWith(".parquet")
    ? parquetTable(source, place.file)
    : arrowTable(source.read(0, source.size), place, budget);
}

function parquetTable(source: ByteSource, file: string): Table {
  return {
    names: readParquet(source, file, new Set()).present ?? [],
    read(columns) {
      const { arrays } = readParquet(source, file, new Set(columns));
      return columns.map((field): Matrix => {
        const { shape, data, integer = false } = arrays[field]!;
        const width = widthOf(shape);
        if (width === undefined) throw new DatasetError({ file, field }, NO_ROWS);
        return { rows: shape[0] ?? 0, width, data, integer };
      });
    },
  };
}

function arrowTable(bytes: Uint8Array, place: { file: string }, budget: { left: number }): Table {
  const faultsOf = <T>(act: () => T, field?: string): T => {
    try {
      return act();
    } catch (cause) {
      if (!(cause instanceof ArrowFault)) throw cause;
      throw new DatasetError({ ...place, ...field === undefined ? {} : { field } }, cause.message, { cause });
    }
  };
  const opened = faultsOf(() => openArrow(bytes));
  return {
    names: opened.names,
    read: (columns) =>
      columns.map((field) => {
        const batches = faultsOf(() => opened.read(field, budget), field);
        return batches.length === 1 ? batches[0]! : joined(batches, { ...place, field });
      }),
  };
}

function joined(parts: readonly Matrix[], place: { file: string; field: string }): Matrix {
  const stack = openStack();
  for (const part of parts) addRows(stack, part, place);
  const { shape: [rows = 0, width = 1], data, integer = false } = arrayOf(stack);
  return { rows, width, data, integer };
}

/**
 * Reads the wanted arrays, episode by episode.
 *
 * @param parts in the order of {@link inEpisodeOrder}
 * @param file named in errors
 * @param wanted names of arrays, and of further fields: columns, also inside of others (`observations/position`)
 * @param budget bytes that may still be unpacked
 * @returns arrays of all episodes, one behind the other
 * @throws {DatasetError} naming file and column
 */
export function readMinariParts(
  parts: readonly EpisodePart[],
  file: string,
  wanted: ReadonlySet<string>,
  budget: { left: number },
): RawDataset {
  const episodes = [...Map.groupBy(parts, ({ episode }) => episode)];
  const { names } = openPart(parts[0]!, file, budget);
  const fields = fieldsIn(names, wanted);
  for (const field of ["actions", ...fields.has(STATES) ? [STATES] : []]) {
    if (columnsOf(names, field).length > 0) continue;
    throw new DatasetError(
      { file, field },
      `the column is missing; columns present are ${names.slice(0, 40).join(", ")}`,
    );
  }
  const tables = episodes.map(([episode, own]) => readEpisode(own, { file, episode, fields, budget }));
  const stacks: Record<string, Stack> = {};
  for (const [i, { place, matrices, rows }] of tables.entries()) {
    const ids: Matrix = { rows, width: 1, data: new Float64Array(rows).fill(i), integer: true };
    for (const [field, matrix] of [["episode_id", ids] as const, ...matrices]) {
      const at = { file: place, field };
      addRows(
        stacks[field] ??= openStack(matrix.width === 1 && field !== STATES),
        matrix,
        at,
        0,
        rows - 1,
      );
      if (field !== STATES && FIELDS.includes(field)) continue;
      const next = field === STATES ? "next_observations" : nextOf(field);
      addRows(stacks[next] ??= openStack(), matrix, at, 1, rows);
    }
  }
  const arrays: Record<string, RawArray> = {};
  for (const [field, stack] of Object.entries(stacks)) arrays[field] = arrayOf(stack);
  return { arrays, attributes: {}, present: names, origin: "a Minari dataset" };
}

/** Field -> the columns that it is made of. Roles that a map stands for are not wanted, and left out. */
function fieldsIn(names: readonly string[], wanted: ReadonlySet<string>): Map<string, string[]> {
  const own = FIELDS.filter((field) => wanted.has(field));
  const further = [...wanted].filter((name) =>
    name.includes("/") || name.includes(".") || !FIELDS.includes(name)
  );
  const found = [...own, ...further].map((field) => [field, columnsOf(names, field)] as const);
  return new Map(
    found.filter(([, columns]) => columns.length > 0).map(([field, columns]) => [field, columns]),
  );
}

/** A column, or those inside of it: a dict's in the order of their names, a tuple's by number. */
function columnsOf(names: readonly string[], field: string): string[] {
  const path = field.replaceAll("/", ".");
  if (names.includes(path)) return [path];
  const inside = names.filter((name) => name.startsWith(`${path}.`)).map((name) =>
    name.slice(path.length + 1).split(".")
  );
  const order = (a: string, b: string) =>
    /^\d+$/.test(a) && /^\d+$/.test(b) ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0;
  const sorted = inside.toSorted((a, b) => {
    const at = a.findIndex((name, i) => name !== b[i]);
    return at < 0 ? 0 : order(a[at]!, b[at] ?? "");
  });
  return sorted.map((steps) => [path, ...steps].join("."));
}

interface Episode {
  place: string;
  rows: number;
  matrices: [string, Matrix][];
}

function readEpisode(
  parts: readonly EpisodePart[],
  { file, episode, fields, budget }: {
    file: string;
    episode: number;
    fields: ReadonlyMap<string, string[]>;
    budget: { left: number };
  },
): Episode {
  const place = `${file}/data/${episode}`;
  const tables = parts.map((part) => openPart(part, file, budget));
  const matrices = [...fields].map(([field, columns]): [string, Matrix] => {
    const lacking = columns.find((column) => tables.some(({ names }) => !names.includes(column)));
    if (lacking !== undefined) {
      throw new DatasetError(
        { file: place, field: lacking },
        "the column is missing, and other episodes have it",
      );
    }
    const pieces = tables.map((table) => besideEachOther(table.read(columns)));
    return [field, pieces.length === 1 ? pieces[0]! : joined(pieces, { file: place, field })];
  });
  const rows = matrices[0]?.[1].rows ?? 0;
  for (const [field, { data }] of matrices) {
    const { length, type } = valuesIn(data);
    budget.left -= length * new type(0).BYTES_PER_ELEMENT;
    if (budget.left >= 0) continue;
    throw new DatasetError(
      { file: place, field },
      "it unpacks to more bytes than a file of this size may hold",
    );
  }
  if (rows < 2) throw new DatasetError({ file: place }, "the episode has no steps: leave it out");
  return { place, rows, matrices };
}
