/**
 * The policies that are open, by learner, or by learner and version. Not more than a few, and not more than two are
 * opened at a time: each is a thread that loads and compiles. A policy that is taken off the shelf ends when its last
 * request has been answered.
 * @module
 */
import { createSemaphore } from "@cugro/async";
import { ActError } from "./act_request.ts";
import type { PolicyParts } from "./read_policy.ts";
import { createRoom } from "./room.ts";
import { openRunning, type Running, type RunningOptions } from "./running.ts";

/** Policies that are opened at a time. */
const AT_ONCE = 2;
/** Openings that may wait; those of versions asked for by number only take half of the line. */
const LINE = 16;

/** The place of a learner's serving policy, or of one version that is asked for by number. */
export interface Slot {
  learner: string;
  /** Undefined: whichever version serves. */
  pinned: number | undefined;
  current: Running | undefined;
  opening: Opening | undefined;
  lastUsed: number;
}

/** A policy that is being opened. */
interface Opening {
  policy: Promise<Running>;
  /** Requests that wait for it. */
  waiting: number;
}

/** What {@link createShelf} needs. */
export interface ShelfOptions extends RunningOptions {
  maxPolicies: number;
}

/** See the module. */
export interface Shelf {
  slots(): Slot[];
  /** The slot of a learner's serving policy or of a version; made if there is none. */
  find(learner: string, version: number | undefined): Slot;
  /**
   * Does `work` with the slot's policy, which stays open for so long; `read` says what it is made of, if it has to be
   * opened.
   *
   * @throws {ActError} 503 when too many others wait to be opened
   */
  use<T>(slot: Slot, read: () => Promise<PolicyParts>, work: (running: Running) => Promise<T>): Promise<T>;
  /** Opens another version, then lets it take the place of the one that serves; waits until that one has ended. */
  swap(slot: Slot, parts: PolicyParts): Promise<void>;
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
  #ending = new Set<Running>();
  #semaphore = createSemaphore(AT_ONCE);
  #room;
  #openingMs = 2_000;

  constructor(private readonly options: ShelfOptions) {
    const { maxPolicies } = options;
    this.#room = createRoom({
      maxPolicies,
      slots: () => this.slots(),
      drop: (slot) => this.drop(slot),
    });
  }

  slots(): Slot[] {
    return [...this.#slots.values()];
  }

  find(learner: string, version: number | undefined): Slot {
    return findSlot(this.#slots, learner, version);
  }

  async use<T>(
    slot: Slot,
    read: () => Promise<PolicyParts>,
    work: (running: Running) => Promise<T>,
  ): Promise<T> {
    const running = await this.#claim(slot, read);
    try {
      return await work(running);
    } finally {
      running.users--;
      if (running.retired && running.users === 0) this.#end(running);
    }
  }

  async swap(slot: Slot, parts: PolicyParts): Promise<void> {
    await this.#semaphore.run(async () => {
      this.#insist(slot);
      const running = await this.#open(parts);
      this.#room.add(running);
      const before = this.#place(slot, running, 0);
      // Within the semaphore, so that at most two policies are there beside those there is room for.
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
  #claim(slot: Slot, read: () => Promise<PolicyParts>): Running | Promise<Running> {
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
    const waiting = this.#semaphore.waiting();
    if (waiting < (slot.pinned === undefined ? LINE : LINE / 2)) return;
    this.drop(slot);
    const retryAfterSeconds = Math.min(
      60,
      Math.max(1, Math.ceil(waiting * this.#openingMs / AT_ONCE / 1000)),
    );
    throw new ActError(503, `${waiting} policies wait to be opened: try again later`, { retryAfterSeconds });
  }

  async #fill(slot: Slot, read: () => Promise<PolicyParts>, users: () => number): Promise<Running> {
    // One that has stopped by itself makes room.
    this.#retire(slot.current);
    slot.current = undefined;
    try {
      return await this.#semaphore.run(async () => {
        this.#insist(slot);
        const parts = await read();
        await this.#room.reserve();
        let running: Running | undefined;
        try {
          this.#insist(slot);
          running = await this.#open(parts);
        } finally {
          this.#room.settle(running);
        }
        this.#place(slot, running, users());
        return running;
      });
    } catch (error) {
      if (!isOpen(slot)) this.drop(slot);
      throw error;
    } finally {
      slot.opening = undefined;
    }
  }

  async #open(parts: PolicyParts): Promise<Running> {
    const started = performance.now();
    const running = await openRunning(this.options, parts);
    this.#openingMs += 0.2 * (performance.now() - started - this.#openingMs);
    return running;
  }

  /** Gives a slot its policy. @returns the one that it had, which ends now */
  #place(slot: Slot, running: Running, users: number): Running | undefined {
    if (!this.#isHere(slot)) this.#retire(running);
    this.#insist(slot);
    const before = slot.current;
    running.users = users;
    slot.current = running;
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

  #retire(running: Running | undefined): void {
    if (!running || running.retired) return;
    running.retired = true;
    if (running.users === 0) this.#end(running);
  }

  #end(running: Running): void {
    this.#ending.add(running);
    void running.policy.close().finally(() => {
      this.#ending.delete(running);
      this.#room.remove(running);
      running.ended.resolve();
    });
  }
}

function isOpen({ current }: Slot): boolean {
  return current?.policy.isOpen() ?? false;
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
