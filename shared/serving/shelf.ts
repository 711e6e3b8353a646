/**
 * The policies that are open, by learner, or by learner and version. Not more than a few: the one unused for longest goes.
 * A policy that is taken off the shelf ends when its last request has been answered.
 * @module
 */
import type { Log } from "@cugro/platform";
import { ActError, type PolicyFacts } from "./act_request.ts";
import { type Batcher, type BatcherOptions, createBatcher } from "./batching.ts";
import type { OpenPolicy, RunningPolicy } from "./policy_thread.ts";
import type { PolicyParts } from "./read_policy.ts";

/** An open policy. */
export interface Running {
  facts: PolicyFacts;
  batcher: Batcher;
  policy: RunningPolicy;
  /** Requests under way. */
  users: number;
  retired: boolean;
}

/** The place of a learner's serving policy, or of one version that is asked for by number. */
export interface Slot {
  learner: string;
  /** Undefined: whichever version serves. */
  pinned: number | undefined;
  current: Running | undefined;
  opening: Promise<Running> | undefined;
  lastUsed: number;
}

/** What {@link createShelf} needs. */
export interface ShelfOptions extends Pick<BatcherOptions, "windowMs" | "onBatch"> {
  openPolicy: OpenPolicy;
  maxPolicies: number;
  log: Log;
}

/** See the module. */
export interface Shelf {
  slots(): Slot[];
  /** The slot of a learner's serving policy or of a version; made if there is none. */
  find(learner: string, version: number | undefined): Slot;
  /** The slot's policy; `read` says what it is made of, if it has to be opened. */
  fill(slot: Slot, read: () => Promise<PolicyParts>): Promise<Running>;
  /** Opens another version, then lets it take the place of the one that serves. */
  swap(slot: Slot, parts: PolicyParts): Promise<void>;
  /** Does `work` with a policy, which stays open for so long. */
  use<T>(running: Running, work: () => Promise<T>): Promise<T>;
  /** Takes a slot off the shelf. */
  drop(slot: Slot): void;
  /** Takes everything off, and waits until it has ended. */
  clear(): Promise<void>;
}

/** An empty shelf. */
export function createShelf(options: ShelfOptions): Shelf {
  return new PolicyShelf(options);
}

class PolicyShelf implements Shelf {
  #slots = new Map<string, Slot>();
  #ending = new Set<Promise<void>>();

  constructor(private readonly options: ShelfOptions) {}

  slots(): Slot[] {
    return [...this.#slots.values()];
  }

  find(learner: string, version: number | undefined): Slot {
    return findSlot(this.#slots, learner, version);
  }

  fill(slot: Slot, read: () => Promise<PolicyParts>): Promise<Running> {
    if (slot.current?.policy.isOpen()) return Promise.resolve(slot.current);
    slot.opening ??= this.#refill(slot, read).finally(() => slot.opening = undefined);
    return slot.opening;
  }

  async swap(slot: Slot, parts: PolicyParts): Promise<void> {
    await this.#open(slot, parts);
  }

  async use<T>(running: Running, work: () => Promise<T>): Promise<T> {
    running.users++;
    try {
      return await work();
    } finally {
      running.users--;
      if (running.retired && running.users === 0) this.#end(running);
    }
  }

  drop(slot: Slot): void {
    if (this.#isHere(slot)) this.#slots.delete(keyOf(slot));
    this.#retire(slot.current);
    slot.current = undefined;
  }

  async clear(): Promise<void> {
    const openings = this.slots().map(({ opening }) => opening?.catch(() => {}));
    for (const slot of this.slots()) this.drop(slot);
    await Promise.all(openings);
    await Promise.all(this.#ending);
  }

  async #refill(slot: Slot, read: () => Promise<PolicyParts>): Promise<Running> {
    try {
      return await this.#open(slot, await read());
    } catch (error) {
      if (!slot.current?.policy.isOpen()) this.drop(slot);
      throw error;
    }
  }

  async #open(slot: Slot, parts: PolicyParts): Promise<Running> {
    const running = await openRunning(this.options, parts);
    if (!this.#isHere(slot)) {
      this.#retire(running);
      throw new ActError(503, `"${slot.learner}" is not served here any more: try again`, 1);
    }
    const before = slot.current;
    slot.current = running;
    this.#retire(before);
    for (const old of tooMany(this.#slots, this.options.maxPolicies, slot)) this.drop(old);
    return running;
  }

  #isHere(slot: Slot): boolean {
    return this.#slots.get(keyOf(slot)) === slot;
  }

  #retire(running: Running | undefined): void {
    if (!running || running.retired) return;
    running.retired = true;
    if (running.users === 0) this.#end(running);
  }

  #end({ policy }: Running): void {
    const ended = policy.close();
    this.#ending.add(ended);
    void ended.finally(() => this.#ending.delete(ended));
  }
}

function keyOf({ learner, pinned }: Pick<Slot, "learner" | "pinned">): string {
  return pinned === undefined ? learner : `${learner}@${pinned}`;
}

function findSlot(slots: Map<string, Slot>, learner: string, version: number | undefined): Slot {
  const serving = slots.get(learner);
  const isServing = version !== undefined && serving?.current?.facts.version === version;
  const pinned = isServing ? undefined : version;
  const found = slots.get(keyOf({ learner, pinned }));
  const slot = found ?? { learner, pinned, current: undefined, opening: undefined, lastUsed: 0 };
  slot.lastUsed = performance.now();
  slots.set(keyOf(slot), slot);
  return slot;
}

/** Slots to drop so that no more than `max` hold a policy: those unused for longest, but not the `newest`. */
function tooMany(slots: Map<string, Slot>, max: number, newest: Slot): Slot[] {
  const held = [...slots.values()].filter((slot) => slot.current);
  const order = held.filter((slot) => slot !== newest).sort((a, b) => a.lastUsed - b.lastUsed);
  return order.slice(0, Math.max(0, held.length - max));
}

async function openRunning(
  { openPolicy, windowMs, onBatch, log }: ShelfOptions,
  parts: PolicyParts,
): Promise<Running> {
  const started = performance.now();
  const { input: _, ...facts } = parts;
  const { learner, version, stateDim, actionDim } = facts;
  const policy = await openPolicy(parts, (warning) => log.warn("slow policy", { learner, warning }));
  log.info("policy opened", { learner, version, milliseconds: Math.round(performance.now() - started) });
  const batcher = createBatcher({ policy, stateDim, actionDim, windowMs, onBatch });
  return { facts, batcher, policy, users: 0, retired: false };
}
