/**
 * Which Python runs environments, and how one that lacks something is mended.
 * @module
 */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import process from "node:process";

/** The versions that this release is tested with; MuJoCo's is that of the engine in WebAssembly. */
export const REQUIREMENTS: readonly string[] = [
  "gymnasium[mujoco]==1.4.0",
  "mujoco==3.14.0",
  "numpy==2.4.6",
];

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder of the virtual environment that is found without being named.
 *
 * @param name of the one for such environments
 * @param environment variables by name
 * @returns a path
 */
export function venvFolder(environment: Environment = process.env, name = "gymnasium"): string {
  const cache = environment.CUGRO_CACHE ||
    join(environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), ".cache"), "cugro");
  return join(cache, name);
}

/**
 * The folder of a virtual environment as it is typed: from home on. Where a process may not read its variables, it is
 * the one of a machine without any of its own.
 *
 * @param name of the environment's folder
 * @returns such as `~/.cache/cugro/gymnasium`
 */
export function typedVenv(name = "gymnasium", environment: Environment = process.env): string {
  try {
    const [folder, home] = [venvFolder(environment, name), environment.HOME || homedir()];
    return folder.startsWith(`${home}/`) ? `~${folder.slice(home.length)}` : folder;
  } catch {
    return `~/.cache/cugro/${name}`;
  }
}

/**
 * The interpreter: `CUGRO_PYTHON`, else that of {@link venvFolder} where it exists. Its path is not resolved further, since
 * a virtual environment is told by the link.
 *
 * @param environment variables by name
 * @param name of the virtual environment
 * @returns a path; undefined where there is none
 */
export function findInterpreter(
  environment: Environment = process.env,
  name = "gymnasium",
): string | undefined {
  if (environment.CUGRO_PYTHON) return pathOf(environment.CUGRO_PYTHON, environment.PATH ?? "");
  const python = join(venvFolder(environment, name), "bin", "python");
  return existsSync(python) ? python : undefined;
}

/** A name without a slash is looked for as a shell does. */
function pathOf(named: string, path: string): string {
  // As it is typed; a shell does not expand it everywhere.
  const python = named.replace(/^~(?=\/)/, homedir());
  const folders = python.includes("/") ? [] : path.split(delimiter).filter((folder) => folder !== "");
  const found = folders.map((folder) => join(folder, python)).find((one) => existsSync(one));
  return found ?? resolve(python);
}

/**
 * The line for a shell that makes the virtual environment.
 *
 * @param folder where it is looked for
 * @param requirements of pip
 * @returns a line
 */
export function installLine(folder = typedVenv(), requirements = REQUIREMENTS): string {
  return `python3 -m venv ${folder} && ${pipInstall(`${folder}/bin/python`, requirements)}`;
}

/**
 * The line for a shell that installs what an interpreter lacks.
 *
 * @param python the interpreter's path
 * @param requirements as pip names them
 * @returns to be pasted
 */
export function pipInstall(python: string, requirements = REQUIREMENTS): string {
  return `${python} -m pip install ${requirements.map((one) => `'${one}'`).join(" ")}`;
}

/**
 * What to do where there is no interpreter.
 *
 * @returns a sentence
 */
export function interpreterAdvice(): string {
  return `one line makes one: ${installLine()}; another that has Gymnasium is named with --python ` +
    "or CUGRO_PYTHON";
}
