/**
 * The command line: `deno task cugro --help`. Each command is one file in `commands/`.
 * @module
 */
import { version } from "@cugro/telemetry";
import { Command, CommanderError } from "commander";
import { registerActing } from "./commands/act.ts";
import { registerCollect } from "./commands/collecting/collect.ts";
import { registerDashboard } from "./page/dashboard.ts";
import { registerDatasets } from "./commands/datasets.ts";
import { registerDoctor } from "./commands/doctor.ts";
import { registerEvaluate } from "./commands/evaluate.ts";
import { registerExport } from "./commands/export.ts";
import { registerKnobs } from "./commands/knobs.ts";
import { registerLearner } from "./commands/learner.ts";
import { registerOperate } from "./commands/operate.ts";
import { registerPlan } from "./commands/plan.ts";
import { registerProblems } from "./commands/problems.ts";
import { registerReport } from "./commands/report.ts";
import { registerRun } from "./commands/run.ts";
import { registerServe } from "./commands/serve.ts";
import { registerStatus } from "./commands/status.ts";
import { registerCompare } from "./commands/numbers/compare.ts";
import { registerSweep } from "./commands/numbers/sweep.ts";
import { registerTables } from "./commands/numbers/tables.ts";
import { registerVersions } from "./commands/versions.ts";
import { registerTransfer } from "./commands/transfer.ts";
import { registerToken } from "./commands/token.ts";
import { returnToCaller } from "./learners/invocation.ts";
import { registerBackup } from "./stores/backup.ts";
import { registerRestore } from "./stores/restore.ts";
import { registerVerify } from "./stores/verify.ts";
import { nameTyposFirst } from "./typos.ts";

/** In the order of the help. */
const COMMANDS = [
  registerRun,
  registerPlan,
  registerStatus,
  registerVersions,
  registerProblems,
  registerTables,
  registerCompare,
  registerSweep,
  registerReport,
  registerOperate,
  registerEvaluate,
  registerActing,
  registerExport,
  registerServe,
  registerDashboard,
  registerCollect,
  registerDatasets,
  registerKnobs,
  registerLearner,
  registerTransfer,
  registerBackup,
  registerRestore,
  registerVerify,
  registerToken,
  registerDoctor,
];

/** The whole command line, not run yet. */
export function createProgram(): Command {
  const program = new Command("cugro")
    .description(
      "One policy that keeps learning: a sequence of offline datasets in, one policy for all tasks out.",
    )
    .version(version)
    // Only before a command is --version the software's; after it, it is the command's own.
    .enablePositionalOptions()
    .showHelpAfterError("(cugro --help shows all commands)")
    .exitOverride();
  for (const register of COMMANDS) register(program);
  nameTyposFirst(program);
  return program;
}

/**
 * Runs one command line; faults become one sentence on stderr.
 *
 * @returns the exit code
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync([...args], { from: "user" });
    return Number(Deno.exitCode) || 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    console.error(`cugro: ${explain(error)}`);
    if (Deno.env.get("CUGRO_LOG") === "debug" && error instanceof Error) console.error(error.stack);
    return 1;
  }
}

/** Files that a command was given and cannot use are named in a sentence; everything else speaks for itself. */
function explain(error: unknown): string {
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (path !== undefined && code === "ENOENT") return `Cannot read ${path}: there is no such file or folder`;
  if (code === "EISDIR") return `Cannot read ${path ?? "it"}: it is a folder, and a file is wanted`;
  return message ?? String(error);
}

if (import.meta.main) {
  const { ensureSetup } = await import("../setup/setup.ts");
  await ensureSetup().catch((error) => {
    console.error(`cugro: ${explain(error)}`);
    Deno.exit(1);
  });
  returnToCaller();
  Deno.exit(await runCommandLine(Deno.args));
}
