/**
 * How far something is.
 * @module
 */

/** A bar; `value` from 0 to 1, undefined while nothing is known. */
export function Meter({ value, label }: { value: number | undefined; label: string }) {
  if (value === undefined) return <progress aria-label={label} />;
  return <progress aria-label={label} max={1} value={Math.min(1, Math.max(0, value))} />;
}
