/**
 * A policy that acts by its actor or its proposer: sessions in this thread, without a tensor library. What takes less time
 * than a request is decided here, everything else in threads.
 * @module
 */
import { setImmediate } from "node:timers/promises";
import type { WayOfActing } from "@cugro/algorithm";
import { rowSources } from "@cugro/algorithm/arrays";
import { type InferenceActing, openSharedSession, type SharedSession } from "@cugro/inference";
import { createAskerNoise } from "./asker_noise.ts";
import { CALLS_A_THREAD, type InferenceThreads, type ThreadSession } from "./inference_threads.ts";
import { type PolicyParts, type PolicyWeights, sessionInput } from "./policy_parts.ts";
import type { NoiseOf, RunningPolicy } from "./running_policy.ts";

/**
 * `here`: rows that are decided in this thread, in at most 1.5 ms: on a busy machine a thread that waits for work gets a
 * processor later than that. `slice`: of one call of a thread, so that others wait 4 ms (actor) or 11 ms (proposer) for it.
 * Up to `many` rows of requests that are no longer than `short` are decided here as well: handing each over, and waking a
 * thread, takes longer than deciding it.
 */
const ROWS = {
  actor: { here: 32, slice: 128, short: 4, many: 96 },
  proposer: { here: 2, slice: 16, short: 0, many: 0 },
} as const;

interface OpenSession {
  session: SharedSession;
  inThreads: ThreadSession | undefined;
}

let lastId = 0;

/**
 * Opens the sessions that the policy's parts are for.
 *
 * @param parts weights and normalisers, and the ways to open
 * @param threads that take large requests
 * @returns undefined if it is opened for the sampler alone
 * @throws {Error} of a session that cannot be made; those before it are disposed of
 */
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
  readonly callsAtOnce: number;
  readonly #stateDim: number;
  readonly #actingByTask: PolicyParts["actingByTask"];

  constructor(
    { stateDim, actingByTask }: PolicyParts,
    private readonly sessions: ReadonlyMap<WayOfActing, OpenSession>,
    private readonly threads: InferenceThreads,
  ) {
    [this.#stateDim, this.#actingByTask] = [stateDim, actingByTask];
    this.callsAtOnce = 1 + CALLS_A_THREAD * threads.count;
  }

  async act(
    task: number,
    states: Float32Array,
    noise: readonly NoiseOf[],
    acting?: WayOfActing,
  ): Promise<Float32Array> {
    const { session, inThreads } = this.#sessionOf(task, acting);
    // Noise is drawn before anything is waited for: calls overlap, and each has the rows that come next.
    const shares = session.acting === "actor" ? 0 : this.#noise.sharesOf(noise);
    const rows = states.length / this.#stateDim;
    if (inThreads && rows > ROWS[session.acting].here) {
      const drawn = shares === 0 ? 0 : session.draw(rowSources(shares, rows))!;
      return await this.#track(this.threads.act(inThreads, { task, states, noise: drawn }));
    }
    const actions = session.act(task, states, shares);
    // What came meanwhile is taken before the next of many rows.
    if (this.threads.isBusy()) await setImmediate();
    return actions;
  }

  /** As many as a thread takes while others wait; where all threads have enough to do, what is decided here. */
  rowsAtOnce(waiting: number, longest: number, task: number, acting?: WayOfActing): number {
    const { session, inThreads } = this.#sessionOf(task, acting);
    const { here, slice, short, many } = ROWS[session.acting];
    const isHere = waiting <= here || (longest <= short && waiting <= many);
    if (isHere || !inThreads || this.threads.isBusy()) return Math.min(waiting, here);
    return Math.min(slice, Math.max(here + 1, Math.ceil(waiting / this.threads.count)));
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

  #track<T>(call: Promise<T>): Promise<T> {
    this.#underWay.add(call);
    return call.finally(() => this.#underWay.delete(call));
  }
}
