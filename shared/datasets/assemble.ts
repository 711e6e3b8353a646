/**
 * What a reader found -> one {@link Dataset} that can be trained on, and the notices about it.
 *
 * Stated rules: rewards and flags may be `[N]` or `[N, 1]`. Rows whose `mask` is 0 are padding. Where episodes end:
 * `episode_ends.ts`. Without next states, s' is the following row's state; at the end of an episode, where there is none,
 * it is the row's own state. The last row always ends an episode. Discrete actions become one-hot rows.
 * @module
 */
import { openRows, type Room, roomInMemory } from "./blocks/room.ts";
import { type Rows, visitBlocks } from "./blocks/block_rows.ts";
import type { Dataset, DatasetMetadata, DatasetRows, RawDataset } from "./dataset.ts";
import { inMemory } from "./dataset_rows.ts";
import { readActions } from "./discrete.ts";
import { checkEpisodes } from "./check_episodes.ts";
import { type Ends, recordedEnds } from "./episode_ends.ts";
import { inferEnds, judgeMarkedEnds } from "./inferred_ends.ts";
import { findResetRows, repairLastStates, resetNotice } from "./false_steps.ts";
import { flagsOf, rowsOf, type Unused, visitField } from "./field_rows.ts";
import { columnsOf, type Fields, findFields, keepRows, LIMITS, matrixShape, missing } from "./fields.ts";
import { readMetadata } from "./metadata.ts";
import type { Notice, ReadOptions } from "./notice.ts";
import { judgeOrder } from "./judge_order.ts";
import { judgePadding, type PaddedArrays, withoutPadding } from "./padding.ts";
import { judgePlausibility } from "./plausibility/plausibility.ts";
import { readRewards } from "./reward_rule.ts";
import { type Following, separateEnvironments } from "./row_order.ts";
import { leadsOn } from "./steps.ts";

/** A dataset, and what is implausible about it. */
export interface Judged {
  dataset: Dataset;
  notices: Notice[];
  /** Names in the file that nothing was read of. @default there are none */
  leftOut?: string[];
}

/** The same of a dataset that need not lie in memory. */
export interface JudgedRows extends Omit<Judged, "dataset"> {
  dataset: DatasetRows;
}

/**
 * Builds the dataset in memory; arrays are float32, flags 0 or 1.
 *
 * @param raw what a reader found
 * @param file name used in errors
 * @param options how the file is read
 * @returns the dataset, and what is implausible about it
 * @throws {DatasetError} for missing fields, shapes that disagree, values that cannot be used, rows in another
 *   order
 */
export function assemble(raw: RawDataset, file: string, options: ReadOptions = {}): Judged {
  const { dataset, notices } = assembleRows(raw, file, options, roomInMemory());
  return { dataset: inMemory(dataset), notices };
}

/**
 * Builds the dataset, as {@link assemble} does.
 *
 * @param raw what a reader has found
 * @param file named in errors
 * @param options how the file is read
 * @param room where its matrices are kept
 * @returns matrices as rows, and what is implausible about them
 * @throws {DatasetError} as {@link assemble}
 */
export function assembleRows(raw: RawDataset, file: string, options: ReadOptions, room: Room): JudgedRows {
  const metadata = readMetadata(raw.attributes, file);
  const notices: Notice[] = [...raw.notices ?? []];
  let fields = separateEnvironments(findFields(raw, file, room), options.environments ?? 1);
  fields = withoutPadding(fields, notices);
  let ends = recordedEnds(fields, raw);
  let { states, following, noNumbers } = statesOf(fields, ends);
  notices.push(...judgeOrder(fields, states, following, ends, options.environments ?? 1));
  notices.push(...inferEnds(fields, ends, states, following?.leadsOn, metadata.horizon));
  let rewards = options.reward === undefined ? readRewards(fields, raw) : undefined;
  const resets = findResetRows({ states, following, rewards }, ends, fields.cuts);
  if (resets.length > 0) {
    notices.push(resetNotice(fields, resets));
    ({ fields, ends } = withoutRows(fields, ends, resets));
    ({ states, following, noNumbers } = statesOf(fields, ends));
    rewards &&= readRewards(fields, raw);
  }
  if (ends.known && !following) notices.push(...judgeMarkedEnds(fields, states, ends, metadata.horizon));
  const mended = repairLastStates(
    fields,
    { states, following, rewards },
    ends,
    noNumbers,
    (rows) => writable(rows, room),
  );
  notices.push(...mended.notices);
  const parts = { states, next: mended.nextStates, rewards, ends, metadata, options, notices };
  const dataset = build(fields, raw, parts);
  const padding = judgePadding(fields, paddedArrays(dataset), ends);
  checkEpisodes(fields, ends, states, following, metadata.horizon, padding);
  if (padding) notices.push(padding);
  notices.push(...judgePlausibility(dataset, fields, padding === undefined));
  return { dataset, notices };
}

