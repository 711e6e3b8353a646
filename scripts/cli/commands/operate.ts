/**
 * What an operator decides: `promote`, `rollback`, `retry`, `cancel`, `gc`.
 * @module
 */
import { collectGarbage, GC_GRACE_HOURS } from "@cugro/coordinator";
import { byteSize } from "@cugro/report";
import type { Command } from "commander";
import { openForWriting } from "../embedded/session.ts";
import { onLearners, onlyOnStore, STORE_FLAG } from "../learners/connect.ts";
import type { Learners, Overrides, Reason } from "../learners/learners.ts";
import { learningCommand } from "../learners/place.ts";
import { UsageError, wholeNumber } from "./output.ts";
import { parseSettings, repeatable } from "./settings.ts";

/** Adds the commands. */
export function registerOperate(program: Command): void {
  act(program, "promote <version>", "let a parked version through", letThrough);
  act(program, "rollback <version>", "go back to a version; later ones are withdrawn", goBack);
  act(program, "retry <task>", "learn a failed, parked, withdrawn or cancelled task again", learnAgain)
    .addOption(repeatable("--set <knob=value>", "with another value of a knob; may be repeated"));
  act(program, "cancel <task>", "step over a task that is not decided", stepOver);
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
  return gone.length > 0
    ? `withdrawn: ${gone.join(", ")}; version ${version} serves`
    : `version ${version} serves already`;
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
      const number = wholeNumber(usage.split(" ")[1]!, 1)(text);
      console.log(await verdict(learners, number, { learner, reason, overrides: parseSettings(set) }));
    },
  );
}

function registerGarbage(program: Command): void {
  const command = program.command("gc")
    .description("remove what no learner needs any more")
    .option(...STORE_FLAG)
    .option("--grace-hours <n>", "younger objects stay", String(GC_GRACE_HOURS))
    .option("--dry-run", "only say what would go")
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
  const store = await openForWriting(folder);
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
