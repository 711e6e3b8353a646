/**
 * The command line: `deno task cugro --help`. The commands are listed in `command_table.ts`; each loads its modules
 * when it is run.
 * @module
 */
import { version } from "@cugro/telemetry";
import { Command, CommanderError } from "commander";
import { returnToCaller } from "./learners/invocation.ts";
import { explain } from "./explain.ts";
import { addCommands, COMMAND_NAMES } from "./command_table.ts";
import { nameHelpAfterErrors, nameTyposFirst } from "./typos.ts";

/**
 * The command line, before it runs.
 *
 * @param names the commands that are loaded; of the others there are names and sentences
 */
export async function createProgram(names: readonly string[] = COMMAND_NAMES): Promise<Command> {
  const program = new Command("cugro")
    .description(
      "One policy that keeps learning: a sequence of offline datasets in, one policy for all tasks out.",
    )
    .version(version)
    // --version before a command is the software's; after a command it is the command's own option.
    .enablePositionalOptions()
    .showHelpAfterError("(cugro --help shows all commands)")
    .exitOverride();
  await addCommands(program, names);
  nameTyposFirst(program);
  nameHelpAfterErrors(program);
  return program;
}

/**
 * Runs one command line; faults become one sentence on stderr.
 *
 * @returns the exit code
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    const program = await createProgram(namesIn(args));
    await program.parseAsync([...args], { from: "user" });
    return Number(Deno.exitCode) || 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    console.error(`cugro: ${explain(error)}`);
    if (Deno.env.get("CUGRO_LOG") === "debug" && error instanceof Error) console.error(error.stack);
    return 1;
  }
}

/** The command that was typed, or whose help was asked for. */
function namesIn(args: readonly string[]): string[] {
  return args.filter((arg) => !arg.startsWith("-")).slice(0, args.includes("help") ? 2 : 1);
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
