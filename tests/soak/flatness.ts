/**
 * Whether what was sampled stays flat: a pure function of the samples.
 *
 * A stretch is the second half of the life of one process: in the first, libraries are loaded, policies opened, steps
 * compiled and caches filled. It is judged where it is long enough: by the Theil-Sen slope (the median of the slopes between all pairs of samples), which a few peaks do
 * not move, over the length of the stretch. That rise must stay below a bound.
 * @module
 */
import type { ProcessSample, Sample } from "./samples.ts";

/** Seconds and a value. */
export type Point = readonly [at: number, value: number];

/** A number that must not rise for good. */
export type Measure = "memory" | "descriptors" | "threads";

/** What was found of a stretch. */
export interface Stretch {
  name: string;
  /** 0: of several lives, none of which was long enough. */
  pid: number;
  measure: Measure;
  /** Seconds since the soak began; the first half of the life is left out. */
  from: number;
  to: number;
  samples: number;
  median: number;
  /** Slope times length. */
  rise: number;
  /** What it must stay below. */
  bound: number;
  flat: boolean;
}

/** A shorter stretch says nothing about a leak. */
export const STRETCH_SECONDS = 240;
const BOUNDS: Readonly<Record<Measure, (median: number) => number>> = {
  memory: (median) => Math.max(0.08 * median, 24e6),
  descriptors: () => 3,
  // The runtime of Go keeps those that once waited for a disk.
  threads: (median) => Math.max(2, 0.3 * median),
};
const MEASURES = Object.keys(BOUNDS) as Measure[];

/** All stretches that are long enough, by process and measure. */
export function judgeStretches(samples: readonly Sample[]): Stretch[] {
  const lives = livesOf(samples).map(({ points, ...life }) => ({ ...life, points: secondHalf(points) }));
  const long = lives.filter(({ points }) => lengthOf(points) >= STRETCH_SECONDS);
  const names = [...new Set(lives.map(({ name }) => name))];
  const short = names.filter((name) => long.every((life) => life.name !== name));
  return [...long, ...short.flatMap((name) => together(name, lives))].flatMap(judgeStretch);
}

/** Of a process that was restarted too often: what all its lives in the second half of the soak came to. */
function together(name: string, lives: readonly Life[]): Life[] {
  const points = lives.filter((life) => life.name === name).flatMap(({ points }) => points);
  const settled = secondHalf(points);
  return lengthOf(settled) >= STRETCH_SECONDS ? [{ name, pid: 0, points: settled }] : [];
}

function judgeStretch({ name, pid, points }: Life): Stretch[] {
  const [from, to] = [points[0]![0], points.at(-1)![0]];
  return MEASURES.map((measure): Stretch => {
    const series = points.map(([at, one]): Point => [at, one[measure]]);
    const median = medianOf(series.map(([, value]) => value));
    const rise = slopeOf(series) * (to - from);
    const bound = BOUNDS[measure](median);
    return { name, pid, measure, from, to, samples: series.length, median, rise, bound, flat: rise < bound };
  });
}

type LifePoint = readonly [at: number, sample: ProcessSample];

/** A process from its start to its end. */
export interface Life {
  name: string;
  /** 0: several, one after the other. */
  pid: number;
  points: LifePoint[];
}

function secondHalf(points: readonly LifePoint[]): LifePoint[] {
  const half = ((points[0]?.[0] ?? 0) + (points.at(-1)?.[0] ?? 0)) / 2;
  return points.filter(([at]) => at >= half);
}

function lengthOf(points: readonly LifePoint[]): number {
  return (points.at(-1)?.[0] ?? 0) - (points[0]?.[0] ?? 0);
}

/** Processes that were never there for long enough. */
export function unjudged(samples: readonly Sample[], stretches: readonly Stretch[]): string[] {
  const names = new Set(samples.flatMap(({ processes }) => Object.keys(processes)));
  return [...names].filter((name) => stretches.every((stretch) => stretch.name !== name));
}

/** All processes, each from its first sample to its last. */
export function livesOf(samples: readonly Sample[]): Life[] {
  const lives = new Map<string, Life>();
  for (const { at, processes } of samples) {
    for (const [name, one] of Object.entries(processes)) {
      const key = `${name} ${one.pid}`;
      const life = lives.get(key) ?? { name, pid: one.pid, points: [] };
      life.points.push([at, one]);
      lives.set(key, life);
    }
  }
  return [...lives.values()];
}

/** The median of the slopes between all pairs of points, a second. */
export function slopeOf(points: readonly Point[]): number {
  const slopes: number[] = [];
  for (const [index, [at, value]] of points.entries()) {
    for (const [later, other] of points.slice(index + 1)) {
      if (later > at) slopes.push((other - value) / (later - at));
    }
  }
  return slopes.length === 0 ? 0 : medianOf(slopes);
}

/** The median; of an even number of values the mean of the two in the middle. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
