/**
 * What a reader found -> one {@link Dataset} that can be trained on, and what is to be said of it.
 *
 * Stated rules: rewards and flags may be `[N]` or `[N, 1]`. Rows whose `mask` is 0 are padding. Where episodes end:
 * `episode_ends.ts`. Without next states, s' is the following row's state; at the end of an episode, where there is none,
 * it is the row's own state. The last row always ends an episode. Discrete actions become one-hot rows.
 * @module
 */
import { type Dataset, DatasetError, type DatasetMetadata, type RawDataset } from "./dataset.ts";
import { readActions } from "./discrete.ts";
import { checkEpisodes, type Ends, inferEnds, recordedEnds } from "./episode_ends.ts";
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
import { judgePlausibility } from "./plausibility.ts";
import { readRewards } from "./reward_rule.ts";
import { orderOf, separateEnvironments } from "./row_order.ts";

/** A dataset, and what is implausible about it. */
export interface Judged {
  dataset: Dataset;
  notices: Notice[];
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
  notices.push(...judgeOrder(fields, states, next, ends));
  notices.push(...inferEnds(fields, ends, states, next, metadata.horizon));
  const rewards = fields.found.rewards && floatsOf(fields, fields.found.rewards, 1, LIMITS.rewards);
  const resets = findResetRows({ states, nextStates: next, rewards }, ends);
  if (resets.length > 0) {
    notices.push(resetNotice(fields, resets));
    ({ fields, ends } = withoutRows(fields, ends, resets));
    next = nextStatesOf(fields, ends);
    states = statesOf(fields);
  }
  notices.push(...repairLastStates(fields, { states, nextStates: next, rewards }, ends));
  const dataset = build(fields, raw, { states, next, ends, metadata, options, notices });
  checkEpisodes(fields, ends, states, dataset.nextStates, metadata.horizon);
  notices.push(...judgePlausibility(dataset, fields));
  return { dataset, notices };
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
    ...(found.success ? { success: flagsOf(fields, found.success) } : {}),
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

/** Rows whose `mask` is 0 fill episodes up to a common length; they are left out. */
function withoutPadding(fields: Fields, notices: Notice[]): Fields {
  const { mask } = fields.found;
  if (!mask) return fields;
  const flags = flagsOf(fields, mask);
  const kept = Int32Array.from(flags.keys().filter((row) => flags[row] === 1));
  if (kept.length === fields.size) return fields;
  if (kept.length === 0) {
    throw new DatasetError({ file: fields.file, field: mask.name }, "mask is 0 everywhere: no row is left");
  }
  const cuts = new Set<number>();
  for (let i = 0; i < kept.length; i++) {
    if (fields.cuts.has(kept[i]!) || (i + 1 < kept.length && kept[i + 1] !== kept[i]! + 1)) cuts.add(i);
  }
  notices.push({
    code: "rows-padded",
    field: mask.name,
    row: flags.indexOf(0),
    message: `${
      fields.size - kept.length
    } of ${fields.size} rows have 0 in mask: they are taken for padding and left out`,
    advice: "nothing, if mask marks the true rows; else give it another name",
  });
  return keepRows(fields, kept, cuts);
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

function judgeOrder(
  fields: Fields,
  states: Float32Array,
  next: Float32Array | undefined,
  { terminals, timeouts, known }: Ends,
): Notice[] {
  const isEnd = terminals.map((terminal, row) => terminal || timeouts[row] ? 1 : 0);
  const order = orderOf(states, next, isEnd, states.length / fields.size);
  const field = fields.found.states!.name;
  if (order.kind === "interleaved") {
    throw new DatasetError(
      { file: fields.file, field },
      `the rows come from ${order.stride} environments in turn (the step after row i is row i + ${order.stride}): ` +
        `read them with --environments ${order.stride}, or write one episode after the other`,
    );
  }
  if (order.kind === "time") return [];
  const message =
    "the rows are not in the order of time: they look shuffled, so that returns over episodes mean nothing";
  if (known && next) throw new DatasetError({ file: fields.file, field }, `${message}; write them in order`);
  const advice = "write the rows in the order in which they happened, one episode after the other";
  return [{ code: "rows-out-of-order", field, message, advice }];
}

function followingStates(states: Float32Array, { terminals, timeouts }: Ends, columns: number): Float32Array {
  const next = states.slice();
  for (let row = 0; row + 1 < terminals.length; row++) {
    if (terminals[row] || timeouts[row]) continue;
    next.set(states.subarray((row + 1) * columns, (row + 2) * columns), row * columns);
  }
  return next;
}
