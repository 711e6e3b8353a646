/**
 * Where something stands, as a word with a colour; the colour says nothing that the word does not.
 * @module
 */

const KINDS: Record<string, "good" | "bad" | "busy" | "quiet"> = {
  ...{ published: "good", promoted: "good", done: "good", accepted: "good", serving: "good" },
  ...{ parked: "bad", failed: "bad", rejected: "bad", withdrawn: "bad" },
  ...{ running: "busy", undecided: "busy", learning: "busy" },
};

/** A state. */
export function StateMark({ state }: { state: string }) {
  return <span class={`state ${KINDS[state] ?? "quiet"}`}>{state}</span>;
}
