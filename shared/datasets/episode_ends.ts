/**
 * Where episodes end, and how that is known.
 * In this order: flags of time limits; a change of the episode's id; a list of ends; next states that are not the
 * following row's; a horizon. Where a file has none of these, only terminals end an episode, and a notice says so.
 * @module
 */
import { valuesIn } from "@cugro/hdf5";
import { visitBlocks } from "./blocks/block_rows.ts";
import { DatasetError } from "./dataset.ts";
import { columnOf, flagsOf, visitField } from "./field_rows.ts";
import { columnsOf, type Field, type Fields, missing, placeOf } from "./fields.ts";
import { countDifferent } from "./plausibility/row_keys.ts";

/** Flags of both kinds of end, `[N]` each, and whether anything in the file tells of time limits. */
export interface Ends {
  terminals: Uint8Array;
  timeouts: Uint8Array;
  known: boolean;
}

/**
 * Rows that end an episode by the file's own fields.
 * @param fields of the file
 * @param raw what a reader has found, for the error
 * @returns flags `[N]`, and whether anything tells where episodes were cut
 * @throws {DatasetError} where terminals cannot be determined
 */
export function recordedEnds(fields: Fields, raw: Parameters<typeof missing>[0]): Ends {
  const { found, size, cuts } = fields;
  const { terminals, fromDones } = terminalsOf(fields, raw);
  const timeouts = found.timeouts ? flagsOf(fields, found.timeouts) : fromDones ?? new Uint8Array(size);
  const known = found.timeouts !== undefined || fromDones !== undefined;
  const byId = found.episodeIds && changesOf(fields, found.episodeIds);
  const byList = found.episodeEnds && listedEnds(fields, found.episodeEnds);
  for (let row = 0; row < size; row++) {
    const cut = cuts.has(row) || byId?.[row] || byList?.[row];
    if (cut && !terminals[row]) timeouts[row] = 1;
  }
  // A row that ended by itself needs no time limit.
  for (let row = 0; row < size; row++) if (terminals[row]) timeouts[row] = 0;
  if (!terminals[size - 1]) timeouts[size - 1] = 1;
  return { terminals, timeouts, known: known || byId !== undefined || byList !== undefined };
}

function terminalsOf(fields: Fields, raw: Parameters<typeof missing>[0]) {
  const { found, file } = fields;
  const needed = !found.terminals || !found.timeouts;
  const dones = found.dones && needed ? flagsOf(fields, found.dones) : undefined;
  if (found.terminals) {
    const terminals = flagsOf(fields, found.terminals);
    const fromDones = found.timeouts ? undefined : dones?.map((done, row) => done && !terminals[row] ? 1 : 0);
    return { terminals, fromDones };
  }
  if (!dones || !found.dones) return missing(raw, "terminals", file, "", withoutTerminals(found));
  if (!found.timeouts) {
    throw new DatasetError(
      { file, field: found.dones.name },
      "dones do not tell episodes that ended by themselves from those that were cut at a time limit: " +
        "write terminals and timeouts, or timeouts beside them",
    );
  }
  const timeouts = flagsOf(fields, found.timeouts);
  return { terminals: dones.map((done, row) => done && !timeouts[row] ? 1 : 0), fromDones: undefined };
}

/** Advice where no episode terminates: a file without terminals does not say whether that is so. */
function withoutTerminals({ timeouts, episodeIds, episodeEnds, nextStates }: Fields["found"]): string {
  const marks = timeouts ?? episodeIds ?? episodeEnds;
  const zeros = "; where no episode ends by itself, write terminals that are 0 in every row";
  if (marks) return `${zeros}: ${marks.name} says where episodes are cut`;
  const others = nextStates ? "" : ", or next_observations";
  return `${zeros}, and where episodes are cut: timeouts (1 at the last row of each), episode_id${others}, or, where all ` +
    "have one length, the attribute horizon; dones do beside timeouts";
}

/**
 * 1 at rows whose episode has another id than the next row's.
 * @throws {DatasetError} for ids that are no numbers, and that do not hold rows together
 */
function changesOf(fields: Fields, ids: Field): Uint8Array {
  columnsOf(fields, ids, 1);
  const { size, file } = fields;
  const changes = new Uint8Array(size);
  let changed = 0, before = NaN;
  visitField(fields, ids, 1, (block, from) => {
    for (let i = 0; i < block.length; i++) {
      const id = block[i]!;
      if (!Number.isFinite(id)) {
        throw new DatasetError(
          placeOf(fields, ids, from + i, undefined, id),
          "an episode's id must be a number: number the episodes",
        );
      }
      if (from + i > 0 && id !== before) changes[from + i - 1] = 1, changed++;
      before = id;
    }
  });
  if (changed < size / 2 || changed < FEWEST_CHANGES) return changes;
  const different = countDifferent(Float64Array.from(columnOf(fields, ids)));
  const place = { file, field: ids.name };
  if (different < changed / 2) {
    throw new DatasetError(
      place,
      `the ids of ${different} episodes come in turn, row by row: write one episode after the other, or read rows of ` +
        "several environments in turn with --environments",
    );
  }
  if (different === size && !allEnd(fields)) {
    throw new DatasetError(
      place,
      "the id is another in every row, so that each would be an episode of one step: write the same id in all rows of " +
        "an episode, or leave the field out",
    );
  }
  return changes;
}

const FEWEST_CHANGES = 8;

/** Whether every row is marked as the end of an episode. */
function allEnd(fields: Fields): boolean {
  const flags = fields.found.terminals ?? fields.found.dones;
  return flags !== undefined && columnOf(fields, flags).every((value: number) => value === 1);
}

/** 1 at the last rows of a list of ends: each the row after an episode's last, the last of them the number of rows. */
function listedEnds(fields: Fields, ends: Field): Uint8Array {
  const flags = new Uint8Array(fields.size);
  let before = 0;
  const fileRows = fields.found.states!.shape[0]!;
  const rowOf = fields.rows && placesOf(fields.rows, fileRows);
  const addEnd = (end: number, i: number) => {
    if (!(Number.isInteger(end) && end > before && end <= fileRows)) {
      const place = { file: fields.file, field: ends.name, row: i, value: end };
      throw new DatasetError(place, "ends must be whole numbers that rise up to the number of rows");
    }
    before = end;
    const row = rowOf ? rowOf[end - 1]! : end - 1;
    if (row >= 0) flags[row] = 1;
  };
  const values = valuesIn(ends.data);
  visitBlocks({ size: values.length, blockRows: 2 ** 16 }, (from, to) => {
    values.read(from, to).forEach((end: number, i: number) => addEnd(end, from + i));
  });
  return flags;
}

/** Where each row of the file is among those that are used; -1: nowhere. */
function placesOf(rows: Int32Array, fileRows: number): Int32Array {
  const places = new Int32Array(fileRows).fill(-1);
  rows.forEach((fileRow, row) => places[fileRow] = row);
  return places;
}
