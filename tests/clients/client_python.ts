/**
 * Python with our client for it, installed by pip from its folder as users install it.
 * @module
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pythonWithPackages } from "../../scripts/setup/python_packages.ts";
import { type Ended, lastWords, runCommand } from "../../scripts/setup/run_program.ts";

/** Warnings are errors, but for connections that are open when a script ends. */
const WARNINGS = ["-W", "error", "-W", "ignore::ResourceWarning"];
const SOURCE = fileURLToPath(new URL("../../shared/client/python", import.meta.url));

/** Python that knows `cugro_client`. */
export interface ClientPython {
  /** A folder for scripts and what they write. */
  folder: string;
  /** Path of the interpreter, and the folder that it finds the client in (`PYTHONPATH`). */
  python: string;
  installed: string;
  /** Runs a script, in `folder`. `environment`: beside that of this process. */
  run(script: string, environment: Record<string, string>, ...args: string[]): Promise<Ended>;
}

const packages = await pythonWithPackages(console.error);

/** Whether there is none: then its tests are left out, and it has been said why. */
export const withoutPython = packages === undefined;

/** Gives `use` a Python with the client. */
export async function withClientPython(use: (python: ClientPython) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cugro-client-"));
  try {
    const [source, installed] = [join(folder, "source"), join(folder, "installed")];
    // setuptools leaves files beside what it builds.
    cpSync(SOURCE, source, { recursive: true });
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"];
    const ended = await runCommand(packages!.python, [
      ...pip,
      ...["--no-build-isolation", "--target", installed, source],
    ]);
    if (ended.code !== 0) throw new Error(`The client cannot be installed: ${lastWords(ended, 20)}`);
    rmSync(source, { recursive: true });
    await use({
      folder,
      python: packages!.python,
      installed,
      run: (script, environment, ...args) =>
        runCommand(
          "sh",
          ["-c", 'cd "$0" && exec "$@"', folder, packages!.python, ...WARNINGS, script, ...args],
          { ...environment, PYTHONPATH: installed },
        ),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
