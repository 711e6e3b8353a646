/**
 * `cugro gc`: removes what no learner needs any more.
 * @module
 */
import type { Command } from "commander";
import { collectGarbage, GC_GRACE_HOURS } from "@cugro/coordinator";
import { byteSize } from "@cugro/report/words";
import { UsageError } from "../commands/print_output.ts";
import { openForReading, openForRemoving } from "../learners/stores_of_flags.ts";
import { onlyOnStore, STORE_FLAG } from "../learners/learners_of_flags.ts";

/** Adds the command. */
export function registerGarbage(program: Command): void {
  const command = program.command("gc")
    .option(...STORE_FLAG)
    .option("--grace-hours <n>", "keep objects younger than this", String(GC_GRACE_HOURS))
    .option("--dry-run", "only print what would be removed")
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
