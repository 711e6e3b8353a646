/**
 * What was wrong with simulators that are no part of this project, in the newest version. Pure.
 * @module
 */
import { createProblem, type Problem, versionKey } from "@cugro/protocol";
import { type LearnerFacts, validVersions } from "@cugro/learners";

/**
 * Tasks of the newest valid version that were not run, or lost episodes.
 *
 * @param facts of one learner
 * @returns a problem for each task of that version, at most
 */
export function simulatorProblems(facts: LearnerFacts): Problem[] {
  const { name } = facts.learner;
  const newest = validVersions(facts).at(-1);
  if (!newest) return [];
  const { version } = newest;
  const since = facts.written.get(versionKey(name, version)) ?? null;
  return newest.row.flatMap(({ task, notRun, lostEpisodes, returns }) => {
    const about = { since, subject: { learner: name, task, version } };
    const cause = { learner: name, version, task };
    if (notRun !== undefined) {
      return createProblem("environment.not-run", cause, {
        ...about,
        message: `Version ${version} has no true return on task ${task}: ${notRun}.`,
        advice:
          `Once that is mended, later versions have one, and this one is run with: cugro evaluate --learner ${name}`,
      });
    }
    if (lostEpisodes === undefined) return [];
    return createProblem("environment.died", cause, {
      ...about,
      message: `Version ${version} on task ${task}: the environment's process died in ${lostEpisodes} of ${
        returns.length + lostEpisodes
      } episodes each time, which are not counted.`,
      advice: "",
    });
  });
}
