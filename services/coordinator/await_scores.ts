/**
 * A version that waits for scores from outside: let through once they are there and nothing speaks against it, or once it has
 * waited long enough. Pure.
 * @module
 */
import {
  attemptAt,
  isPromotable,
  judgeVersion,
  knobsOfVersion,
  type LearnerFacts,
  standingRows,
  standingVersions,
} from "@cugro/learners";
import { promotedKey, type VersionFact, versionKey } from "@cugro/protocol";
import type { Decision } from "./plan_parts.ts";

/** What the coordinator does about it. `waits`: nothing is learnt meanwhile, as the next task continues this version or the one before. */
export interface Awaited {
  waits: boolean;
  decide: Decision[];
}

const NOTHING: Awaited = { waits: false, decide: [] };
const HOUR_MS = 3_600_000;

/** Looks at the newest version. @param now ms since 1970, by which it has waited since its fact was written */
export function planAwaited(facts: LearnerFacts, now: number): Awaited {
  const newest = facts.versions.at(-1);
  if (!newest || !stillWaits(facts, newest)) return NOTHING;
  const row = standingRows(facts).get(newest.version)!;
  const lacking = row.filter(({ task, scores }) => newest.awaits!.includes(task) && scores.length === 0);
  const knobs = knobsOfVersion(facts, newest);
  const { learner: { name } } = facts;
  const since = Date.parse(facts.written.get(versionKey(name, newest.version)) ?? "");
  // Where nobody knows since when, it waits.
  const isOver = now - since >= knobs.awaitScores * HOUR_MS;
  if (lacking.length > 0 && !isOver) return { waits: true, decide: [] };
  const { decision } = judgeVersion({
    knobs: { ...knobs, awaitScores: 0 },
    ...{ task: newest.task, row, earlier: standingVersions(facts) },
  });
  if (decision === "parked") return NOTHING;
  const reason = lacking.length === 0
    ? "nothing speaks against it by the scores from outside"
    : `no scores came from outside in task ${lacking.map(({ task }) => task).join(", ")} ` +
      `within ${knobs.awaitScores} hours: judged by what there is`;
  const value = { schema: 1, version: newest.version, reason };
  return { waits: true, decide: [{ key: promotedKey(name, newest.version), value }] };
}

/** Nobody has decided on it since, nor wants its task learnt again. */
function stillWaits(facts: LearnerFacts, { version, awaits, task, attempt }: VersionFact): boolean {
  return awaits !== undefined && isPromotable(facts, version) && attemptAt(facts, task) === attempt;
}
