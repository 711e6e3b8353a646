/**
 * One number that says how a learner is.
 * @module
 */
import type { ComponentChildren } from "preact";

/** A number, what it is, and what it is beside. */
export function Tile({ value, name, beside }: { value: string; name: string; beside?: ComponentChildren }) {
  return (
    <div class="tile">
      <b>{value}</b>
      <span>{name}</span>
      {beside !== undefined && <small>{beside}</small>}
    </div>
  );
}
