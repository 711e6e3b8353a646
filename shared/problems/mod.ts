/**
 * What is wrong and needs a person: found, acknowledged, said once.
 * @module
 */
export { acknowledgeProblem } from "./acknowledge.ts";
export { announceProblems, createProblemChanges, type ProblemChanges } from "./changes.ts";
export { withCommands, withFlag } from "./advice_commands.ts";
export { gatherProblems, type ProblemSources, sortProblems } from "./gather_problems.ts";
export { AVERAGE_ALERT, type Refused, rejectionProblem } from "./learner_problems.ts";
