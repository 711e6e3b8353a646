/**
 * Which Python runs environments of Gymnasium, as it stands on a command line. The processes that are started are told by their
 * environment, as those of a cluster are.
 * @module
 */
import process from "node:process";
import { TRUST_ADVICE } from "@cugro/environments/gymnasium";
import { faultOfGymnasium, type GymnasiumSpec } from "@cugro/protocol";
import type { Command } from "commander";
import { checkRunnable, gymnasiumConfig } from "../embedded/choose_python.ts";
import { UsageError } from "./print_output.ts";

/** What the flags say. */
export interface PythonFlags {
  python?: string;
  trustEnvironments?: boolean;
}

/** Adds the options. */
export function withPythonOptions(command: Command): Command {
  return command
    .option(
      "--python <interpreter>",
      "the Python that environments of Gymnasium run in (default: CUGRO_PYTHON)",
    )
    .option(
      "--trust-environments",
      "run whatever environment files name, also those that name modules to import and arguments of any kind",
    );
}

/** Has the processes that this one starts, and itself, use what the flags say. */
export function usePython({ python, trustEnvironments }: PythonFlags): void {
  if (python !== undefined) process.env.CUGRO_PYTHON = python;
  if (trustEnvironments) process.env.CUGRO_GYMNASIUM_TRUST = "any";
}

/** Refuses an environment that was asked for and cannot be run here, before anything else happens. @throws {UsageError} */
export async function refuseUnrunnable(spec: GymnasiumSpec): Promise<void> {
  const fault = gymnasiumConfig().trust === "any" ? undefined : faultOfGymnasium(spec);
  if (fault !== undefined) throw new UsageError(`--gymnasium: it is not run as ${fault}: ${TRUST_ADVICE}`);
  try {
    await checkRunnable(spec);
  } catch (error) {
    throw new UsageError(`--gymnasium: ${(error as Error).message}`, { cause: error });
  }
}
