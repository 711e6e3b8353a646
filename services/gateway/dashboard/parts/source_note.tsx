/**
 * Where something that is shown comes from.
 * @module
 */
import type { Doing } from "../state/command_lines.ts";
import { DoingLines } from "./doing_lines.tsx";

/** In words, and the request that tells it. */
export interface Source {
  words: string;
  doing: Doing;
}

/** Collapsed until it is opened. */
export function SourceNote({ source: { words, doing } }: { source: Source }) {
  return (
    <details class="source">
      <summary>Where this comes from</summary>
      <p>{words}</p>
      <DoingLines doing={doing} />
    </details>
  );
}
