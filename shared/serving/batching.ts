/**
 * Requests that come together are one call of the policy. Each is answered as it would be alone: its noise is its own.
 * No caller waits for another's long request: each waiting caller gets a share of every batch.
 * @module
 */
import { setImmediate } from "node:timers/promises";
import type { WayOfActing } from "@cugro/algorithm";
import { sleep } from "@cugro/async";
import type { NoiseOf, RunningPolicy } from "./running_policy.ts";

/**
 * Batch sizes that are compiled for the sampler. A batch is the size that costs least for the rows that wait, so that no caller pays for
 * padding: a decision takes about 5 ms for 1 row, 11 for 4, 50 for 20 (default preset, one core).
 */
export const BATCH_ROWS = [1, 4, 20] as const;

/**
 * Rows that the sampler takes when this many wait.
 * @param waiting rows of all requests that wait
 * @returns 1, 4 or 20: the sizes that a sampler is compiled for
 */
export function batchRows(waiting: number): number {
  if (waiting >= 17) return 20;
  return waiting >= 3 ? 4 : 1;
}

/** Rows of one request, and how far they are. */
interface Asker {
  id: number;
  task: number;
  /** Undefined: as the policy acts in the task. */
  acting: WayOfActing | undefined;
  seed: number;
  states: Float32Array;
  rows: number;
  /** Given to a call; such rows are always the first. */
  taken: number;
  answered: number;
  actions: Float32Array;
  settled: boolean;
  resolve(actions: Float32Array): void;
  reject(error: unknown): void;
}

/** The call that a batch becomes, and the bounds on rows and requests. */
export interface BatcherOptions {
  policy: RunningPolicy;
  stateDim: number;
  actionDim: number;
  /** After a pause the first request waits this long (ms) for others to join it; 0: for those that have come already. */
  windowMs: number;
  /** Called after each batch: its requests and rows, and how long the call took. */
  onBatch?: ((batch: { requests: number; rows: number; milliseconds: number }) => void) | undefined;
}

/** Asks one policy, for many. */
export interface Batcher {
  /**
   * Actions `[n * A]` for states `[n * S]`; rejects with the signal's reason once it is aborted.
   */
  act(
    request: {
      task: number;
      seed: number;
      states: Float32Array;
      acting?: WayOfActing | undefined;
      signal?: AbortSignal | undefined;
    },
  ): Promise<Float32Array>;
}

/**
 * Makes a batcher: requests that wait together share one call, each with a fair part of it.
 * @param options the policy, and `windowMs`: how long the first request waits for others
 * @returns `act` rejects with the reason of its signal once that is aborted
 */
export function createBatcher(options: BatcherOptions): Batcher {
  /** Who waits, by task and way of acting; these take turns. */
  const queues: Queues = new Map();
  let lastId = 0;
  const { policy } = options;
  const most = policy.callsAtOnce ?? 1;
  let underWay = 0;
  let isBeginning = false;
  const pump = () => {
    while (underWay < most) {
      const turn = takeTurn(queues, policy);
      if (!turn) return;
      underWay++;
      void decide(options, turn).then(() => {
        underWay--;
        pump();
      });
    }
  };
  const begin = async () => {
    isBeginning = true;
    // What has come in this turn of the event loop is one call.
    await (options.windowMs > 0 ? sleep(options.windowMs) : setImmediate());
    isBeginning = false;
    pump();
  };
  return {
    act: (request) =>
      new Promise((resolve, reject) => {
        if (request.signal?.aborted) return reject(request.signal.reason);
        const asker = openAsker(options, ++lastId, request, { resolve, reject });
        const key = keyOf(asker);
        const line = queues.get(key);
        if (line) line.push(asker);
        else queues.set(key, [asker]);
        if (!isBeginning && underWay < most) void begin();
      }),
  };
}

