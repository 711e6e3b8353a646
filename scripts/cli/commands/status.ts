/**
 * `cugro status`, `cugro versions`: where a learner stands.
 * @module
 */
import {
  describeDecision,
  describeRejection,
  describeTrainingRows,
  type TrainingSteps,
} from "@cugro/learners";
import { briefly, byteSize, describeSteps, duration } from "@cugro/report";
import type { Command } from "commander";
import { onLearners, STORE_FLAG } from "../learners/connect.ts";
import type { Learners, ShownStatus } from "../learners/learners.ts";
import { commandLine, type Place } from "../learners/place.ts";
import { printJson, printTable, score, UsageError } from "./output.ts";
import { printProblems, sayProblem } from "./problems.ts";
import { printResult, resultOf } from "./result.ts";

/** Adds the commands. */
export function registerStatus(program: Command): void {
  const statusCommand = program.command("status")
    .description("tasks, jobs, scores and problems of a learner (of all, in short, without --learner)")
    .option("--learner <name>", "one learner, in full")
    .option(...STORE_FLAG)
    .option("--json", "print one JSON document");
  onLearners(statusCommand, status);
  const versionsCommand = program.command("versions")
    .description("the versions of a learner and why each was published or parked")
    .requiredOption("--learner <name>", "whose versions")
    .option(...STORE_FLAG)
    .option("--json", "print one JSON document");
  onLearners(versionsCommand, versions);
}

async function status(
  learners: Learners,
  { learner, json }: { learner?: string; json?: boolean },
): Promise<void> {
  await refuseWhileAway(learners);
  if (learner === undefined) return await statusOfAll(learners, json);
  const found = await learners.status(learner);
  if (json) return printJson(found);
  printStatus(found, learners.place);
}

/** A store that hangs behind a gateway is asked in vain for minutes; the gateway itself knows that it hangs. */
async function refuseWhileAway(learners: Learners): Promise<void> {
  const { place } = learners;
  const problems = place.kind === "gateway" ? await learners.problems() : [];
  const away = problems.find(({ code }) => code === "store.away");
  if (away) {
    throw new UsageError(`${sayProblem(away, place)} All that is wrong: ${commandLine(place, "problems")}`);
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
      const { name, tasks, head, averagePerformance, problems } = summaryOf(found);
      const own = problems.filter(({ subject }) => subject.learner === name);
      return [name, tasks, head ?? "none", score(averagePerformance), own.length];
    }),
  );
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
  printTasks(found);
  printJobs(found);
  const result = resultOf(found);
  printSteps(result.steps);
  printResult(result, place);
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

function printTasks({ tasks, rejections }: ShownStatus): void {
  printTable(
    ["task", "name", "state", "attempt", "transitions", "environment"],
    tasks.map((
      { task, name, state, attempt, size, environment },
    ) => [task, name, state, attempt, size, environment?.family ?? "none"]),
  );
  for (const task of tasks) {
    const read = describeTrainingRows(task);
    if (read !== undefined) console.log(read);
  }
  for (const rejection of rejections) console.log(describeRejection(rejection));
}

/** Finished jobs in sums, unfinished ones by name. */
function printJobs({ jobs, secondsPerKind }: ShownStatus): void {
  const done = jobs.filter(({ state }) => state === "done").length;
  const seconds = Object.entries(secondsPerKind).map(([kind, sum]) => `${kind} ${duration(sum)}`).join(", ");
  console.log(`\n${done} of ${jobs.length} jobs done${seconds ? `: ${seconds}` : ""}`);
  for (const { state, label, message } of jobs) {
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

async function versions(
  learners: Learners,
  { learner, json }: { learner: string; json?: boolean },
): Promise<void> {
  await refuseWhileAway(learners);
  const { versions, head } = await learners.status(learner);
  if (json) return printJson(versions.map((version) => ({ ...version, serving: version.version === head })));
  const valued = versions.some(({ row }) => unscoredValues(row) !== "");
  printTable(
    [
      "version",
      "task",
      "state",
      "parent",
      "mean score",
      ...(valued ? ["values by task"] : []),
      "work",
    ],
    versions.map(({ version, task, state, parent, row, seconds, reasons }) => {
      const scores = row.flatMap(({ meanScore }) => meanScore ?? []);
      const mean = scores.length > 0 ? scores.reduce((sum, value) => sum + value, 0) / scores.length : null;
      return [
        version,
        task,
        `${describeDecision({ state, reasons })}${version === head ? ", serving" : ""}`,
        parent ?? "–",
        score(mean),
        ...(valued ? [unscoredValues(row)] : []),
        duration(seconds),
      ];
    }),
  );
  for (const { version, reasons } of versions) {
    if (reasons.length === 0) continue;
    console.log(`\nwhat speaks against version ${version}:`);
    for (const reason of reasons) console.log(`  - ${reason}`);
  }
}

/** Values of the tasks that have no score, for want of a simulator. */
function unscoredValues(row: ShownStatus["versions"][number]["row"]): string {
  const unscored = row.filter(({ meanScore, valueEstimate }) => meanScore === null && valueEstimate !== null);
  return unscored.map(({ task, valueEstimate }) => `${task}: ${briefly(valueEstimate)}`).join(", ");
}
