/**
 * A version that waits for scores from outside: let through once they are there and nothing speaks against it, or once it has
 * waited long enough. Pure.
 * @module
 */
import {
  awaitedTasks,
  awaitsScores,
  endOfWaiting,
  judgeVersion,
  knobsOfVersion,
  type LearnerFacts,
  standingRows,
  standingVersions,
} from "@cugro/learners";
import { promotedKey } from "@cugro/protocol";
import type { Decision } from "./plan_parts.ts";

/** The outcome. `waits`: nothing is learnt meanwhile, as the next task continues this version or the one before. */
export interface Awaited {
  waits: boolean;
  decide: Decision[];
}

const NOTHING: Awaited = { waits: false, decide: [] };

/**
 * Looks whether the newest version still waits for scores from outside.
 *
 * @param facts of the learner
 * @param now ms since 1970, by which it has waited since its fact was written
 * @returns whether nothing else is planned meanwhile, and the facts that end the waiting
 */
export function planAwaited(facts: LearnerFacts, now: number): Awaited {
  const newest = facts.versions.at(-1);
  if (!newest || !awaitsScores(facts, newest)) return NOTHING;
  const row = standingRows(facts).get(newest.version)!;
  const knobs = knobsOfVersion(facts, newest);
  const lacking = awaitedTasks(newest, row, knobs);
  const { learner: { name } } = facts;
  // Without a known start it waits.
  const isOver = now >= (endOfWaiting(facts, newest) ?? Infinity);
  if (lacking.length > 0 && !isOver) return { waits: true, decide: [] };
  const { decision } = judgeVersion({
    knobs: { ...knobs, awaitScores: 0 },
    ...{ task: newest.task, row, earlier: standingVersions(facts) },
  });
  if (decision === "parked") return NOTHING;
  const reason = lacking.length === 0
    ? "nothing speaks against it by the scores from outside"
    : `no scores of ${knobs.awaitEpisodes} episodes came from outside in task ${lacking.join(", ")} ` +
      `within ${knobs.awaitScores} hours: judged by what there is`;
  const value = { schema: 1, version: newest.version, reason };
  return { waits: true, decide: [{ key: promotedKey(name, newest.version), value }] };
}
