/**
 * `cugro status`: where learners stand.
 * @module
 */
import { describeKeptData } from "@cugro/algorithm/knobs";
import {
  countOf,
  describeDecision,
  describeRejection,
  describeTrainingRows,
  isObserved,
  type TrainingSteps,
} from "@cugro/learners";
import { byteSize, describeSteps, duration } from "@cugro/report/words";
import type { Command } from "commander";
import { onLearners, STORE_FLAG } from "../learners/learners_of_flags.ts";
import type { Learners, ShownStatus } from "../learners/learners.ts";
import { commandLine, type Place, withPlace } from "../learners/place.ts";
import { printJson, score, UsageError } from "./print_output.ts";
import { printTable } from "../terminal_table.ts";
import { printActing } from "./print_acting.ts";
import { printProblems, problemText } from "./problems_command.ts";
import { printResult, resultOf } from "./result.ts";

/** Adds the command. */
export function registerStatus(program: Command): void {
  const statusCommand = program.command("status")
    .option("--learner <name>", "one learner, in full")
    .option(...STORE_FLAG)
    .option("--json", "print one JSON document");
  onLearners(statusCommand, status);
}

async function status(
  learners: Learners,
  { learner, json }: { learner?: string; json?: boolean },
): Promise<void> {
  await refuseWhileAway(learners);
  if (learner === undefined) return await statusOfAll(learners, json);
  if (json) return printJson(await learners.whole(learner));
  printStatus(await learners.status(learner), learners.place);
}

/**
 * Asking a hung store through a gateway would take minutes; the gateway itself knows that it hangs.
 *
 * @param learners in a store or behind a gateway
 * @throws {Error} while the gateway reports that its store is down
 */
export async function refuseWhileAway(learners: Learners): Promise<void> {
  const { place } = learners;
  const problems = place.kind === "gateway" ? await learners.problems() : [];
  const away = problems.find(({ code }) => code === "store.away");
  if (away) {
    throw new UsageError(`${problemText(away, place)} All that is wrong: ${commandLine(place, "problems")}`);
  }
}

async function statusOfAll(learners: Learners, json = false): Promise<void> {
  const all = await Promise.all((await learners.list()).map((name) => learners.status(name)));
  if (json) return printJson(all.map(summaryOf));
  printProblems(await learners.problems(), learners.place);
  printLearners(all, learners.place);
}

function printLearners(all: readonly ShownStatus[], place: Place): void {
  if (all.length === 0) {
    const makes = commandLine(place, "run FILES --learner NAME");
    return console.log(`No learner in ${place.name}; ${makes} makes one`);
  }
  printTable(
    ["learner", "tasks", "serving", "average performance", "problems"],
    all.map((found) => {
      const { name, tasks, averagePerformance, problems } = summaryOf(found);
      const own = problems.filter(({ subject }) => subject.learner === name);
      return [name, tasks, servingIn(found), score(averagePerformance), own.length];
    }),
  );
}

/** The serving version, with a note if `gate: enforce` would have parked it. */
function servingIn({ versions, head }: ShownStatus): string | number {
  const serving = versions.find(({ version }) => version === head);
  if (!serving) return "none";
  return isObserved(serving) ? `${head}, ${describeDecision(serving)}` : serving.version;
}

function printStatus(found: ShownStatus, place: Place): void {
  if (found.deleted) {
    console.log(
      `The learner "${found.learner.name}" was deleted: nothing is planned for it, and its name is not used again. Until ` +
        `garbage collection, ${
          commandLine(place, `learner restore ${found.learner.name}`)
        } brings it back.\n`,
    );
  }
  printTasks(found, place);
  const kept = describeKeptData(found.config.knobs.replay as string | undefined);
  if (kept) console.log(kept);
  printJobs(found);
  const result = resultOf(found);
  printSteps(result.steps);
  printResult(result, found, place);
  printActing(found.versions, found.head);
  const { bytes } = found;
  console.log(
    `bytes: raw data ${byteSize(bytes.rawData)}; kept: generators ${byteSize(bytes.generators)}, critic ${
      byteSize(bytes.critic)
    }; shards in use ${byteSize(bytes.shards)}`,
  );
}

function summaryOf({ learner, tasks, head, averagePerformance, problems }: ShownStatus) {
  return { name: learner.name, tasks: tasks.length, head, averagePerformance, problems };
}

function printTasks({ tasks, rejections, problems }: ShownStatus, place: Place): void {
  printTable(
    ["task", "name", "state", "attempt", "transitions", "environment"],
    tasks.map((
      { task, revision, name, state, attempt, size, environment },
    ) => [
      task,
      name,
      revision === 0 ? state : `revision ${revision} ${state}`,
      attempt,
      countOf(size),
      nameOf(environment),
    ]),
    "no task yet",
  );
  for (const task of tasks) {
    const read = describeTrainingRows(task);
    if (read !== undefined) console.log(read);
  }
  // A rejection that is a problem as well is shown once, among the problems.
  const reported = new Set(problems.map(({ subject }) => subject.key));
  for (const rejection of rejections.filter(({ key }) => !reported.has(key))) {
    console.log(withPlace(describeRejection(rejection), place));
  }
}

function nameOf(environment: ShownStatus["tasks"][number]["environment"]): string {
  if (!environment) return "none";
  return "family" in environment ? environment.family : environment.gymnasium;
}

/** Finished jobs in sums, unfinished ones by name. */
function printJobs({ openJobs, jobCounts, secondsPerKind }: ShownStatus): void {
  const all = Object.values(jobCounts).reduce((sum, count) => sum + count, 0);
  const seconds = Object.entries(secondsPerKind).map(([kind, sum]) => `${kind} ${duration(sum)}`).join(", ");
  if (all === 0) return;
  console.log(`\n${jobCounts.done} of ${all} jobs done${seconds ? `: ${seconds}` : ""}`);
  for (const { state, label, message } of openJobs) {
    if (state !== "done") console.log(`  ${state.padEnd(8)} ${label}${message ? `: ${message}` : ""}`);
  }
}

/** Gradient steps by task and kind of training. */
function printSteps(steps: readonly TrainingSteps[]): void {
  if (steps.length === 0) return;
  const kinds = [...new Set(steps.map(({ kind }) => kind))].sort();
  console.log("\ngradient steps done, and where a limit cut them, what was asked for");
  printTable(
    ["task", ...kinds],
    [...new Set(steps.map(({ task }) => task))].map((task) => [
      task,
      ...kinds.map((kind) => {
        const found = steps.find((one) => one.task === task && one.kind === kind);
        return found ? describeSteps(found) : "–";
      }),
    ]),
  );
}
