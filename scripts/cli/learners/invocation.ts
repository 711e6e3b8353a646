/**
 * How this command was called: from which folder, and how to call it again.
 * @module
 */
import { relative, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");

/** Where `deno task` was called from, while it has set the working folder to the repository's; undefined otherwise. */
function callersFolder(): string | undefined {
  const folder = process.env.INIT_CWD;
  return folder !== undefined && resolve(process.cwd()) === ROOT ? resolve(folder) : undefined;
}

/**
 * Goes back to the folder that the person is in: `deno task` runs its commands in the repository, and names of files
 * count from where they were typed.
 */
export function returnToCaller(): void {
  const folder = callersFolder();
  if (folder !== undefined && folder !== ROOT) process.chdir(folder);
}

/**
 * What to type for `cugro`, from the folder that the person is in.
 *
 * @returns such as `cugro` or `deno task cugro`
 */
export function invocation(): string {
  // It was installed (`deno task install`), and is typed by its name.
  if (process.env.CUGRO_COMMAND) return process.env.CUGRO_COMMAND;
  const deno = process.env.npm_command === "exec" ? "npx -y deno" : "deno";
  const isInside = !relative(ROOT, process.cwd()).startsWith("..");
  return `${deno} task${isInside ? "" : ` --config ${quoted(`${ROOT}/deno.json`)}`} cugro`;
}

/**
 * A word as a shell takes it.
 *
 * @param word any text
 * @returns the word, in quotes if need be
 */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
