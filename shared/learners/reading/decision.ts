/**
 * What was decided on a version, in words for people.
 * @module
 */
import type { VersionState } from "@cugro/protocol";

interface Decided {
  version: number;
  task: number;
  state: VersionState;
  reasons: readonly string[];
}

/** Whether a version was published although there are reasons against it: its gate only observes. */
export function isObserved({ state, reasons }: Pick<Decided, "state" | "reasons">): boolean {
  return state === "published" && reasons.length > 0;
}

/** The state of a version; of one that a gate only observed, that it did. */
export function describeDecision(version: Pick<Decided, "state" | "reasons">): string {
  return isObserved(version) ? "published (gate: observe)" : version.state;
}

/** What to say aloud of the version that serves, if its gate only observed; undefined otherwise. */
export function observedWarning(version: Decided | undefined): string | undefined {
  if (!version || !isObserved(version)) return undefined;
  return `Version ${version.version} (task ${version.task}) serves in spite of reasons against it, for its gate only ` +
    `observes (gate: observe): ${version.reasons.join("; ")}. With gate: enforce it would have been parked`;
}
