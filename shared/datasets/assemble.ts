/**
 * What a reader found -> one {@link Dataset} that can be trained on, and what is to be said of it.
 *
 * Stated rules: rewards and flags may be `[N]` or `[N, 1]`. Rows whose `mask` is 0 are padding. Where episodes end:
 * `episode_ends.ts`. Without next states, s' is the following row's state; at the end of an episode, where there is none,
 * it is the row's own state. The last row always ends an episode. Discrete actions become one-hot rows.
 * @module
 */
import { type Dataset, type DatasetMetadata, type RawDataset } from "./dataset.ts";
import { readActions } from "./discrete.ts";
import { checkEpisodes } from "./check_episodes.ts";
import { type Ends, inferEnds, judgeMarkedEnds, recordedEnds } from "./episode_ends.ts";
import { findResetRows, repairLastStates, resetNotice } from "./false_steps.ts";
import {
  columnsOf,
  type Fields,
  findFields,
  flagsOf,
  floatsOf,
  keepRows,
  LIMITS,
  matrixShape,
  missing,
} from "./fields.ts";
import { readMetadata } from "./metadata.ts";
import type { Notice, ReadOptions } from "./notice.ts";
import { judgeOrder } from "./judge_order.ts";
import { judgePadding, type PaddedArrays, withoutPadding } from "./padding.ts";
import { judgePlausibility } from "./plausibility.ts";
import { readRewards } from "./reward_rule.ts";
import { separateEnvironments } from "./row_order.ts";

/** A dataset, and what is implausible about it. */
export interface Judged {
  dataset: Dataset;
  notices: Notice[];
  /** Names in the file that nothing was read of. @default there are none */
  leftOut?: string[];
}

/**
 * Builds the dataset; arrays are float32, flags 0 or 1.
 *
 * @param raw what a reader found
 * @param file name used in errors
 * @throws {DatasetError} for missing fields, shapes that disagree, values that cannot be used, rows in another order
 */
export function assemble(raw: RawDataset, file: string, options: ReadOptions = {}): Judged {
  const metadata = readMetadata(raw.attributes, file);
  const notices: Notice[] = [...raw.notices ?? []];
  let fields = separateEnvironments(findFields(raw, file), options.environments ?? 1);
  fields = withoutPadding(fields, notices);
  let ends = recordedEnds(fields, raw);
  let next = nextStatesOf(fields, ends);
  let states = statesOf(fields);
  notices.push(...judgeOrder(fields, states, next, ends, options.environments ?? 1));
  notices.push(...inferEnds(fields, ends, states, next, metadata.horizon));
  const rewards = options.reward === undefined ? readRewards(fields, raw) : undefined;
  const resets = findResetRows({ states, nextStates: next, rewards }, ends, fields.cuts);
  if (resets.length > 0) {
    notices.push(resetNotice(fields, resets));
    ({ fields, ends } = withoutRows(fields, ends, resets));
    next = nextStatesOf(fields, ends);
    states = statesOf(fields);
  }
  if (ends.known && !next) notices.push(...judgeMarkedEnds(fields, states, ends, metadata.horizon));
  notices.push(...repairLastStates(fields, { states, nextStates: next, rewards }, ends));
  const dataset = build(fields, raw, { states, next, ends, metadata, options, notices });
  const padding = judgePadding(fields, paddedArrays(dataset), ends);
  checkEpisodes(fields, ends, states, dataset.nextStates, metadata.horizon, padding);
  if (padding) notices.push(padding);
  notices.push(...judgePlausibility(dataset, fields, padding === undefined));
  return { dataset, notices };
}

function paddedArrays({ states, actions, actionDim, rewards, metadata }: Dataset): PaddedArrays {
  return { states, actions, actionDim, discrete: metadata.discreteActions !== undefined, rewards };
}

interface Parts {
  states: Float32Array;
  next: Float32Array | undefined;
  ends: Ends;
  metadata: DatasetMetadata;
  options: ReadOptions;
  notices: Notice[];
}

function build(fields: Fields, raw: RawDataset, parts: Parts): Dataset {
  const { states, next, ends, metadata, options, notices } = parts;
  const { file, found, size } = fields;
  const actions = readActions(
    fields,
    found.actions ?? missing(raw, "actions", file),
    metadata.discreteActions,
  );
  notices.push(...actions.notices);
  const rewards = readRewards(fields, raw, options.reward);
  return {
    states,
    actions: actions.values,
    rewards,
    nextStates: next ?? followingStates(states, ends, states.length / size),
    terminals: ends.terminals,
    timeouts: ends.timeouts,
    ...successOf(fields),
    size,
    stateDim: states.length / size,
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
  if (!field || field.shape[0] !== fields.found.states!.shape[0] || field.data.length !== field.shape[0]) {
    return {};
  }
  const isFlags = field.data.every((value: number) => value === 0 || value === 1);
  return isFlags ? { success: flagsOf(fields, field) } : {};
}

function statesOf(fields: Fields): Float32Array {
  const field = fields.found.states!;
  return floatsOf(fields, field, matrixShape(field, fields.file)[1], LIMITS.states);
}

/** A terminal's next state is never used, and a cut episode's may be absent: neither has to be a number. */
function nextStatesOf(fields: Fields, { terminals, timeouts }: Ends): Float32Array | undefined {
  const field = fields.found.nextStates;
  if (!field) return undefined;
  const columns = columnsOf(fields, field, matrixShape(fields.found.states!, fields.file)[1]);
  const unused = terminals.map((terminal, row) => terminal || timeouts[row] ? 1 : 0);
  return floatsOf(fields, field, columns, LIMITS.states, unused);
}

function withoutRows(fields: Fields, ends: Ends, rows: readonly number[]): { fields: Fields; ends: Ends } {
  const dropped = new Set(rows);
  const kept = Int32Array.from(ends.terminals.keys().filter((row) => !dropped.has(row)));
  const take = (flags: Uint8Array) => Uint8Array.from(kept, (row) => flags[row]!);
  const timeouts = take(ends.timeouts);
  const terminals = take(ends.terminals);
  if (!terminals.at(-1)) timeouts[timeouts.length - 1] = 1;
  return { fields: keepRows(fields, kept, new Set()), ends: { ...ends, terminals, timeouts } };
}

function followingStates(states: Float32Array, { terminals, timeouts }: Ends, columns: number): Float32Array {
  const next = states.slice();
  for (let row = 0; row + 1 < terminals.length; row++) {
    if (terminals[row] || timeouts[row]) continue;
    next.set(states.subarray((row + 1) * columns, (row + 2) * columns), row * columns);
  }
  return next;
}
