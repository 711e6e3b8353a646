/**
 * An operator's decisions: `promote`, `rollback`, `retry`, `cancel`, `relabel`.
 * @module
 */
import { LABEL_NAMES } from "@cugro/protocol";
import type { Command } from "commander";
import { onLearners, STORE_FLAG } from "../learners/learners_of_flags.ts";
import type { Learners, Overrides, Reason } from "../learners/learners.ts";
import { learningCommand } from "../learners/place.ts";
import { printJson, wholeNumber } from "./print_output.ts";
import { parseSettings, repeatable } from "./knob_options.ts";

/** Adds the commands. */
export function registerOperate(program: Command): void {
  act(program, "promote <version>", letThrough);
  act(program, "rollback <version>", goBack);
  act(program, "retry <task>", learnAgain)
    .addOption(repeatable("--set <knob=value>", "retry with another value of a knob; may be repeated"));
  act(program, "cancel <task>", stepOver);
  registerRelabel(program);
}

/** The learner, and the reason. */
interface Chosen {
  learner: string;
  reason: Reason;
  overrides: Overrides;
}

type Verdict = (learners: Learners, number: number, chosen: Chosen) => Promise<string>;

async function letThrough(learners: Learners, version: number, { learner, reason }: Chosen) {
  await learners.promote(learner, version, reason);
  return `version ${version} is published`;
}

async function goBack(learners: Learners, version: number, { learner, reason }: Chosen) {
  const gone = await learners.rollback(learner, version, reason);
  const serving = version === 0 ? "no version serves" : `version ${version} serves`;
  return gone.length > 0 ? `withdrawn: ${gone.join(", ")}; ${serving}` : `nothing to withdraw: ${serving}`;
}

async function learnAgain(learners: Learners, task: number, { learner, reason, overrides }: Chosen) {
  const how = await learners.retry(learner, task, reason, overrides);
  const next = learningCommand(learners.place, learner);
  return `task ${task}: ${how}${next === undefined ? "" : `; ${next} does it`}`;
}

async function stepOver(learners: Learners, task: number, { learner, reason }: Chosen) {
  await learners.cancel(learner, task, reason);
  return `task ${task} is skipped; its running jobs stop within seconds`;
}

interface ActOptions {
  learner: string;
  reason?: string;
  set?: string[];
}

function act(program: Command, usage: string, verdict: Verdict): Command {
  const command = program.command(usage)
    .requiredOption("--learner <name>", "learner that has the version or task")
    .option(...STORE_FLAG)
    .option("--reason <text>", "for the record");
  return onLearners(
    command,
    async (learners, text: string, { learner, reason, set = [] }: ActOptions) => {
      // There is a state before the first version, but no task before the first.
      const least = usage.startsWith("rollback") ? 0 : 1;
      const number = wholeNumber(usage.split(" ")[1]!, least)(text);
      console.log(await verdict(learners, number, { learner, reason, overrides: parseSettings(set) }));
    },
  );
}

interface RelabelOptions extends ActOptions {
  set: string[];
  dryRun?: boolean;
  json?: boolean;
}

function registerRelabel(program: Command): void {
  const command = program.command("relabel <task>")
    .requiredOption("--learner <name>", "learner that has the task")
    .addOption(repeatable("--set <name=value>", `one of ${LABEL_NAMES.join(", ")}; may be repeated`))
    .option(...STORE_FLAG)
    .option("--reason <text>", "for the record")
    .option("--dry-run", "only print what would be measured again")
    .option("--json", "print one JSON document");
  onLearners(
    command,
    async (learners, text: string, { learner, set, reason, dryRun = false, json }: RelabelOptions) => {
      const { place } = learners;
      const task = wholeNumber("<task>", 1)(text);
      const label = { set: parseSettings(set), reason, dryRun };
      const done = await learners.relabel(learner, task, label);
      if (json) return printJson(done);
      console.log(done.said);
      for (const { version, job, state } of done.again) {
        console.log(`  ${state}: version ${version}, job ${job}`);
      }
      if (dryRun) return console.log("Nothing was written.");
      const next = learningCommand(place, learner);
      if (done.again.some(({ state }) => state === "open") && next) console.log(`${next} runs them`);
    },
  );
}
