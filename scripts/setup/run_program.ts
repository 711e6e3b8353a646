/** Runs other programs for the set-up. */
import { spawn } from "node:child_process";

/** How a program ended; `code` is null when it could not be started or was killed. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs a program to its end and never rejects: a missing program is an outcome the set-up has an answer to.
 *
 * @param signal aborted: the program is interrupted, as by Ctrl-C
 * @param cwd the folder it runs in; default this process's
 */
export function runCommand(
  command: string,
  args: string[],
  env: Record<string, string> = {},
  signal?: AbortSignal,
  cwd?: string,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
      ...cwd === undefined ? {} : { cwd },
      ...signal === undefined ? {} : { signal, killSignal: "SIGINT" },
    });
    let stdout = "", stderr = "";
    child.stdout.on("data", (piece) => stdout += piece);
    child.stderr.on("data", (piece) => stderr += piece);
    child.on("error", (error) => resolve({ code: null, stdout, stderr: error.message }));
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** The last lines of what a program said, for an error message. */
export function lastWords({ stdout, stderr }: Ended, lines = 3): string {
  return (stderr.trim() || stdout.trim()).split("\n").slice(-lines).join(" ").trim();
}

/** A step that cannot be done on this machine, with what to do about it; the set-up then falls back to WASM. */
export class CannotInstall extends Error {
  override name = "CannotInstall";
}
