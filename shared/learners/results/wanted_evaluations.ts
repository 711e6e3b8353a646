/**
 * Which evaluations from outside a learner lacks. Pure.
 * @module
 */
import type { VersionFact, WantedEvaluation } from "@cugro/protocol";
import { versionKey } from "@cugro/protocol";
import { attemptAt, isPromotable, type LearnerFacts, validVersions } from "../facts/learner_facts.ts";
import { knobsOfVersion } from "../facts/knobs_of_facts.ts";
import { awaitedTasks } from "./outside.ts";
import { standingRows } from "./standing.ts";

const HOUR_MS = 3_600_000;

/**
 * Whether a version waits for scores from outside: nobody has decided on it since, nor wants its task learnt again.
 *
 * @param facts of its learner
 * @param version one of them
 * @returns false too where it never waited
 */
export function awaitsScores(facts: LearnerFacts, version: VersionFact): boolean {
  const { awaits, task, attempt } = version;
  return awaits !== undefined && isPromotable(facts, version.version) && attemptAt(facts, task) === attempt;
}

/**
 * When a version has waited long enough.
 *
 * @param facts of its learner
 * @param version that waits
 * @returns ms since 1970; undefined where nobody knows since when it waits
 */
export function endOfWaiting(facts: LearnerFacts, version: VersionFact): number | undefined {
  const since = Date.parse(facts.written.get(versionKey(facts.learner.name, version.version)) ?? "");
  return Number.isNaN(since) ? undefined : since + knobsOfVersion(facts, version).awaitScores * HOUR_MS;
}

/**
 * Tasks without enough scores of the version that waits for them, if one does, else of the newest valid version. Tasks with a
 * simulator of this project are none of them: their episodes are run here, and nowhere else.
 *
 * @param facts of the learner
 * @returns one for each task, in the order learnt; none for a deleted learner
 */
export function wantedEvaluations(facts: LearnerFacts): WantedEvaluation[] {
  if (facts.deleted) return [];
  const newest = facts.versions.at(-1);
  const waits = newest !== undefined && awaitsScores(facts, newest);
  const version = waits ? newest : validVersions(facts).at(-1);
  if (version === undefined) return [];
  const end = waits ? endOfWaiting(facts, version) : undefined;
  const row = standingRows(facts).get(version.version)!;
  const wanted = waits
    ? awaitedTasks(version, row, knobsOfVersion(facts, version))
    : row.filter(({ scores }) => scores.length === 0).map(({ task }) => task);
  return wanted.flatMap((task): WantedEvaluation[] => {
    const known = facts.tasks.find((one) => one.task === task);
    if (known === undefined) return [];
    const { environment, name, stateDim, actionDim, discreteActions, horizon } = known;
    if (environment !== null && "family" in environment) return [];
    return [{
      ...{ learner: facts.learner.name, version: version.version, task },
      ...{ environmentName: environment?.gymnasium ?? name, environment },
      ...{ stateDim, actionDim, discreteActions: discreteActions ?? null, horizon, waits },
      ...end === undefined ? {} : { until: new Date(end).toISOString() },
    }];
  });
}
