/**
 * Which code made a result: the package's version, and the git revision where it runs from a clone.
 * @module
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "./deno.json" with { type: "json" };

/** The version of all of CuGRO: every package has the same. */
export const version: string = manifest.version;

/** The version and the revision, as in "1.2.3+1a2b3c4d5e6f". */
export const codeVersion: string = [version, gitRevision()].filter((part) => part !== "").join("+");

/** The revision that is checked out, 12 digits, or "" outside a clone. Reads files; starts no process. */
function gitRevision(): string {
  if (!import.meta.url.startsWith("file:")) return "";
  for (
    let folder = dirname(fileURLToPath(import.meta.url));
    folder !== dirname(folder);
    folder = dirname(folder)
  ) {
    const head = readText(join(folder, ".git", "HEAD"));
    if (head === undefined) continue;
    const ref = /^ref: (.+)$/.exec(head)?.[1];
    const revision = ref === undefined ? head : readText(join(folder, ".git", ref)) ?? packed(folder, ref);
    return revision.slice(0, 12);
  }
  return "";
}

function packed(folder: string, ref: string): string {
  const lines = readText(join(folder, ".git", "packed-refs"))?.split("\n") ?? [];
  return lines.find((line) => line.endsWith(` ${ref}`))?.split(" ")[0] ?? "";
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
