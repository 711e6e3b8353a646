/**
 * `cugro problems`: all problems, and who has acknowledged them.
 * @module
 */
import { describeNamed, describeProblem, type Problem } from "@cugro/protocol";
import type { Command } from "commander";
import { onLearners, STORE_FLAG } from "../learners/learners_of_flags.ts";
import type { Learners } from "../learners/learners.ts";
import { commandLine, type Place, withPlace } from "../learners/place.ts";
import { printJson } from "./print_output.ts";

/** Adds the commands. */
export function registerProblems(program: Command): void {
  const problemsCommand = program.command("problems")
    .option("--learner <name>", "only problems of one learner, and those that all share")
    .option("--all", "include acknowledged problems")
    .option(...STORE_FLAG)
    .option("--json", "print one JSON document");
  onLearners(problemsCommand, problems);
  const acknowledgeCommand = problemsCommand.command("acknowledge <id>")
    .description("acknowledge a problem: it is hidden until it occurs again")
    .option(...STORE_FLAG)
    .option("--reason <text>", "for the record");
  onLearners(acknowledgeCommand, acknowledge);
}

async function problems(
  learners: Learners,
  { learner, all = false, json = false }: { learner?: string; all?: boolean; json?: boolean },
): Promise<void> {
  const found = await learners.problems(learner);
  if (learner !== undefined && found.length === 0 && !(await learners.list()).includes(learner)) {
    throw new RangeError(`There is no learner "${learner}" in ${learners.place.name}`);
  }
  const shown = all ? found : found.filter(({ acknowledged }) => acknowledged === null);
  if (json) return printJson(shown);
  for (const problem of shown) {
    const { id, severity, since, acknowledged } = problem;
    console.log(`${id}  ${severity}  since ${since ?? "unknown"}`);
    console.log(`  ${problemText(problem, learners.place, true)}`);
    if (acknowledged) {
      const { by, at, reason } = acknowledged;
      console.log(`  acknowledged by ${by} at ${at}${reason ? `: ${reason}` : ""}`);
    }
  }
  const hidden = found.length - shown.length;
  if (shown.length === 0) console.log("Nothing is wrong");
  if (hidden > 0) console.log(`(${hidden} acknowledged: --all shows them)`);
}

async function acknowledge(learners: Learners, id: string, { reason }: { reason?: string }): Promise<void> {
  const { message } = await learners.acknowledge(id, reason);
  console.log(`acknowledged: ${message}`);
}

/**
 * A problem in a line; commands that it advises can be pasted.
 *
 * @param problem to print
 * @param place of the learners
 * @param named whether the learner's name is part of the line
 * @returns a line
 */
export function problemText(problem: Problem, place: Place, named = false): string {
  return withPlace(named ? describeNamed(problem) : describeProblem(problem), place);
}

/** One line for each, for people. */
export function printProblems(problems: readonly Problem[], place: Place): void {
  const open = problems.filter(({ acknowledged }) => acknowledged === null);
  for (const problem of open) console.log(`! ${problemText(problem, place, true)}`);
  const seen = problems.length - open.length;
  if (seen > 0) console.log(`(${seen} acknowledged: ${commandLine(place, "problems --all")})`);
}
