/**
 * The Python of this machine that environments of Gymnasium run in.
 * @module
 */
import process from "node:process";
import {
  checkEnvironment,
  checkPackages,
  findInterpreter,
  type GymnasiumRules,
  noInterpreter,
  type PythonProcess,
  startPython,
} from "@cugro/environments/gymnasium";
import type { LearnerFacts } from "@cugro/learners";
import type { GymnasiumSpec } from "@cugro/protocol";
import { type Config, readConfig } from "@cugro/process/config";

/**
 * Settings of environments of Gymnasium on this machine.
 *
 * @returns interpreter and allowed packages
 */
export function gymnasiumConfig(): Config["gymnasium"] {
  const ours = Object.entries(process.env).filter(([name]) => /^CUGRO_(PYTHON$|GYMNASIUM_)/.test(name));
  const { gymnasium } = readConfig({ ...Object.fromEntries(ours), CUGRO_STORE: "." });
  return { ...gymnasium, python: findInterpreter() };
}

/**
 * Gives `use` the Python of this machine, and what it may run.
 *
 * @throws {GymnasiumUnavailable} saying what to do
 */
async function withPython<T>(
  id: string,
  use: (python: PythonProcess, rules: GymnasiumRules) => Promise<T>,
): Promise<T> {
  const { python, network, ...rules } = gymnasiumConfig();
  if (python === undefined) throw noInterpreter(id);
  const running = startPython({ python, network });
  try {
    return await use(running, rules);
  } finally {
    await running.stop();
  }
}

/**
 * An interpreter with its packages, by their versions.
 *
 * @returns version by package
 * @throws {GymnasiumUnavailable} saying what to do
 */
export function checkPython(): Promise<Record<string, string>> {
  return withPython("an environment of Gymnasium", async (python, rules) => ({
    interpreter: python.python,
    ...await checkPackages(python, rules),
  }));
}

/**
 * Whether an environment can be run here.
 *
 * @param expected sizes of the data, where they are known
 * @throws {GymnasiumUnavailable} without the environment or its Python
 * @throws {GymnasiumFault} where the environment does not fit the data
 * @throws {GymnasiumLost} where its process dies
 */
export function checkRunnable(
  spec: GymnasiumSpec,
  expected?: { stateDim: number; actionDim: number },
): Promise<void> {
  return withPython(
    spec.gymnasium,
    (python, rules) => checkEnvironment(python, { ...rules, spec, horizon: 1 }, expected),
  );
}

/**
 * Warns once for each task, as soon as its file was read, that its environment cannot be run here: there is time until it is
 * evaluated.
 *
 * @returns the function to call with a learner's facts whenever they have changed
 */
export function createPythonNotes(note: (line: string) => void): (facts: LearnerFacts) => Promise<void> {
  const asked = new Set<number>();
  return async ({ tasks, versions }) => {
    for (const { task, environment, stateDim, actionDim } of tasks) {
      if (!environment || "family" in environment || asked.has(task)) continue;
      asked.add(task);
      if (versions.some((version) => version.task === task)) continue;
      const message = await checkRunnable(environment, { stateDim, actionDim }).then(
        () => undefined,
        wordsOf,
      );
      if (message === undefined) continue;
      note(
        `task ${task} will have no true returns: ${message}. There is time until it is evaluated: ` +
          "Ctrl-C stops, and the same command resumes.",
      );
    }
  };
}

/** Any error: it is thrown again where it matters. */
function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
