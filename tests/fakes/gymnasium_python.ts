/**
 * Python with Gymnasium for tests: a virtual environment that is made once a machine, and one with environments that
 * misbehave beside it.
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type PythonProcess, REQUIREMENTS, startPython } from "@cugro/environments/gymnasium";
import { pythonWith } from "../../scripts/setup/python_venv.ts";

/** What is installed: what the product asks for, and Minari, which writes the files that are read. */
export const TEST_REQUIREMENTS = [...REQUIREMENTS, "minari[hdf5]==0.5.4"];

const made = await pythonWith(TEST_REQUIREMENTS);

/** Path of the interpreter; undefined where none can be made, with a warning. */
export const gymnasiumPython: string | undefined = "python" in made ? made.python : undefined;
if ("missing" in made) console.error(`skipped: ${made.missing}`);

const MISBEHAVING = fileURLToPath(
  new URL("../../shared/environments/gymnasium/testing", import.meta.url),
);

/** Path of an interpreter in `folder` that knows the package `misbehaving` as well. */
export function misbehavingPython(folder: string): string {
  const venv = join(folder, "venv");
  execFileSync(gymnasiumPython!, ["-m", "venv", "--without-pip", venv]);
  const packages = sitePackages(join(dirname(gymnasiumPython!), ".."));
  writeFileSync(join(sitePackages(venv), "more.pth"), `${packages}\n${MISBEHAVING}\n`);
  return join(venv, "bin", "python");
}

function sitePackages(venv: string): string {
  const [version] = readdirSync(join(venv, "lib")).filter((name) => name.startsWith("python"));
  return join(venv, "lib", version!, "site-packages");
}

/** The packages that tests import. */
export const PACKAGES = ["gymnasium", "misbehaving"];

/** Gives `use` a running Python that knows `misbehaving`, and the folder that is its home. */
export async function withPython(
  use: (python: PythonProcess, folder: string) => Promise<void>,
  options: { network?: "refuse" | "allow" } = {},
): Promise<void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "cugro-python-")));
  const python = startPython({ python: misbehavingPython(folder), temporary: folder, ...options });
  try {
    await use(python, folder);
  } finally {
    await python.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
