/**
 * Virtual environments of Python that tests and benchmarks run in, made once a machine beside libtensorflow.
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { cacheFolder } from "./setup_plan.ts";
import { lastWords, runCommand } from "./run_program.ts";

const PIP_INSTALL = [
  ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"],
  // nkeys, a few lines of Python, is not there as a wheel.
  ...["--only-binary=:all:", "--no-binary=nkeys", "--retries", "2", "--timeout", "30"],
];

/**
 * The interpreter of a virtual environment with exactly these packages; it is made where there is none.
 *
 * @param requirements as pip takes them, with versions
 * @param say gets a line where it is made, which takes about half a minute
 * @returns its path, or why there is none: no Python, no network
 */
export async function pythonWith(
  requirements: readonly string[],
  report: (line: string) => void = () => {},
): Promise<{ python: string } | { missing: string }> {
  const hash = createHash("sha256").update(requirements.join("\n")).digest("hex").slice(0, 12);
  const folder = join(cacheFolder(), "venvs", hash);
  const python = join(folder, "bin", "python");
  if (existsSync(python)) return { python };
  // Scripts of a virtual environment name its folder; Python itself does not, and nothing else is used here.
  const made = `${folder}.${process.pid}`;
  mkdirSync(join(cacheFolder(), "venvs"), { recursive: true });
  report(`installing ${requirements.join(" ")} (once, about half a minute)`);
  try {
    for (
      const [command, ...args] of [
        ["python3", "-m", "venv", made],
        [join(made, "bin", "python"), ...PIP_INSTALL, ...requirements],
      ]
    ) {
      const ended = await runCommand(command!, args);
      if (ended.code !== 0) {
        return { missing: `no Python with ${requirements.join(" ")}: ${lastWords(ended) || command}` };
      }
    }
    // Another process may have been faster; one whose Python has gone since is made again.
    if (!existsSync(python)) {
      rmSync(folder, { recursive: true, force: true });
      renameSync(made, folder);
    }
    return { python };
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}
