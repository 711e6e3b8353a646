/**
 * Where episodes end, and how that is known.
 *
 * In this order: flags of time limits; a change of the episode's id; a list of ends; next states that are not the
 * following row's; a horizon. Where a file has none of these, only terminals end an episode, and that is said.
 * @module
 */
import { DatasetError } from "./dataset.ts";
import { type Field, type Fields, flagsOf, missing, placeOf, valuesOf } from "./fields.ts";
import type { Notice } from "./notice.ts";
import { sameState } from "./row_order.ts";

/** Flags of both kinds of end, `[N]` each, and whether anything in the file tells of time limits. */
export interface Ends {
  terminals: Uint8Array;
  timeouts: Uint8Array;
  known: boolean;
}

/** Rows that end an episode by the file's own fields. @throws {DatasetError} where terminals cannot be told */
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
  const dones = found.dones && flagsOf(fields, found.dones);
  if (found.terminals) {
    const terminals = flagsOf(fields, found.terminals);
    const fromDones = found.timeouts ? undefined : dones?.map((done, row) => done && !terminals[row] ? 1 : 0);
    return { terminals, fromDones };
  }
  if (!dones || !found.dones) return missing(raw, "terminals", file);
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

/** 1 at rows whose episode has another id than the next row's. */
function changesOf(fields: Fields, ids: Field): Uint8Array {
  const values = valuesOf(fields, ids, 1);
  return Uint8Array.from(
    { length: fields.size },
    (_, row) => row + 1 < fields.size && values[row] !== values[row + 1] ? 1 : 0,
  );
}

/** 1 at the last rows of a list of ends: each the row after an episode's last, the last of them the number of rows. */
function listedEnds(fields: Fields, ends: Field): Uint8Array {
  const flags = new Uint8Array(fields.size);
  let before = 0;
  const rowOf = fields.rows ? new Map([...fields.rows].map((fileRow, row) => [fileRow, row])) : undefined;
  for (const [i, end] of ends.data.entries()) {
    if (!(Number.isInteger(end) && end > before && end <= fields.found.states!.shape[0]!)) {
      const place = { file: fields.file, field: ends.name, row: i, value: end };
      throw new DatasetError(place, "ends must be whole numbers that rise up to the number of rows");
    }
    before = end;
    const row = rowOf ? rowOf.get(end - 1) : end - 1;
    if (row !== undefined) flags[row] = 1;
  }
  return flags;
}

/**
 * Adds the ends that follow from next states and horizon.
 *
 * @returns what is to be said where nothing tells
 */
export function inferEnds(
  fields: Fields,
  ends: Ends,
  states: Float32Array,
  nextStates: Float32Array | undefined,
  horizon: number | undefined,
): Notice[] {
  if (ends.known) return [];
  const { terminals, timeouts } = ends;
  const columns = states.length / fields.size;
  let length = 0;
  for (let row = 0; row + 1 < fields.size; row++) {
    length++;
    const jumps = nextStates !== undefined && !sameState(nextStates, row, states, row + 1, columns);
    if (!terminals[row] && (jumps || length >= (horizon ?? Infinity))) timeouts[row] = 1;
    if (terminals[row] || timeouts[row]) length = 0;
  }
  return nextStates !== undefined || horizon !== undefined ? [] : [{
    code: "episode-ends-unknown",
    field: "timeouts",
    message:
      "nothing tells where an episode was cut: there are no timeouts, no next_observations and no horizon, " +
      `so that ${terminals.includes(1) ? "only terminals end an episode" : "all rows count as one episode"}`,
    advice:
      "write timeouts (1 at the last row of each episode that was cut), next_observations, episode_id, or the " +
      "attribute horizon",
  }];
}

/** Refuses episodes that are longer than the horizon, and rows that are no successors inside one. */
export function checkEpisodes(
  fields: Fields,
  { terminals, timeouts }: Ends,
  states: Float32Array,
  nextStates: Float32Array,
  horizon = Infinity,
): void {
  const columns = states.length / fields.size;
  let length = 0;
  for (let row = 0; row < fields.size; row++) {
    length++;
    if (length > horizon) {
      throw new DatasetError(
        placeOf(fields, { ...fields.found.states!, name: "timeouts" }, row, undefined, length),
        `an episode is longer than the horizon of ${horizon} steps; mark its end in terminals or timeouts`,
      );
    }
    if (terminals[row] || timeouts[row]) length = 0;
    else if (!sameState(nextStates, row, states, row + 1, columns)) {
      throw brokenStep(fields, states, nextStates, row);
    }
  }
}

function brokenStep(
  fields: Fields,
  states: Float32Array,
  nextStates: Float32Array,
  row: number,
): DatasetError {
  const columns = states.length / fields.size;
  const field = fields.found.nextStates ?? fields.found.states!;
  for (let column = 0; column < columns; column++) {
    const value = nextStates[row * columns + column]!;
    const following = states[(row + 1) * columns + column]!;
    if (Math.abs(value - following) <= 1e-5 * (1 + Math.abs(value))) continue;
    return new DatasetError(
      placeOf(fields, field, row, column, value),
      `the next row starts at ${following} although the episode goes on; mark the end of the episode in timeouts, or mend the next state`,
    );
  }
  return new DatasetError(placeOf(fields, field, row), "the next state is not the following row's state");
}
