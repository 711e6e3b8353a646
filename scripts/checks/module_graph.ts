/**
 * Which module imports which, as Deno resolves it.
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** Modules with what they import; `code` for values, `type` for types and for what is loaded at run time. */
export interface Graph {
  modules: {
    specifier: string;
    dependencies?: {
      specifier: string;
      code?: { specifier: string };
      type?: { specifier: string };
      isDynamic?: boolean;
    }[];
  }[];
  redirects?: Record<string, string>;
}

/** The graph below these files, given by their paths under `root`. */
export function moduleGraph(root: string, files: readonly string[]): Graph {
  const imports = files.map((file) => `import ${JSON.stringify(pathToFileURL(resolve(root, file)).href)};`)
    .join("\n");
  // A file: as one argument the names of all files would be longer than systems allow (128 KiB).
  const folder = mkdtempSync(join(tmpdir(), "cugro-graph-"));
  try {
    const entry = join(folder, "entry.ts");
    writeFileSync(entry, imports);
    const args = ["info", "--json", "--config", resolve(root, "deno.json"), entry];
    return JSON.parse(
      execFileSync(Deno.execPath(), args, { encoding: "utf8", maxBuffer: 256 * 1024 * 1024 }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
