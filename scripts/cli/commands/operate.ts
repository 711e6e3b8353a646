/**
 * What an operator decides: `promote`, `rollback`, `retry`, `cancel`, `relabel`, `gc`.
 * @module
 */
import { collectGarbage, GC_GRACE_HOURS } from "@cugro/coordinator";
import { LABEL_NAMES } from "@cugro/protocol";
import { byteSize } from "@cugro/report";
import type { Command } from "commander";
import { openForReading, openForRemoving } from "../embedded/run_session.ts";
import { onLearners, onlyOnStore, STORE_FLAG } from "../learners/connect.ts";
import type { Learners, Overrides, Reason } from "../learners/learners.ts";
import { learningCommand } from "../learners/place.ts";
import { printJson, UsageError, wholeNumber } from "./output.ts";
import { parseSettings, repeatable } from "./settings.ts";

/** Adds the commands. */
export function registerOperate(program: Command): void {
  act(program, "promote <version>", "publish a parked version", letThrough);
  act(
    program,
    "rollback <version>",
    "go back to a version (0: before the first); later ones are withdrawn",
    goBack,
  );
  act(program, "retry <task>", "learn a failed, parked, withdrawn or cancelled task again", learnAgain)
    .addOption(repeatable("--set <knob=value>", "with another value of a knob; may be repeated"));
  act(program, "cancel <task>", "skip a task that is not decided yet", stepOver);
  registerRelabel(program);
  registerGarbage(program);
}

/** Whose version or task it is, and why. */
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
  return `task ${task} is stepped over; what runs for it stops within seconds`;
}

interface ActOptions {
  learner: string;
  reason?: string;
  set?: string[];
}

function act(program: Command, usage: string, description: string, verdict: Verdict): Command {
  const command = program.command(usage)
    .description(description)
    .requiredOption("--learner <name>", "whose version or task it is")
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
    .description(
      "correct a task's labels (its goal, environment, name ...); what depends on them is measured again",
    )
    .requiredOption("--learner <name>", "whose task it is")
    .addOption(repeatable("--set <name=value>", `one of ${LABEL_NAMES.join(", ")}; may be repeated`))
    .option(...STORE_FLAG)
    .option("--reason <text>", "for the record")
    .option("--dry-run", "only say what would be measured again")
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

function registerGarbage(program: Command): void {
  const command = program.command("gc")
    .description("remove objects that no learner needs any more")
    .option(...STORE_FLAG)
    .option("--grace-hours <n>", "keep objects younger than this", String(GC_GRACE_HOURS))
    .option("--dry-run", "only say what would be removed")
    .action(sweep);
  onlyOnStore(command, "the coordinator behind a gateway removes it by itself");
}

async function sweep(
  { store: folder, graceHours, dryRun = false }: { store: string; graceHours: string; dryRun?: boolean },
): Promise<void> {
  const hours = Number(graceHours);
  if (!(hours >= 0)) {
    throw new UsageError(`--grace-hours must be a number of at least 0: current value is ${graceHours}`);
  }
  const store = await (dryRun ? openForReading : openForRemoving)(folder);
  try {
    const { removed, bytes, young } = await collectGarbage({ store, graceHours: hours, dryRun });
    if (dryRun) { for (const { key } of removed) console.log(key); }
    console.log(
      `${dryRun ? "would remove" : "removed"} ${removed.length} objects, ${byteSize(bytes)}; ` +
        `${young} unneeded ones are younger than ${hours} h`,
    );
  } finally {
    await store.close();
  }
}