function paddedArrays({ states, actions, rewards, metadata }: DatasetRows): PaddedArrays {
  return { states, actions, discrete: metadata.discreteActions !== undefined, rewards };
}

interface Parts {
  states: Rows;
  next: Rows | undefined;
  rewards: Float32Array | undefined;
  ends: Ends;
  metadata: DatasetMetadata;
  options: ReadOptions;
  notices: Notice[];
}

function build(fields: Fields, raw: RawDataset, parts: Parts): DatasetRows {
  const { states, next, ends, metadata, options, notices } = parts;
  const { file, found, size, room } = fields;
  const actions = readActions(
    fields,
    found.actions ?? missing(raw, "actions", file),
    metadata.discreteActions,
  );
  notices.push(...actions.notices);
  return {
    states,
    actions: actions.values,
    rewards: parts.rewards ?? readRewards(fields, raw, options.reward),
    nextStates: next ?? followingStates(states, ends, room),
    terminals: ends.terminals,
    timeouts: ends.timeouts,
    ...successOf(fields),
    size,
    stateDim: states.columns,
    actionDim: actions.dim,
    metadata: {
      ...metadata,
      ...(actions.classes === undefined ? {} : { discreteActions: actions.classes }),
      ...(options.reward === undefined ? {} : { reward: options.reward }),
    },
  };
}

/** Flags of success a row; a field of that name that holds something else says nothing. */
function successOf(fields: Fields): { success?: Uint8Array } {
  const field = fields.found.success;
  const fileRows = fields.found.states!.shape[0]!;
  if (!field || field.shape[0] !== fileRows || field.data.length !== fileRows) return {};
  let isFlags = true;
  const inFile = { ...fields, size: fileRows };
  delete inFile.rows;
  visitField(
    inFile,
    field,
    1,
    (block) => isFlags = block.every((value: number) => value === 0 || value === 1),
  );
  return isFlags ? { success: flagsOf(fields, field) } : {};
}

/** States, and next states where the file has them. */
interface States {
  states: Rows;
  following: Following | undefined;
  /** Ends whose next state is not all numbers. */
  noNumbers: number[];
}

/** A terminal's next state is never used, and a cut episode's may be absent: neither has to be a number. */
function statesOf(fields: Fields, { terminals, timeouts }: Ends): States {
  const { file, found } = fields;
  const [, columns] = matrixShape(found.states!, file);
  const unused: Unused = {
    flags: terminals.map((terminal, row) => terminal || timeouts[row] ? 1 : 0),
    noNumbers: [],
  };
  let nextStates: Rows | undefined;
  if (found.nextStates) {
    columnsOf(fields, found.nextStates, columns);
    nextStates = rowsOf(fields, found.nextStates, columns, LIMITS.states, unused);
  }
  const states = rowsOf(fields, found.states!, columns, LIMITS.states);
  const following = nextStates && { nextStates, leadsOn: leadsOn(states, nextStates) };
  return { states, following, noNumbers: unused.noNumbers };
}

function withoutRows(fields: Fields, ends: Ends, rows: readonly number[]): { fields: Fields; ends: Ends } {
  const kept = new Int32Array(ends.terminals.length - rows.length);
  for (let row = 0, i = 0, dropped = 0; row < ends.terminals.length; row++) {
    if (rows[dropped] === row) dropped++;
    else kept[i++] = row;
  }
  const take = (flags: Uint8Array) => Uint8Array.from(kept, (row) => flags[row]!);
  const timeouts = take(ends.timeouts);
  const terminals = take(ends.terminals);
  if (!terminals.at(-1)) timeouts[timeouts.length - 1] = 1;
  return { fields: keepRows(fields, kept, new Set()), ends: { ...ends, terminals, timeouts } };
}

function followingStates(states: Rows, { terminals, timeouts }: Ends, room: Room): Rows {
  const { size, columns } = states;
  const writer = openRows(room, size, columns);
  visitBlocks(states, (from, to) => {
    const block = states.read(from, Math.min(size, to + 1));
    const next = block.slice(0, (to - from) * columns);
    for (let row = from; row < to && row + 1 < size; row++) {
      if (terminals[row] || timeouts[row]) continue;
      const at = (row - from) * columns;
      for (let i = at; i < at + columns; i++) next[i] = block[i + columns]!;
    }
    writer.add(next);
  });
  return writer.rows();
}

/** Rows that may be changed: a copy, where others may read the same numbers. */
function writable(rows: Rows, room: Room): Rows {
  if (rows.write) return rows;
  const writer = openRows(room, rows.size, rows.columns);
  visitBlocks(rows, (from, to) => writer.add(rows.read(from, to)));
  return writer.rows();
}
