/**
 * Faults inside one process, at an exact step of its work: between "artifact put" and "result put", say. The test's
 * programs put them around the store and the bus that they hand to the real worker or coordinator; the product has no
 * hook for it.
 *
 * A plan of sabotage is text, `action[=ms]@before|after-step:n` separated by commas: `crash@after-result-put:2` kills
 * the process with SIGKILL once its second `result.json` is in the store.
 * @module
 */
import process from "node:process";
import { StoreFull } from "@cugro/store";
import type { Recorder } from "./run_history.ts";

/** Steps of work that can be struck. */
export const STEPS = [
  "fetch",
  "dataset-put",
  "checkpoint-put",
  "artifact-put",
  "result-put",
  "announce",
  "ack",
  "arrival-put",
  "fact-put",
  "version-put",
  "head-put",
  "mark-put",
  "job-put",
  "submit",
] as const;
/** One of {@link STEPS}: a step of work that can be struck. */
export type Step = typeof STEPS[number];
/** What can happen there; all but a crash last `ms`. `clock` turns the wall clock by `ms` and does not turn it back. */
export const ACTIONS = ["crash", "block", "full", "clock"] as const;
/** One of {@link ACTIONS}: what can happen there. */
export type Action = typeof ACTIONS[number];

/** One act of sabotage: at the `n`-th time that this process comes to this step. */
export interface Strike {
  action: Action;
  ms: number;
  moment: "before" | "after";
  step: Step;
  n: number;
}

/** Where a process's work comes past. */
export interface Saboteur {
  /** To be awaited before and after each step. */
  pass(moment: "before" | "after", step: Step): void;
  /** @throws {StoreFull} while the store pretends to be full. */
  checkRoom(key: string): void;
}

const PATTERN = /^([a-z]+)(?:=(-?\d+))?@(before|after)-([a-z-]+):(\d+)$/;

/**
 * The strikes in a plan.
 *
 * @throws {RangeError} naming the invalid part.
 */
export function parseStrikes(plan: string): Strike[] {
  return plan.split(",").filter((part) => part !== "").map((part) => {
    const [, action, ms = "0", moment, step, n] = PATTERN.exec(part) ?? [];
    if (!ACTIONS.includes(action as Action) || !STEPS.includes(step as Step) || Number(n) < 1) {
      throw new RangeError(`A strike must be action[=ms]@before|after-step:n: current value is "${part}"`);
    }
    return { action, ms: Number(ms), moment, step, n: Number(n) } as Strike;
  });
}

/** A strike as text. */
export function describeStrike({ action, ms, moment, step, n }: Strike): string {
  return `${action}${ms === 0 ? "" : `=${ms}`}@${moment}-${step}:${n}`;
}

/** Strikes as planned; each is recorded before it happens. */
export function createSaboteur(strikes: readonly Strike[], record: Recorder): Saboteur {
  const counts = new Map<string, number>();
  let fullUntil = -Infinity;
  const strike = (planned: Strike) => {
    const { action, ms } = planned;
    record({ what: "sabotage", action, point: describeStrike(planned), ms });
    if (action === "crash") process.kill(process.pid, "SIGKILL");
    else if (action === "block") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    else if (action === "clock") turnClock(ms);
    else fullUntil = performance.now() + ms;
  };
  return {
    pass(moment, step) {
      const count = (counts.get(`${moment}-${step}`) ?? 0) + 1;
      counts.set(`${moment}-${step}`, count);
      for (const planned of strikes) {
        if (planned.moment === moment && planned.step === step && planned.n === count) strike(planned);
      }
    },
    checkRoom(key) {
      if (performance.now() < fullUntil) throw new StoreFull(`No room for ${key}: sabotage`);
    },
  };
}

/** The step that writing this key is; undefined for others. */
export function stepOfKey(key: string): Step | undefined {
  if (key.startsWith("artifacts/")) return "artifact-put";
  if (key.startsWith("datasets/")) return "dataset-put";
  if (key.startsWith("announced/")) return "mark-put";
  if (key.startsWith("jobs/")) {
    if (key.endsWith("/result.json")) return "result-put";
    if (key.endsWith("/checkpoint")) return "checkpoint-put";
    return key.endsWith("/job.json") ? "job-put" : undefined;
  }
  if (!key.startsWith("learners/")) return undefined;
  if (key.endsWith("/head.json")) return "head-put";
  if (key.includes("/arrivals/")) return "arrival-put";
  return key.includes("/versions/") ? "version-put" : "fact-put";
}

/**
 * Turns what this process takes for the time of day. Covers `Date.now()` and `new Date()` in all TypeScript and
 * npm code of the process (signatures of S3 requests, times in facts, ages of artifacts); not `performance.now()`,
 * which is steady by definition, not timers, and not the clocks of servers and file systems.
 */
function turnClock(ms: number): void {
  const Steady = globalThis.Date;
  class TurnedDate extends Steady {
    constructor(...values: unknown[]) {
      super(...((values.length === 0 ? [TurnedDate.now()] : values) as [number]));
    }
    static override now(): number {
      return Steady.now() + ms;
    }
  }
  globalThis.Date = TurnedDate as DateConstructor;
}
