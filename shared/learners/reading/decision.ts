/**
 * What was decided on a version, in words for people.
 * @module
 */
import type { VersionState } from "@cugro/protocol";

/** The decision in a version fact. */
export interface Decided {
  state: VersionState;
  decision: "published" | "parked";
  reasons: readonly string[];
}

/**
 * Whether a version was published although reasons speak against it: its gate only observes. `enforce` would have parked it.
 *
 * @param version decision and reasons
 * @returns false for promoted versions
 */
export function isObserved({ decision, reasons }: Pick<Decided, "decision" | "reasons">): boolean {
  return decision === "published" && reasons.length > 0;
}

/**
 * What was decided on a version, and what became of it, for tables that have the reasons elsewhere.
 *
 * @param version decision, reasons and state
 * @returns such as `published although … (observe)`
 */
export function describeDecision(version: Decided): string {
  return worded(version, "…", version.state);
}

/**
 * The same as a whole sentence without its full stop: `published although task 1 fell from 95.0 to 70.0, ... (observe)`.
 *
 * @param version decision, reasons and state
 * @returns a sentence
 */
export function explainDecision(version: Decided): string {
  const { state, reasons } = version;
  const why = reasons.join("; ");
  return worded(version, why, reasons.length > 0 ? `${state}, since ${why}` : state);
}

function worded(version: Decided, why: string, otherwise: string): string {
  const { state, reasons } = version;
  if (isObserved(version)) {
    const published = `published although ${why} (observe)`;
    return state === "published" ? published : `${state}; was ${published}`;
  }
  return state === "promoted" && reasons.length > 0 ? `promoted although ${why}` : otherwise;
}
