/**
 * Figures as they are told.
 * @module
 */

/** One figure; `most`: what it is meant to stay within. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  most?: number;
}

/** The value that a share of all does not exceed. */
export function share(values: readonly number[], level: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(level * sorted.length))] ?? NaN;
}

/** A figure as a line. */
export function lineOf({ name, value, unit, most }: Figure): string {
  const shown = Number.isNaN(value) ? "not seen" : `${value.toFixed(value < 100 ? 1 : 0)} ${unit}`;
  if (most === undefined) return `${name.padEnd(70)} ${shown}`;
  return `${name.padEnd(70)} ${shown.padEnd(12)} ${value <= most ? "within" : "ABOVE"} ${most} ${unit}`;
}
