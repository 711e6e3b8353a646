/**
 * Command-line options for the Python that runs environments of Gymnasium. Child processes get it through their environment variables,
 * as those of a cluster do.
 * @module
 */
import process from "node:process";
import { TRUST_ADVICE } from "@cugro/environments/gymnasium";
import { faultOfGymnasium, type GymnasiumSpec } from "@cugro/protocol";
import type { Command } from "commander";
import { checkRunnable, gymnasiumConfig } from "../embedded/choose_python.ts";
import { UsageError } from "./print_output.ts";

/** The values of the flags. */
export interface PythonFlags {
  python?: string;
  trustEnvironments?: boolean;
}

/**
 * Adds the options.
 *
 * @param command gets them
 * @returns the same command
 */
export function withPythonOptions(command: Command): Command {
  return command
    .option(
      "--python <interpreter>",
      "the Python that environments of Gymnasium run in (default: CUGRO_PYTHON)",
    )
    .option(
      "--trust-environments",
      "run any environment that files name, also those with modules to import and arguments of any kind",
    );
}

/**
 * Applies the flags to this process and to those that it starts.
 *
 * @param flags as typed
 */
export function usePython({ python, trustEnvironments }: PythonFlags): void {
  if (python !== undefined) process.env.CUGRO_PYTHON = python;
  if (trustEnvironments) process.env.CUGRO_GYMNASIUM_TRUST = "any";
}

/** Refuses a requested environment that cannot be run here, before anything else happens. @throws {UsageError} */
export async function refuseUnrunnable(spec: GymnasiumSpec): Promise<void> {
  const fault = gymnasiumConfig().trust === "any" ? undefined : faultOfGymnasium(spec);
  if (fault !== undefined) throw new UsageError(`--gymnasium: it is not run as ${fault}: ${TRUST_ADVICE}`);
  try {
    await checkRunnable(spec);
  } catch (error) {
    throw new UsageError(`--gymnasium: ${(error as Error).message}`, { cause: error });
  }
}
