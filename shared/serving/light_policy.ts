/**
 * A policy that acts by its actor or its proposer: sessions in this thread, without a tensor library. What takes less time
 * than a request is decided here, everything else in threads.
 * @module
 */
import { setImmediate } from "node:timers/promises";
import type { WayOfActing } from "@cugro/algorithm";
import { rowSources } from "@cugro/algorithm/arrays";
import {
  type InferenceActing,
  type NoiseSource,
  openSharedSession,
  type SharedSession,
} from "@cugro/inference";
import { createAskerNoise } from "./asker_noise.ts";
import type { InferenceThreads, ThreadSession } from "./inference_threads.ts";
import { type PolicyParts, type PolicyWeights, sessionInput } from "./policy_parts.ts";
import type { NoiseOf, RunningPolicy } from "./running_policy.ts";

/**
 * `here`: rows that are decided in this thread, in at most 1.5 ms: on a busy machine a thread that waits for work gets a
 * processor later than that. `slice`: of one call of a thread, so that others wait 4 ms (actor) or 11 ms (proposer) for it.
 */
const ROWS = { actor: { here: 16, slice: 128 }, proposer: { here: 2, slice: 16 } } as const;
/** Less is not shared out over threads. */
const LEAST_ROWS = { actor: 16, proposer: 1 } as const;
/** Where there are no threads. */
const ROWS_WITHOUT_THREADS = { actor: 32, proposer: 2 } as const;

interface OpenSession {
  session: SharedSession;
  inThreads: ThreadSession | undefined;
}

let lastId = 0;

/** Opens the sessions that the policy's parts are for; undefined if that is none. */
export function openLightPolicy(parts: PolicyParts, threads: InferenceThreads): RunningPolicy | undefined {
  const ways = parts.opened.filter((way) => way !== "sampler");
  if (ways.length === 0) return undefined;
  const sessions = new Map<WayOfActing, OpenSession>();
  try {
    for (const way of ways) sessions.set(way, openOne(parts.input, way, threads));
  } catch (error) {
    for (const { session } of sessions.values()) session.dispose();
    throw error;
  }
  return new LightPolicy(parts, sessions, threads);
}

function openOne(input: PolicyWeights, acting: InferenceActing, threads: InferenceThreads): OpenSession {
  const session = openSharedSession(sessionInput(input, acting));
  const inThreads = session.joined && threads.count > 0
    ? { id: ++lastId, joined: session.joined }
    : undefined;
  return { session, inThreads };
}

class LightPolicy implements RunningPolicy {
  #noise = createAskerNoise();
  #underWay = new Set<Promise<unknown>>();
  #isOpen = true;
  readonly #stateDim: number;
  readonly #actionDim: number;
  readonly #actingByTask: PolicyParts["actingByTask"];

  constructor(
    { stateDim, actionDim, actingByTask }: PolicyParts,
    private readonly sessions: ReadonlyMap<WayOfActing, OpenSession>,
    private readonly threads: InferenceThreads,
  ) {
    [this.#stateDim, this.#actionDim, this.#actingByTask] = [stateDim, actionDim, actingByTask];
  }

  async act(
    task: number,
    states: Float32Array,
    noise: readonly NoiseOf[],
    acting?: WayOfActing,
  ): Promise<Float32Array> {
    const { session, inThreads } = this.#sessionOf(task, acting);
    const shares = session.acting === "actor" ? 0 : this.#noise.sharesOf(noise);
    const rows = states.length / this.#stateDim;
    if (rows <= ROWS[session.acting].here) return session.act(task, states, shares);
    if (inThreads) {
      const sources = shares === 0 ? undefined : rowSources(shares, rows);
      const draw = (from: number, to: number) => sources ? session.draw(sources.slice(from, to))! : 0;
      return await this.#shareOut(inThreads, task, states, draw, LEAST_ROWS[session.acting]);
    }
    const actions = session.act(task, states, shares);
    // What came meanwhile is taken before the next rows.
    await setImmediate();
    return actions;
  }

  rowsAtOnce(waiting: number, task: number, acting?: WayOfActing): number {
    const { session, inThreads } = this.#sessionOf(task, acting);
    const most = inThreads
      ? ROWS[session.acting].slice * this.threads.count
      : ROWS_WITHOUT_THREADS[session.acting];
    return Math.min(waiting, most);
  }

  forget(asker: number): void {
    this.#noise.forget(asker);
  }

  isOpen(): boolean {
    return this.#isOpen;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await Promise.allSettled(this.#underWay);
    for (const { session, inThreads } of this.sessions.values()) {
      if (inThreads) this.threads.forget(inThreads);
      session.dispose();
    }
  }

  #sessionOf(task: number, acting = this.#actingByTask.get(task)): OpenSession {
    const found = acting && this.sessions.get(acting);
    if (found) return found;
    throw new RangeError(`Cannot act in task ${task} by the ${acting} as the policy was opened without it`);
  }

  /** Equal shares of the rows, one a thread. */
  async #shareOut(
    session: ThreadSession,
    task: number,
    states: Float32Array,
    draw: (from: number, to: number) => NoiseSource,
    leastRows: number,
  ): Promise<Float32Array> {
    const rows = states.length / this.#stateDim;
    const share = Math.max(leastRows, Math.ceil(rows / this.threads.count));
    const calls: Promise<Float32Array>[] = [];
    for (let from = 0; from < rows; from += share) {
      const to = Math.min(from + share, rows);
      const own = states.slice(from * this.#stateDim, to * this.#stateDim);
      calls.push(this.#track(this.threads.act(session, { task, states: own, noise: draw(from, to) })));
    }
    const actions = new Float32Array(rows * this.#actionDim);
    for (const [i, part] of (await Promise.all(calls)).entries()) {
      actions.set(part, i * share * this.#actionDim);
    }
    return actions;
  }

  #track<T>(call: Promise<T>): Promise<T> {
    this.#underWay.add(call);
    return call.finally(() => this.#underWay.delete(call));
  }
}
