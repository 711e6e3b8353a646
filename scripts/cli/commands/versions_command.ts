/**
 * `cugro versions`: a learner's versions, their scores, and why each was published or parked.
 * @module
 */
import { describeDecision, isObserved, type Shown, shownBy } from "@cugro/learners";
import { briefly, describeInterval, duration } from "@cugro/report/words";
import type { Command } from "commander";
import { onLearners, STORE_FLAG } from "../learners/learners_of_flags.ts";
import type { Learners, ShownStatus } from "../learners/learners.ts";
import { printActingOfVersions } from "./print_acting.ts";
import { printEstimates } from "./print_estimates.ts";
import { printJson, score } from "./print_output.ts";
import { printTable } from "../terminal_table.ts";
import { refuseWhileAway } from "./status_command.ts";

/** Adds the command. */
export function registerVersions(program: Command): void {
  const versionsCommand = program.command("versions")
    .requiredOption("--learner <name>", "learner whose versions are listed")
    .option(...STORE_FLAG)
    .option("--json", "print one JSON document");
  onLearners(versionsCommand, versions);
}

async function versions(
  learners: Learners,
  { learner, json }: { learner: string; json?: boolean },
): Promise<void> {
  await refuseWhileAway(learners);
  const found = await learners.status(learner);
  const { versions, head } = found;
  if (json) return printJson(versions.map((version) => ({ ...version, serving: version.version === head })));
  printVersions(found);
  printActingOfVersions(versions);
  for (const version of versions.filter(({ reasons }) => reasons.length > 0)) {
    console.log(`\nversion ${version.version} was ${leadToReasons(version)}:`);
    for (const reason of version.reasons) console.log(`  - ${reason}`);
  }
}

function leadToReasons(version: ShownStatus["versions"][number]): string {
  if (isObserved(version)) return "published although (observe; gate: enforce would have parked it)";
  return version.state === "promoted" ? "parked, and promoted although" : "parked, since";
}

/** In two tables, which fit a terminal. */
function printVersions(found: ShownStatus): void {
  const { versions, head, tasks } = found;
  const shown = versions.map((version) => shownBy(version, tasks));
  const valued = shown.some(({ values }) => values.some((value) => value !== null));
  printTable(
    ["version", "task", "decision", "parent", "new task", ...(valued ? ["values by task"] : []), "work"],
    versions.map((one, i) => [
      one.version,
      (one.revision ?? 0) === 0 ? one.task : `${one.task}, revision ${one.revision}`,
      `${describeDecision(one)}${one.version === head ? ", serving" : ""}`,
      one.parent ?? "–",
      score(one.measures.justLearned),
      ...(valued ? [valuesByTask(shown[i]!, tasks)] : []),
      duration(one.seconds),
    ]),
    "no version yet",
  );
  printEstimates(found, shown);
  printMeasures(versions);
}

function printMeasures(versions: ShownStatus["versions"]): void {
  if (versions.every(({ measures }) => measures.averagePerformance === null)) return;
  console.log(
    "\naverage score, and what old tasks have lost since their best (90 % interval)",
  );
  printTable(
    ["version", "average", "worst drop", "of task", "interval", "forgetting", "transfer"],
    versions.map(({ version, measures: { averagePerformance, worstDrop, forgetting, backwardTransfer } }) => [
      version,
      score(averagePerformance),
      score(worstDrop?.drop),
      worstDrop?.task ?? "–",
      worstDrop ? describeInterval(worstDrop) : "–",
      score(forgetting),
      score(backwardTransfer),
    ]),
  );
  for (const { version, measures } of versions.filter(({ measures }) => measures.badlyLearnedFirst)) {
    console.log(
      `version ${version}: a transfer of ${
        score(measures.backwardTransfer)
      }, for its old tasks were badly learned first`,
    );
  }
}

/** Values of the tasks without a simulator, which have no score. */
function valuesByTask({ values }: Shown, tasks: ShownStatus["tasks"]): string {
  return values.flatMap((value, i) => value === null ? [] : [`${tasks[i]!.task}: ${briefly(value)}`]).join(
    ", ",
  );
}
