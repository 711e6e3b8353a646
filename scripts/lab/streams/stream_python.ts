/**
 * The Python that the environments of a stream need.
 * @module
 */
import {
  adaptedAdvice,
  adaptedPackage,
  checkPackages,
  findInterpreter,
  GymnasiumUnavailable,
  startPython,
} from "@cugro/environments/gymnasium";
import process from "node:process";
import { gymnasiumConfig } from "../../cli/embedded/choose_python.ts";
import { UsageError } from "../../cli/commands/print_output.ts";

/**
 * The variables with which a run's processes find an environment whose package needs a Python of its own; none for others.
 * It is tried at once, not after the minutes that a first training takes.
 *
 * @throws {UsageError} with the line that makes one
 */
export async function pythonVariables(id: string | undefined): Promise<Record<string, string>> {
  const adapted = id === undefined ? undefined : adaptedPackage(id);
  if (!adapted) return {};
  const python = findInterpreter(process.env, adapted.venv);
  if (python === undefined) {
    throw new UsageError(adaptedAdvice(adapted));
  }
  const { network, packages: named, trust } = gymnasiumConfig();
  const packages = [...new Set([...named, adapted.module])];
  const running = startPython({ python, network });
  try {
    await checkPackages(running, { packages, trust });
  } catch (error) {
    if (!(error instanceof GymnasiumUnavailable)) throw error;
    throw new UsageError(error.message, { cause: error });
  } finally {
    await running.stop();
  }
  return { CUGRO_PYTHON: python, CUGRO_GYMNASIUM_PACKAGES: packages.join(",") };
}
