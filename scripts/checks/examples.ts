/**
 * Runs every `@example` of the rooms' docstrings, types checked: `deno test --doc` on the files that have one. Part of
 * `deno task ok`.
 * @module
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import process from "node:process";
import { ROOT } from "../setup/setup_plan.ts";

/** Rooms whose functions need a trained policy, a running service or a page: their tests show how they are used. */
const WITHOUT: readonly string[] = ["export", "inference", "serving"];

/** Files of rooms that hold an example, from the root. */
export function filesWithExamples(root: string): string[] {
  const found = execFileSync("git", [
    "grep",
    "-lE",
    "--untracked",
    "^ *\\* @example",
    "--",
    "shared",
    "services",
  ], {
    cwd: root,
    encoding: "utf8",
  });
  return found.split("\n").filter((file) => file.endsWith(".ts"));
}

/** Rooms of `shared` in which no function has an example. */
export function roomsWithoutExample(root: string, files: readonly string[]): string[] {
  return readdirSync(`${root}/shared`, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    .map(({ name }) => name).filter((room) =>
      !WITHOUT.includes(room) && !files.some((file) => file.startsWith(`shared/${room}/`))
    );
}

if (import.meta.main) {
  const files = filesWithExamples(ROOT);
  const lacking = roomsWithoutExample(ROOT, files);
  for (const room of lacking) console.error(`shared/${room}: no function has an @example`);
  const { status } = spawnSync(Deno.execPath(), ["test", "--doc", "-A", "--quiet", ...files], {
    cwd: ROOT,
    stdio: "inherit",
  });
  process.exit(lacking.length > 0 ? 1 : status ?? 1);
}
