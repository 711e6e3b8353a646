/**
 * The policies that are open, by learner, or by learner and version. Of those that sample not more than a few, and not more
 * than two are opened at a time: each is a thread that loads and compiles. Others do not wait for these. A policy that is
 * taken out of the pool ends when its last request has been answered.
 * @module
 */
import { findSlot, isOpen, keyOf, lookUp, type Opening, type Slot } from "./slot.ts";
import type { WayOfActing } from "@cugro/algorithm";
import { createSemaphore } from "@cugro/async";
import { ActError } from "./act_request.ts";
import { type Bounds, createCapacity } from "./capacity.ts";
import { openPooledPolicy, type PooledPolicy, type PooledPolicyOptions } from "./pooled_policy.ts";
import { needOf, type PolicyParts } from "./policy_parts.ts";

/** Policies that are read or opened at a time. */
const AT_ONCE = 2;
/** Openings that may wait; those of versions asked for by number only take half of the line. */
const LINE = 16;

/** What a pool needs. */
export interface PolicyPoolOptions extends PooledPolicyOptions, Bounds {}

/** The policies that are open. */
export interface PolicyPool {
  slots(): Slot[];
  /** Whether a learner's serving policy, or a version, is there, or is being opened. */
  has(learner: string, version: number | undefined, acting?: WayOfActing): boolean;
  /** The slot of a learner's serving policy, of a version, or of a way that a version can act by; made if there is none. */
  find(learner: string, version: number | undefined, acting?: WayOfActing): Slot;
  /** The slot of a learner's serving policy, if there is one. */
  serving(learner: string): Slot | undefined;
  /**
   * Does `work` with the slot's policy, which stays open until the work is done; `read` says what it is made of, if it has to be
   * opened.
   * @throws {ActError} 503 when too many others wait to be opened
   */
  use<T>(
    slot: Slot,
    read: () => Promise<PolicyParts>,
    work: (pooled: PooledPolicy) => Promise<T>,
  ): Promise<T>;
  /**
   * Opens another version, then lets it take the place of the one that serves; waits until that one has ended.
   * @param onPlaced told before it is first asked
   */
  swap(slot: Slot, parts: PolicyParts, onPlaced?: () => void): Promise<void>;
  /** Takes a slot out of the pool. */
  drop(slot: Slot): void;
  /** Takes everything out, and waits until it has ended. */
  clear(): Promise<void>;
}

/** @param options how policies are opened, and the bounds of all @returns an empty pool, which opens policies at their first use */
export function createPolicyPool(options: PolicyPoolOptions): PolicyPool {
  return new BoundedPolicyPool(options);
}

