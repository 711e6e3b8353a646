/**
 * What was decided on a version, in words for people.
 * @module
 */
import type { VersionState } from "@cugro/protocol";

interface Decided {
  state: VersionState;
  reasons: readonly string[];
}

/** Whether a version was published although there are reasons against it: its gate only observes. */
export function isObserved({ state, reasons }: Decided): boolean {
  return state === "published" && reasons.length > 0;
}

/** The state of a version; of one that a gate only observed, that it did. */
export function describeDecision(version: Decided): string {
  return isObserved(version) ? "published (gate: observe)" : version.state;
}
