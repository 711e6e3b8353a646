/**
 * Exported names of scripts that files of other folders import. Pure.
 * @module
 */
import { dirname, join } from "node:path/posix";

/**
 * What is imported from a file by files of other folders, by static imports and by `(await import("./x.ts")).name`.
 *
 * @param files paths from the root of the repository
 * @param read the text of each file
 * @returns names by the path of the file that exports them
 */
export function usedElsewhere(
  files: readonly string[],
  read: (path: string) => string,
): Map<string, ReadonlySet<string>> {
  const used = new Map<string, Set<string>>();
  for (const from of files) {
    for (const { target, names } of importsOf(read(from))) {
      const path = join(dirname(from), target);
      if (dirname(path) === dirname(from)) continue;
      const known = used.get(path) ?? new Set<string>();
      for (const name of names) known.add(name);
      used.set(path, known);
    }
  }
  return used;
}

function importsOf(text: string): { target: string; names: string[] }[] {
  const listed = [...text.matchAll(/(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s*from\s*"(\.[^"]+)"/g)].map((
    [, names, target],
  ) => ({
    target: target!,
    names: names!.split(",").map((name) => name.trim().replace(/^type /, "").split(" as ")[0]!),
  }));
  const loaded = [...text.matchAll(/import\("(\.[^"]+)"\)\)?\.(\w+)/g)].map(([, target, name]) => ({
    target: target!,
    names: [name!],
  }));
  return [...listed, ...loaded];
}