class BoundedPolicyPool implements PolicyPool {
  #slots = new Map<string, Slot>();
  #ending = new Set<PooledPolicy>();
  /** What openings wait for: first to be read, then to be opened. */
  #lines = {
    reading: createSemaphore(AT_ONCE),
    samplers: createSemaphore(AT_ONCE),
    others: createSemaphore(AT_ONCE),
  };
  #capacity;
  #openingMs = 2_000;

  constructor(private readonly options: PolicyPoolOptions) {
    const { maxPolicies, maxBytes } = options;
    this.#capacity = createCapacity({
      ...{ maxPolicies, maxBytes },
      slots: () => this.slots(),
      drop: (slot) => this.drop(slot),
    });
  }

  slots(): Slot[] {
    return [...this.#slots.values()];
  }

  has(learner: string, version: number | undefined, acting?: WayOfActing): boolean {
    const slot = lookUp(this.#slots, learner, version, acting);
    return slot?.current !== undefined || slot?.opening !== undefined;
  }

  find(learner: string, version: number | undefined, acting?: WayOfActing): Slot {
    return findSlot(this.#slots, learner, version, acting);
  }

  serving(learner: string): Slot | undefined {
    return lookUp(this.#slots, learner, undefined);
  }

  async use<T>(
    slot: Slot,
    read: () => Promise<PolicyParts>,
    work: (pooled: PooledPolicy) => Promise<T>,
  ): Promise<T> {
    const pooled = await this.#claim(slot, read);
    try {
      return await work(pooled);
    } finally {
      pooled.users--;
      if (pooled.retired && pooled.users === 0) this.#end(pooled);
    }
  }

  async swap(slot: Slot, parts: PolicyParts, onPlaced = () => {}): Promise<void> {
    await this.#lineOf(parts).run(async () => {
      this.#insist(slot);
      const pooled = await this.#open(parts);
      this.#capacity.add(pooled);
      const before = this.#place(slot, pooled, 0);
      onPlaced();
      // Within the line, so that at most two policies are there beside those there is room for.
      await before?.ended.promise;
    });
  }

  drop(slot: Slot): void {
    if (this.#isHere(slot)) this.#slots.delete(keyOf(slot));
    this.#retire(slot.current);
    slot.current = undefined;
  }

  async clear(): Promise<void> {
    const openings = this.slots().map(({ opening }) => opening?.policy.catch(() => {}));
    for (const slot of this.slots()) this.drop(slot);
    await Promise.all(openings);
    await Promise.all([...this.#ending].map(({ ended }) => ended.promise));
  }

  /** The slot's policy, with a request more that is under way. */
  #claim(slot: Slot, read: () => Promise<PolicyParts>): PooledPolicy | Promise<PooledPolicy> {
    const { current } = slot;
    if (current?.policy.isOpen()) {
      current.users++;
      return current;
    }
    if (!slot.opening) {
      this.#admit(slot);
      const opening: Opening = { waiting: 0, policy: this.#fill(slot, read, () => opening.waiting) };
      slot.opening = opening;
    }
    slot.opening.waiting++;
    return slot.opening.policy;
  }

  #admit(slot: Slot): void {
    const waiting = Object.values(this.#lines).reduce((sum, line) => sum + line.waiting(), 0);
    if (waiting < (slot.pinned === undefined ? LINE : LINE / 2)) return;
    this.drop(slot);
    const retryAfterSeconds = Math.min(
      60,
      Math.max(1, Math.ceil(waiting * this.#openingMs / AT_ONCE / 1000)),
    );
    throw new ActError(503, `${waiting} policies wait to be opened: try again later`, { retryAfterSeconds });
  }

  async #fill(slot: Slot, read: () => Promise<PolicyParts>, users: () => number): Promise<PooledPolicy> {
    // One that has stopped by itself makes room, and is made again of what it was made of: the store may be away.
    const kept = slot.current?.parts;
    this.#retire(slot.current);
    slot.current = undefined;
    try {
      const parts = await this.#lines.reading.run(async () => {
        this.#insist(slot);
        return kept ?? await read();
      });
      return await this.#lineOf(parts).run(async () => {
        const pooled = await this.#openWithin(slot, parts);
        this.#place(slot, pooled, users());
        return pooled;
      });
    } catch (error) {
      if (!isOpen(slot)) this.drop(slot);
      throw error;
    } finally {
      slot.opening = undefined;
    }
  }

  #lineOf(parts: PolicyParts) {
    return needOf(parts).samples ? this.#lines.samplers : this.#lines.others;
  }

  /** Opens a policy once there is room for it. */
  async #openWithin(slot: Slot, parts: PolicyParts): Promise<PooledPolicy> {
    const need = needOf(parts);
    await this.#capacity.reserve(need);
    let pooled: PooledPolicy | undefined;
    try {
      this.#insist(slot);
      return pooled = await this.#open(parts);
    } finally {
      this.#capacity.settle(need, pooled);
    }
  }

  async #open(parts: PolicyParts): Promise<PooledPolicy> {
    const started = performance.now();
    const pooled = await openPooledPolicy(this.options, parts);
    this.#openingMs += 0.2 * (performance.now() - started - this.#openingMs);
    return pooled;
  }

  /**
   * Gives a slot its policy.
   *
   * @returns the one that it had, which ends now
   */
  #place(slot: Slot, pooled: PooledPolicy, users: number): PooledPolicy | undefined {
    if (!this.#isHere(slot)) this.#retire(pooled);
    this.#insist(slot);
    const before = slot.current;
    pooled.users = users;
    slot.current = pooled;
    this.#retire(before);
    return before;
  }

  #insist(slot: Slot): void {
    if (this.#isHere(slot)) return;
    throw new ActError(503, `"${slot.learner}" is not served here any more: try again`, {
      retryAfterSeconds: 1,
    });
  }

  #isHere(slot: Slot): boolean {
    return this.#slots.get(keyOf(slot)) === slot;
  }

  #retire(pooled: PooledPolicy | undefined): void {
    if (!pooled || pooled.retired) return;
    pooled.retired = true;
    if (pooled.users === 0) this.#end(pooled);
  }

  #end(pooled: PooledPolicy): void {
    this.#ending.add(pooled);
    void pooled.policy.close().finally(() => {
      this.#ending.delete(pooled);
      this.#capacity.remove(pooled);
      pooled.ended.resolve();
    });
  }
}
