/**
 * A file name means one thing: no two sources have one, whatever folder they are in, so that a name in a comment, a stack
 * trace or a search leads to one file. Pure.
 * @module
 */

/** Names that come again, and why: each has the same meaning in every folder. */
const SHARED_NAMES: Readonly<Record<string, string>> = {
  mod: "what a room offers",
  main: "where a process or a page starts",
};

/**
 * Sources with one name. The ending does not count: a .ts and a .tsx file may not share a name, either.
 *
 * @param paths of all sources, from the root of the repository
 * @returns a sentence for each name that stands for several files
 */
export function repeatedNames(paths: readonly string[]): string[] {
  const byName = Map.groupBy(paths, (path) => path.split("/").at(-1)!.replace(/\.tsx?$/, ""));
  return [...byName].filter(([name, files]) => files.length > 1 && !Object.hasOwn(SHARED_NAMES, name)).map((
    [name, files],
  ) =>
    `${name}: ${
      files.join(", ")
    } have one name: call each by what it holds, or by its layer (x_routes, x_command)`
  );
}
