/**
 * What has changed in a list of problems: each is told once when it comes up, and once when it is over.
 * @module
 */
import { describeNamed, describeProblem, type Problem } from "@cugro/protocol";

/** New problems, and those that are over. */
export interface ProblemChanges {
  raised: Problem[];
  resolved: Problem[];
}

/**
 * Compares each list with the one before. A problem whose cause was gone and is back has come up again.
 *
 * @returns a function that takes the next list, and gives what was raised and what is over
 */
export function createProblemChanges(): (problems: readonly Problem[]) => ProblemChanges {
  let before = new Map<string, Problem>();
  return (problems) => {
    const now = new Map(problems.map((problem) => [`${problem.id} ${problem.since ?? ""}`, problem]));
    const raised = [...now].filter(([mark]) => !before.has(mark)).map(([, problem]) => problem);
    const ids = new Set(problems.map(({ id }) => id));
    const resolved = [...before.values()].filter(({ id }) => !ids.has(id));
    before = now;
    return { raised: raised.filter(({ acknowledged }) => acknowledged === null), resolved };
  };
}

/**
 * Says each change of a list in a line of its own; whatever is acknowledged is not said.
 *
 * @param options.named whether the lines name the learner
 * @param say called with each line
 * @returns a function that takes the next list
 */
export function announceProblems(
  report: (line: string) => void,
  { named = false }: { named?: boolean } = {},
): (problems: readonly Problem[]) => void {
  const changesOf = createProblemChanges();
  const describe = named ? describeNamed : describeProblem;
  return (problems) => {
    const { raised, resolved } = changesOf(problems.filter(({ acknowledged }) => acknowledged === null));
    for (const problem of raised) report(`! ${describe(problem)}`);
    for (const problem of resolved) report(`over: ${describe({ ...problem, advice: "" })}`);
  };
}