function openAsker(
  { policy, stateDim, actionDim }: BatcherOptions,
  id: number,
  { task, seed, states, acting, signal }: Parameters<Batcher["act"]>[0],
  { resolve, reject }: { resolve: (actions: Float32Array) => void; reject: (error: unknown) => void },
): Asker {
  const rows = states.length / stateDim;
  const settle = (end: () => void) => {
    if (asker.settled) return;
    asker.settled = true;
    signal?.removeEventListener("abort", onAbort);
    if (asker.answered < rows) policy.forget(id);
    end();
  };
  const actions = new Float32Array(rows * actionDim);
  // Without a spread, which costs more than the rest of this function.
  const asker: Asker = {
    id,
    task,
    acting,
    seed,
    states,
    rows,
    taken: 0,
    answered: 0,
    actions,
    settled: false,
    resolve: (actions) => settle(() => resolve(actions)),
    reject: (error) => settle(() => reject(error)),
  };
  const onAbort = () => asker.reject(signal!.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  return asker;
}

/** Rows of one call have one task and one way of acting. */
type Queues = Map<string, Asker[]>;

function keyOf({ task, acting }: Pick<Asker, "task" | "acting">): string {
  return `${task}/${acting ?? ""}`;
}

interface Turn {
  /** Whose rows, from which of them on. */
  shares: { asker: Asker; rows: number; from: number }[];
}

/** The next batch. Its task, and those in it who want more, go to the end of their line. */
function takeTurn(queues: Queues, policy: RunningPolicy): Turn | undefined {
  for (const [key, everybody] of queues) {
    queues.delete(key);
    const askers = everybody.filter(({ settled }) => !settled);
    if (askers.length === 0) continue;
    const shares = shareOut(askers, policy);
    const served = new Set(shares.map(({ asker }) => asker));
    const unfinished = shares.filter(({ asker }) => asker.taken < asker.rows);
    const left = [
      ...askers.filter((asker) => !served.has(asker)),
      ...unfinished.map(({ asker }) => asker),
    ];
    if (left.length > 0) queues.set(key, left);
    return { shares };
  }
  return undefined;
}

function shareOut(askers: readonly Asker[], policy: RunningPolicy): Turn["shares"] {
  const open = (asker: Asker) => asker.rows - asker.taken;
  let waiting = 0, longest = 0;
  for (const asker of askers) {
    waiting += open(asker);
    longest = Math.max(longest, open(asker));
  }
  const { task, acting } = askers[0]!;
  let room = policy.rowsAtOnce?.(waiting, longest, task, acting) ?? batchRows(waiting);
  const fair = Math.max(1, Math.floor(room / askers.length));
  const taken = askers.map((asker) => {
    const rows = Math.min(open(asker), fair, room);
    room -= rows;
    return { asker, rows };
  });
  for (const share of taken) {
    const more = Math.min(open(share.asker) - share.rows, room);
    share.rows += more;
    room -= more;
  }
  return taken.filter(({ rows }) => rows > 0).map(({ asker, rows }) => {
    const from = asker.taken;
    asker.taken += rows;
    return { asker, rows, from };
  });
}

async function decide(
  { policy, stateDim, actionDim, onBatch }: BatcherOptions,
  { shares }: Turn,
): Promise<void> {
  const { task, acting } = shares[0]!.asker;
  const rows = shares.reduce((sum, share) => sum + share.rows, 0);
  const states = new Float32Array(rows * stateDim);
  const noise: NoiseOf[] = [];
  let row = 0;
  for (const { asker, rows, from } of shares) {
    states.set(asker.states.subarray(from * stateDim, (from + rows) * stateDim), row * stateDim);
    noise.push({ asker: asker.id, seed: asker.seed, rows, last: from + rows === asker.rows });
    row += rows;
  }
  const started = performance.now();
  try {
    const actions = await policy.act(task, states, noise, acting);
    onBatch?.({ requests: shares.length, rows, milliseconds: performance.now() - started });
    handOut(shares, actions, actionDim);
  } catch (error) {
    for (const { asker } of shares) asker.reject(error);
  }
}

function handOut(shares: Turn["shares"], actions: Float32Array, actionDim: number): void {
  let row = 0;
  for (const { asker, rows, from } of shares) {
    asker.actions.set(actions.subarray(row * actionDim, (row + rows) * actionDim), from * actionDim);
    asker.answered += rows;
    row += rows;
    if (asker.answered === asker.rows) asker.resolve(asker.actions);
  }
}
