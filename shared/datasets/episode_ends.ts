/**
 * Where episodes end, and how that is known.
 * In this order: flags of time limits; a change of the episode's id; a list of ends; next states that are not the
 * following row's; a horizon. Where a file has none of these, only terminals end an episode, and that is said.
 * @module
 */
import { valuesIn } from "@cugro/hdf5";
import { type Rows, visitBlocks } from "./blocks/rows.ts";
import { DatasetError } from "./dataset.ts";
import { columnOf, flagsOf, visitField } from "./field_rows.ts";
import { columnsOf, type Field, type Fields, missing, placeOf } from "./fields.ts";
import { otherHorizon } from "./horizon_doubt.ts";
import type { Notice } from "./notice.ts";
import { judgeJumps } from "./doubtful_ends.ts";
import { countDifferent } from "./row_keys.ts";

/** Flags of both kinds of end, `[N]` each, and whether anything in the file tells of time limits. */
export interface Ends {
  terminals: Uint8Array;
  timeouts: Uint8Array;
  known: boolean;
}

/**
 * Rows that end an episode by the file's own fields.
 * @throws {DatasetError} where terminals cannot be told
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

/** What to write where no episode ends by itself: a file with no terminals does not say whether that is so. */
function withoutTerminals({ timeouts, episodeIds, episodeEnds, nextStates }: Fields["found"]): string {
  const told = timeouts ?? episodeIds ?? episodeEnds;
  const zeros = "; where no episode ends by itself, write terminals that are 0 in every row";
  if (told) return `${zeros}: ${told.name} says where episodes are cut`;
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

/** Whether every row is said to end an episode by itself. */
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

/**
 * Adds the ends that follow from next states and horizon.
 * @returns the notices where nothing in the file tells
 */
export function inferEnds(
  fields: Fields,
  ends: Ends,
  states: Rows,
  leadsOn: Uint8Array | undefined,
  horizon: number | undefined,
): Notice[] {
  const { terminals, timeouts } = ends;
  if (ends.known) return [];
  let jumps = 0, ledOn = 0, ended = 0;
  for (let row = 0; leadsOn && row + 1 < fields.size; row++) {
    const goesOn = leadsOn[row] === 1;
    if (terminals[row]) {
      ended++;
      if (goesOn) ledOn++;
    } else if (!goesOn) {
      timeouts[row] = 1;
      jumps++;
    }
  }
  if (jumps > 0 || terminals.every((terminal) => terminal === 1)) return [];
  if (horizon !== undefined) {
    cutAt(horizon, ends);
    return leadsOn ? [] : judgeHorizon(fields, states, ends, horizon);
  }
  if (!leadsOn) {
    return [endsUnknown(terminals, "there are no timeouts, no next_observations and no horizon")];
  }
  // Next states that lead from one episode into the next show no cut.
  return ended > 0 && ledOn < 0.9 * ended ? [] : [
    endsUnknown(
      terminals,
      "there are no timeouts, and next_observations go on from the first row to the last",
    ),
  ];
}

function judgeHorizon(fields: Fields, states: Rows, ends: Ends, horizon: number): Notice[] {
  const other = ends.terminals.includes(1) ? undefined : otherHorizon(states, horizon);
  if (other === undefined) return judgeJumps(fields, states, ends, true);
  return [{
    code: "episode-ends-unknown",
    field: "@horizon",
    message:
      `the horizon is ${horizon}, but the states jump after every ${other} rows, as if episodes were cut there`,
    advice:
      "put the attribute horizon right, or write timeouts (1 at the last row of each episode that was cut)",
  }];
}

function cutAt(horizon: number, { terminals, timeouts }: Ends): void {
  let length = 0;
  for (let row = 0; row < terminals.length; row++) {
    length = terminals[row] ? 0 : length + 1;
    if (length < horizon) continue;
    timeouts[row] = 1;
    length = 0;
  }
}

/** Marked ends without next states: flags that mark nothing at all, and flags that the states contradict. */
export function judgeMarkedEnds(
  fields: Fields,
  states: Rows,
  ends: Ends,
  horizon?: number,
): Notice[] {
  const marksNone = !ends.timeouts.subarray(0, -1).includes(1) && !ends.terminals.includes(1);
  const lastIsMarked = fields.found.timeouts && columnOf(fields, fields.found.timeouts).at(-1) === 1;
  if (marksNone && !lastIsMarked && horizon === undefined && !fields.found.episodeIds) {
    return [
      endsUnknown(
        ends.terminals,
        "timeouts are 0 everywhere, and there are no next_observations and no horizon",
      ),
    ];
  }
  return judgeJumps(fields, states, ends, false);
}

function endsUnknown(terminals: Uint8Array, why: string): Notice {
  return {
    code: "episode-ends-unknown",
    field: "timeouts",
    message: `nothing tells where an episode was cut: ${why}, so that ${
      terminals.includes(1) ? "only terminals end an episode" : "all rows count as one episode"
    }`,
    advice:
      "write timeouts (1 at the last row of each episode that was cut), next_observations (the state that each step led " +
      "to, not the first one after a reset), episode_id, or the attribute horizon",
  };
}
