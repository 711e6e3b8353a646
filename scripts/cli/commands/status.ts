/**
 * `cugro status`, `cugro versions`: where a learner stands.
 * @module
 */
import { describeRejection, learnerStatus, listLearners, strayFiles } from "@cugro/learners";
import type { Store } from "@cugro/store";
import type { Command } from "commander";
import { DEFAULT_STORE, openForReading } from "../embedded/session.ts";
import { byteSize, duration } from "@cugro/report";
import { orRemote } from "../remote/connect.ts";
import * as remote from "../remote/show.ts";
import { printJson, printTable, score } from "./output.ts";
import { printResult, resultOf, type ShownStatus } from "./result.ts";

interface StatusOptions {
  learner?: string;
  store: string;
  json?: boolean;
}

/** Adds the commands. */
export function registerStatus(program: Command): void {
  const statusCommand = program.command("status")
    .description("tasks, jobs, scores and problems of a learner (of all, in short, without --learner)")
    .option("--learner <name>", "one learner, in full")
    .option("--store <folder>", "folder that holds everything, or s3://bucket/prefix", DEFAULT_STORE)
    .option("--json", "print one JSON document");
  orRemote(statusCommand, status, remote.status);
  const versionsCommand = program.command("versions")
    .description("the versions of a learner and why each was published or parked")
    .requiredOption("--learner <name>", "whose versions")
    .option("--store <folder>", "folder that holds everything, or s3://bucket/prefix", DEFAULT_STORE)
    .option("--json", "print one JSON document");
  orRemote(versionsCommand, versions, remote.versions);
}

async function status({ learner, store: folder, json }: StatusOptions): Promise<void> {
  const store = await openForReading(folder);
  if (learner === undefined) {
    const all = await Promise.all((await listLearners(store)).map((name) => learnerStatus(store, name)));
    if (!json) await printStrays(store);
    return printLearners(all, folder, json);
  }
  const found = await learnerStatus(store, learner);
  if (json) return printJson(found);
  printStatus(found);
}

/** All learners in short. `where` they are, for a person. */
export function printLearners(all: readonly ShownStatus[], where: string, json = false): void {
  if (json) return printJson(all.map(summaryOf));
  if (all.length === 0) {
    return console.log(`No learner in ${where}; cugro run FILES --learner NAME makes one`);
  }
  printTable(
    ["learner", "tasks", "serving", "average performance", "problems"],
    all.map((found) => {
      const { name, tasks, head, averagePerformance, problems } = summaryOf(found);
      return [name, tasks, head ?? "none", score(averagePerformance), problems.length];
    }),
  );
}

/** One learner in full. */
export function printStatus(found: ShownStatus): void {
  if (found.deleted) {
    console.log(
      `The learner "${found.learner.name}" was deleted: nothing is planned for it, and its name is not used again.\n`,
    );
  }
  printTasks(found);
  printJobs(found);
  printResult(resultOf(found));
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

/** What a person has dropped for nobody. */
async function printStrays(store: Store): Promise<void> {
  for (const [name, keys] of await strayFiles(store)) {
    console.log(
      `! ${keys.length} file(s) in incoming/${name}/ wait for a learner "${name}", and there is none`,
    );
  }
}

function printTasks({ tasks, rejections }: ShownStatus): void {
  printTable(
    ["task", "name", "state", "attempt", "transitions", "environment"],
    tasks.map((
      { task, name, state, attempt, size, environment },
    ) => [task, name, state, attempt, size, environment?.family ?? "none"]),
  );
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

async function versions({ learner, store: folder, json }: StatusOptions): Promise<void> {
  const found = await learnerStatus(await openForReading(folder), learner!);
  if (json) return printJson(found.versions);
  printVersions(found);
}

/** The versions of a learner. */
export function printVersions(found: Pick<ShownStatus, "versions" | "head">): void {
  printTable(
    ["version", "task", "state", "parent", "mean score", "work", "reasons"],
    found.versions.map(({ version, task, state, parent, row, seconds, reasons }) => {
      const scores = row.flatMap(({ meanScore }) => meanScore ?? []);
      const mean = scores.length > 0 ? scores.reduce((sum, value) => sum + value, 0) / scores.length : null;
      return [
        version,
        task,
        version === found.head ? `${state}, serving` : state,
        parent ?? "–",
        score(mean),
        duration(seconds),
        reasons.join("; "),
      ];
    }),
  );
}
