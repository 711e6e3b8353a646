/**
 * Figures in words, for the report, the dashboard and the command line.
 * @module
 */
import type { CellEstimate } from "@cugro/protocol";

/**
 * Steps that were done, and what was asked for where a limit cut it: `60 of 6,000 (maxGeneratorSteps)`.
 *
 * @param steps done, asked for, and the knob that cut them
 * @returns a few words
 */
export function describeSteps(
  { done, asked, cutBy }: { done: number | null; asked: number; cutBy: string | null },
): string {
  const count = (value: number | null) => value === null ? "–" : value.toLocaleString("en-US");
  return cutBy === null ? count(done) : `${count(done)} of ${count(asked)} asked for (${cutBy})`;
}

/**
 * A number with a sensible count of digits, or a dash.
 *
 * @param value any number
 * @param digits after the point
 * @returns a number, or `–`
 */
export function figure(value: number | null | undefined, digits = 1): string {
  return value === null || value === undefined || !Number.isFinite(value) ? "–" : value.toFixed(digits);
}

/**
 * A 90 % interval with the number of episodes that it is over; from too few of them there is the number alone.
 *
 * @param interval bounds, and the number of episodes
 * @returns a few words
 */
export function describeInterval(
  { low, high, episodes }: { low: number | null; high: number | null; episodes: number },
): string {
  const count = `n = ${episodes}`;
  return low === null || high === null ? count : `${figure(low)} … ${figure(high)}, ${count}`;
}

/**
 * An estimate in points: `81.0 (70.2 … 91.8), lost 12.1 (3.3 … 20.9)`.
 *
 * @param estimate of a cell, in points
 * @returns a few words, or `–`
 */
export function describeEstimate(estimate: CellEstimate | null | undefined): string {
  if (!estimate) return "–";
  const one = ({ mean, low, high }: CellEstimate["score"]) =>
    `${figure(mean)} (${figure(low)} … ${figure(high)})`;
  return `${one(estimate.score)}${estimate.drop ? `, lost ${one(estimate.drop)}` : ""}`;
}

/**
 * The old task that has lost most, with interval, or a dash where there is no old task.
 *
 * @param drop of the task that lost most, in points
 * @returns a few words, or `–`
 */
export function describeDrop(
  drop: {
    task: number;
    best: number;
    drop: number;
    low: number | null;
    high: number | null;
    episodes: number;
  } | null,
): string {
  return drop === null
    ? "–"
    : `${figure(drop.drop)} (${describeInterval(drop)}; task ${drop.task} since version ${drop.best})`;
}

/**
 * A number of any size with four significant digits, or a dash.
 *
 * @param value any number
 * @returns a number, or `–`
 */
export function briefly(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value)
    ? "–"
    : String(Number(value.toPrecision(4)));
}

/**
 * Bytes as a person reads them.
 *
 * @param bytes their number
 * @returns such as `1.6 MB`
 */
export function byteSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(value < 10 && unit > 0 ? 2 : unit === 0 ? 0 : 1)} ${units[unit]}`;
}

/**
 * Seconds as a person reads them.
 *
 * @param seconds their number
 * @returns such as `3 min 20 s`
 */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
