/**
 * `deno task install`: `cugro` as a command that can be typed anywhere, and names files from where one stands.
 * @module
 */
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import process from "node:process";
import { ROOT } from "./setup_plan.ts";

const MARK = "# Written by `deno task install`";

/** As a shell takes it, whatever is in it. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The command's file: finds Deno where it was, else where the shell finds it. */
function scriptOf(root: string, deno: string): string {
  return `#!/bin/sh
${MARK} in ${root.replaceAll("\n", " ")}
deno=${quoted(deno)}
[ -x "$deno" ] || deno=$(command -v deno) || { echo "cugro: there is no Deno any more: install it, or deno task install again" >&2; exit 1; }
CUGRO_COMMAND=cugro exec "$deno" run -A --config ${quoted(join(root, "deno.json"))} ${
    quoted(join(root, "scripts/cli/main.ts"))
  } "$@"
`;
}

/**
 * Writes the command.
 *
 * @param folder where to; made if it is not there
 * @returns the file
 * @throws {Error} where there is a `cugro` that was not written by this
 */
export async function installCommand(folder: string): Promise<string> {
  const path = join(folder, "cugro");
  const found = await readFile(path, "utf8").catch((error) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found !== undefined && !found.includes(MARK)) {
    throw new Error(`There is another ${path}, and it stays: name another folder with --to`);
  }
  await mkdir(folder, { recursive: true });
  await writeFile(`${path}.tmp`, scriptOf(resolve(ROOT), process.execPath));
  await chmod(`${path}.tmp`, 0o755);
  await rename(`${path}.tmp`, path);
  return path;
}

function folderFrom(args: readonly string[]): string {
  if (args.length === 0) return process.env.XDG_BIN_HOME || join(homedir(), ".local", "bin");
  const [flag, folder, ...more] = args;
  if (flag === "--to" && folder !== undefined && more.length === 0) {
    return resolve(process.env.INIT_CWD ?? process.cwd(), folder);
  }
  throw new Error(`deno task install [--to FOLDER]: current value is ${args.join(" ")}`);
}

if (import.meta.main) {
  try {
    const folder = folderFrom(Deno.args);
    console.log(`${await installCommand(folder)}: cugro --help`);
    if (!(process.env.PATH ?? "").split(delimiter).includes(folder)) {
      console.log(`${folder} is not among the folders in which your shell looks (PATH): add it`);
    }
  } catch (error) {
    console.error(`install: ${(error as Error).message}`);
    Deno.exit(1);
  }
}
