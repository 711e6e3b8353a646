/**
 * What a group of measurements is, and how times are taken: the variants of one work alternate, the median counts.
 * @module
 */
import process from "node:process";
import type { Compile } from "@cugro/algorithm";

/** Figures by name; the unit is in the name. Those of eager steps end in `Eager`. */
export type Figures = Record<string, number>;

/** How to measure. */
export interface Settings {
  /** Both ways a step can run; without compilation both are eager. */
  compile: { compiled: Compile; eager: Compile };
  /** Repetitions of something that takes about 0.1 s. */
  repeats: number;
  /** Smaller trainings and data. */
  quick: boolean;
  /** Present time in ms. */
  clock: Clock;
  /** Further dataset files that are judged, and the size of one that is made for it. */
  imports?: { files?: readonly string[]; gigabytes?: number };
}

/** `wall` is what a person waits; `cpu`, this process's own computing time, tells more on a busy machine. */
export type ClockName = "wall" | "cpu";
/** Tells the time in ms. */
export type Clock = () => number;

/** The two clocks. */
export const clocks: Record<ClockName, Clock> = {
  wall: () => performance.now(),
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e3;
  },
};

/** Measurements that belong together; opened once, measured once a round. */
export interface Group {
  name: string;
  /** Figures that the PyTorch yardstick has to the same work. */
  yardstick: readonly string[];
  open(settings: Settings): Promise<OpenGroup>;
}

/** A group with everything it needs. */
export interface OpenGroup {
  measure(): Promise<Figures>;
  close(): void | Promise<void>;
}

/** Median, or NaN of nothing. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Duration of a piece of work in ms. */
export async function milliseconds(clock: Clock, work: () => unknown): Promise<number> {
  const start = clock();
  await work();
  return clock() - start;
}

/**
 * Median durations in ms of several works that take turns, so that a change of the machine's load meets them all.
 * Each runs `warmUp` times before.
 */
export async function alternate(
  clock: Clock,
  works: Record<string, () => unknown>,
  repeats: number,
  warmUp = 2,
): Promise<Figures> {
  const times: Record<string, number[]> = {};
  for (let turn = -warmUp; turn < repeats; turn++) {
    for (const [name, work] of Object.entries(works)) {
      const duration = await milliseconds(clock, work);
      if (turn >= 0) (times[name] ??= []).push(duration);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
}

/**
 * Medians over rounds, figure by figure.
 *
 * @param rounds figures by name
 * @returns the median of each figure
 */
export function mediansOf(rounds: readonly Figures[]): Figures {
  const names = new Set(rounds.flatMap((round) => Object.keys(round)));
  return Object.fromEntries(
    [...names].map((name) => [name, median(rounds.flatMap((round) => round[name] ?? []))]),
  );
}
