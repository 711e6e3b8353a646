/**
 * While a command learns: files that cannot be taken are reported once, and once more when that is over, in the
 * words of `cugro problems`. Progress of jobs, files and versions is shown elsewhere.
 * @module
 */
import type { LearnerFacts } from "@cugro/learners";
import { announceProblems, gatherProblems } from "@cugro/problems";
import type { ProblemCode } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import type { ProgressDisplay } from "./display.ts";

/** Looked for this often, as long as there is news. */
const INTERVAL_MS = 2_000;
const REPORTED: readonly ProblemCode[] = ["file.name", "file.learner", "file.place", "learner.unreadable"];

/**
 * Called with a learner's facts each time they have changed.
 *
 * @param intervalMs @default 2 s
 * @returns called with a learner's facts after each change
 */
export function createProblemNotes(
  store: Store,
  display: Pick<ProgressDisplay, "note">,
  intervalMs = INTERVAL_MS,
): (facts: LearnerFacts) => Promise<void> {
  const announce = announceProblems((line) => display.note(line));
  let lookedAt = -Infinity;
  let looking: Promise<void> | undefined;
  const look = async (facts: LearnerFacts) => {
    const { name } = facts.learner;
    const found = await gatherProblems({ store, learner: name, factsOf: () => Promise.resolve(facts) });
    announce(found.filter(({ code }) => REPORTED.includes(code)));
  };
  return (facts) => {
    if (looking || performance.now() - lookedAt < intervalMs) return looking ?? Promise.resolve();
    lookedAt = performance.now();
    // A store that cannot be read stops the run itself, with its own message.
    return looking = look(facts).catch(() => {}).finally(() => looking = undefined);
  };
}
