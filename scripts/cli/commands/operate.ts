/**
 * What an operator decides: `promote`, `rollback`, `retry`, `cancel`, `gc`.
 * @module
 */
import { collectGarbage, GC_GRACE_HOURS } from "@cugro/coordinator";
import { cancel, promote, retry, rollback } from "@cugro/learners";
import type { Store } from "@cugro/store";
import type { Command } from "commander";
import { DEFAULT_STORE, openForWriting } from "../embedded/session.ts";
import { byteSize } from "@cugro/report";
import { repairHead } from "../embedded/repair_head.ts";
import { operate } from "../remote/act.ts";
import { orRemote } from "../remote/connect.ts";
import { UsageError, wholeNumber } from "./output.ts";
import { parseSettings, repeatable } from "./settings.ts";

interface ActOptions {
  learner: string;
  store: string;
  reason?: string;
  set?: string[];
}

/** Adds the commands. */
export function registerOperate(program: Command): void {
  act(program, "promote <version>", "let a parked version through", letThrough);
  act(program, "rollback <version>", "go back to a version; later ones are withdrawn", goBack);
  act(program, "retry <task>", "learn a failed, parked or cancelled task again", learnAgain)
    .addOption(repeatable("--set <knob=value>", "with another value of a knob; may be repeated"));
  act(program, "cancel <task>", "step over a task that is not decided", stepOver);
  registerGarbage(program);
}

/** Who it is about, and why. */
interface Chosen {
  store: Store;
  name: string;
  reason: { reason?: string };
  overrides: Record<string, string>;
  folder: string;
}

async function letThrough(version: number, { store, name, reason }: Chosen): Promise<string> {
  await promote({ store, name, version, ...reason });
  return `version ${version} is published`;
}

async function goBack(version: number, { store, name, reason }: Chosen): Promise<string> {
  const gone = await rollback({ store, name, version, ...reason });
  return gone.length > 0
    ? `withdrawn: ${gone.join(", ")}; version ${version} serves`
    : `version ${version} serves already`;
}

async function learnAgain(
  task: number,
  { store, name, reason, overrides, folder }: Chosen,
): Promise<string> {
  const how = await retry({ store, name, task, overrides, ...reason });
  return `task ${task}: ${how}; cugro run --learner ${name} --store ${folder} does it`;
}

async function stepOver(task: number, { store, name, reason }: Chosen): Promise<string> {
  await cancel({ store, name, task, ...reason });
  return `task ${task} is stepped over`;
}

function act(
  program: Command,
  usage: string,
  description: string,
  work: (number: number, chosen: Chosen) => Promise<string>,
): Command {
  const command = program.command(usage)
    .description(description)
    .requiredOption("--learner <name>", "whose version or task it is")
    .option("--store <folder>", "folder that holds everything, or s3://bucket/prefix", DEFAULT_STORE)
    .option("--reason <text>", "for the record");
  const locally = async (text: string, { learner, store: folder, reason, set = [] }: ActOptions) => {
    const number = wholeNumber(usage.split(" ")[1]!, 1)(text);
    const overrides = parseSettings(set);
    const store = await openForWriting(folder);
    try {
      const why = reason === undefined ? {} : { reason };
      console.log(await work(number, { store, name: learner, reason: why, overrides, folder }));
      await repairHead(store, learner);
    } finally {
      await store.close();
    }
  };
  return orRemote(command, locally, operate(command.name() as Parameters<typeof operate>[0]));
}

function registerGarbage(program: Command): void {
  program.command("gc")
    .description("remove what no learner needs any more")
    .option("--store <folder>", "folder that holds everything, or s3://bucket/prefix", DEFAULT_STORE)
    .option("--grace-hours <n>", "younger objects stay", String(GC_GRACE_HOURS))
    .option("--dry-run", "only say what would go")
    .action(sweep);
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
