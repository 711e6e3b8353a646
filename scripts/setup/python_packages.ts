/**
 * The Python packages with which tests make and read files as users do: exact versions, installed once into the cache.
 *
 * Into a folder of their own and not a virtual environment: it needs nothing but pip, and can be put in place by a rename.
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { findPython } from "./libtensorflow.ts";
import { cacheFolder } from "./plan.ts";
import { CannotInstall, type Ended, lastWords, runCommand } from "./run_command.ts";

/** What is installed. Packages that need PyTorch (d3rlpy, robomimic, LeRobot) are not among them. */
export const PYTHON_PACKAGES = [
  "gymnasium==1.4.0",
  "h5py==3.16.0",
  "minari==0.5.4",
  "numpy==2.4.6",
  "pandas==3.1.1",
  "pillow==13.0.0",
  "pyarrow==26.0.1",
  "safetensors==0.8.0",
] as const;

const WHOLE = "whole.txt";

/** Python with the packages. */
export interface PythonWithPackages {
  /** Runs a script. @throws {Error} with its last words where it fails @returns what it printed */
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
  say: (line: string) => void,
): Promise<PythonWithPackages | undefined> {
  try {
    const python = await findPython();
    const folder = await installed(python, say);
    const run = async (script: string, ...args: string[]) => {
      const ended = await runCommand(python, ["-s", "-W", "ignore", script, ...args], { PYTHONPATH: folder });
      return outputOf(ended, script);
    };
    return { run };
  } catch (error) {
    if (!(error instanceof CannotInstall) || process.env.CUGRO_REQUIRE === "all") throw error;
    say(`Python's packages are not there, and tests that need them are left out: ${error.message}`);
    return undefined;
  }
}

function outputOf(ended: Ended, what: string): string {
  if (ended.code !== 0) throw new Error(`${what} failed: ${lastWords(ended, 8)}`);
  return ended.stdout;
}

async function installed(python: string, say: (line: string) => void): Promise<string> {
  const version = await runCommand(python, [
    "-c",
    "import sys, platform; print(sys.version, platform.machine())",
  ]);
  if (version.code !== 0) throw new CannotInstall(`Python does not start (${lastWords(version, 1)})`);
  const key = createHash("sha256").update(JSON.stringify([version.stdout, PYTHON_PACKAGES])).digest("hex");
  const folder = join(cacheFolder(), "python", key.slice(0, 16));
  if (existsSync(join(folder, WHOLE))) return folder;
  mkdirSync(join(cacheFolder(), "python"), { recursive: true });
  // In a folder of its own and put in place by a rename: two may install at once.
  const work = mkdtempSync(`${folder}-`);
  say(`installing ${PYTHON_PACKAGES.join(" ")} (once, about half a minute)`);
  try {
    const ended = await runCommand(python, [
      ...[
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--only-binary=:all:",
      ],
      ...["--retries", "2", "--timeout", "30", "--target", work, ...PYTHON_PACKAGES],
    ]);
    if (ended.code !== 0) {
      throw new CannotInstall(
        `pip could not install them (${
          lastWords(ended, 2)
        }): Python 3.11 or later and the network are needed`,
      );
    }
    writeFileSync(join(work, WHOLE), `${PYTHON_PACKAGES.join("\n")}\n`);
    putInPlace(work, folder);
    return folder;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function putInPlace(work: string, folder: string): void {
  try {
    renameSync(work, folder);
  } catch (error) {
    // Another was first: its packages are the same.
    if (!existsSync(join(folder, WHOLE))) throw error;
  }
}
