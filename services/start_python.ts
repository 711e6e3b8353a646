/**
 * Python for environments of Gymnasium, started before native code is loaded: no program can be started any more after that.
 * @module
 */
import process from "node:process";
import { type PythonProcess, startPython } from "@cugro/environments/gymnasium";
import type { Config } from "@cugro/process";
import { createLog } from "@cugro/telemetry";

/**
 * The interpreter that the configuration names, running; undefined where it names none. Its unasked end ends this process.
 *
 * @param config the interpreter's path
 * @returns to be ended with the process
 */
export function startConfiguredPython(
  { gymnasium: { python, network }, logLevel }: Pick<Config, "gymnasium" | "logLevel">,
): PythonProcess | undefined {
  if (python === undefined) return undefined;
  return startPython({
    python,
    network,
    onEnd(error) {
      createLog({ level: logLevel }).error("Python has ended; this process ends, to be started again", {
        error,
      });
      process.exit(1);
    },
  });
}
