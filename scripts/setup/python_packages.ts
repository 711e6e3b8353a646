/**
 * The Python packages with which tests make and read files as users do: exact versions, installed once.
 * @module
 */
import process from "node:process";
import { findPython } from "./libtensorflow.ts";
import { pythonWith } from "./python_venv.ts";
import { CannotInstall, type Ended, lastWords, runCommand } from "./run_program.ts";

/** The installed packages. Packages that need PyTorch (d3rlpy, robomimic, LeRobot) are not among them. */
export const PYTHON_PACKAGES = [
  "gymnasium==1.4.0",
  "h5py==3.16.0",
  "minari==0.5.4",
  "nats-py==2.16.0",
  "nkeys==0.2.1",
  "numpy==2.4.6",
  "pandas==3.1.1",
  "pillow==13.0.0",
  "pyarrow==26.0.1",
  "safetensors==0.8.0",
  "setuptools==84.2.1",
] as const;

/** Python with the packages. */
export interface PythonWithPackages {
  /** Path of the interpreter. */
  python: string;
  /**
   * Runs a script.
   *
   * @returns what it printed
   * @throws {Error} with its last words where it fails
   */
  run(script: string, ...args: string[]): Promise<string>;
}

/**
 * Gets the packages.
 *
 * @param say gets a line where they are installed, which takes about half a minute
 * @returns undefined where there is no Python, pip or network, and nothing is required (`CUGRO_REQUIRE=all`)
 * @throws {CannotInstall} where they are required and cannot be installed
 */
export async function pythonWithPackages(
  report: (line: string) => void,
): Promise<PythonWithPackages | undefined> {
  try {
    await findPython();
    const made = await pythonWith(PYTHON_PACKAGES, report);
    if ("missing" in made) throw new CannotInstall(made.missing);
    const run = async (script: string, ...args: string[]) => {
      const ended = await runCommand(made.python, ["-s", "-W", "ignore", script, ...args]);
      return outputOf(ended, script);
    };
    return { python: made.python, run };
  } catch (error) {
    if (!(error instanceof CannotInstall) || process.env.CUGRO_REQUIRE === "all") throw error;
    report(`Python's packages are not there, and tests that need them are left out: ${error.message}`);
    return undefined;
  }
}

function outputOf(ended: Ended, what: string): string {
  if (ended.code !== 0) throw new Error(`${what} failed: ${lastWords(ended, 8)}`);
  return ended.stdout;
}
