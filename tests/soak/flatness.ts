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
  threads: () => 2,
};
const MEASURES = Object.keys(BOUNDS) as Measure[];

/** All stretches that are long enough, by process and measure. */
export function judgeStretches(samples: readonly Sample[]): Stretch[] {
  return livesOf(samples).flatMap(({ name, pid, points }) => {
    const half = (points[0]![0] + points.at(-1)![0]) / 2;
    const settled = points.filter(([at]) => at >= half);
    const [from, to] = [settled[0]?.[0] ?? 0, settled.at(-1)?.[0] ?? 0];
    if (to - from < STRETCH_SECONDS) return [];
    return MEASURES.map((measure): Stretch => {
      const series = settled.map(([at, one]): Point => [at, one[measure]]);
      const median = medianOf(series.map(([, value]) => value));
      const rise = slopeOf(series) * (to - from);
      const bound = BOUNDS[measure](median);
      return {
        name,
        pid,
        measure,
        from,
        to,
        samples: series.length,
        median,
        rise,
        bound,
        flat: rise < bound,
      };
    });
  });
}

/** Processes that were never there for long enough. */
export function unjudged(samples: readonly Sample[], stretches: readonly Stretch[]): string[] {
  const names = new Set(samples.flatMap(({ processes }) => Object.keys(processes)));
  return [...names].filter((name) => stretches.every((stretch) => stretch.name !== name));
}

/** What a process takes in its later lives as against its earlier ones: what is left behind by each restart of others. */
export function livesOf(
  samples: readonly Sample[],
): { name: string; pid: number; points: (readonly [number, ProcessSample])[] }[] {
  const lives = new Map<
    string,
    { name: string; pid: number; points: (readonly [number, ProcessSample])[] }
  >();
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
