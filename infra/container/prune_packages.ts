/**
 * In the image's build: removes the npm packages that no service loads. Most of them are tools: of the installers of
 * tfjs-node-gpu and tfjs, which never run (an archiver, a downloader, a parser of command lines), and of this repository.
 *
 * `deno run -A infra/container/prune_packages.ts NODE_MODULES`
 * @module
 */
import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";

/** Packages of `deno.json` that are in the dashboard's bundle, and need not be there beside it. */
export const BUNDLED: readonly string[] = ["@preact/signals", "preact", "uplot"];

/** Those, and what only scripts, tests and the set-up import. */
export const TOOLS: readonly string[] = [
  ...BUNDLED,
  "@balena/dockerignore",
  "@prometheus-io/lezer-promql",
  "@types/ws",
  "ajv",
  "axe-core",
  "commander",
  "esbuild",
  "minio",
  "node-api-headers",
  "playwright-core",
  "typescript",
  "yaml",
];

/** Dependencies that a package declares and does not load when it is imported as we do. */
const NEVER_LOADED: Readonly<Record<string, readonly string[]>> = {
  "@tensorflow/tfjs-node-gpu": ["@mapbox/node-pre-gyp", "adm-zip", "https-proxy-agent", "rimraf", "tar"],
  "@tensorflow/tfjs": ["argparse", "chalk", "core-js", "regenerator-runtime", "yargs"],
  "swagger-ui-dist": ["@scarf/scarf"],
};

/** Folders below `.deno`, as in `tar@6.2.1`, of packages in `node_modules` and of all that they load. */
export function loadedPackages(nodeModules: string, names: readonly string[]): Set<string> {
  const store = join(nodeModules, ".deno");
  const loaded = new Set<string>();
  const follow = (folder: string, names: readonly string[]) => {
    for (const name of names) {
      const entry = entryOf(store, join(folder, name));
      if (entry === undefined || loaded.has(entry)) continue;
      loaded.add(entry);
      const below = join(store, entry, "node_modules");
      follow(below, packagesIn(below).filter((other) => !NEVER_LOADED[name]?.includes(other)));
    }
  };
  follow(nodeModules, names);
  return loaded;
}

/** The other folders there: of what no package that services import loads. */
export function unusedPackages(nodeModules: string): string[] {
  const loaded = loadedPackages(nodeModules, packagesIn(nodeModules).filter((name) => !TOOLS.includes(name)));
  return readdirSync(join(nodeModules, ".deno"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules" && !loaded.has(entry.name))
    .map(({ name }) => name).sort();
}

/** Removes them, and every link to them; their names. */
export function prunePackages(nodeModules: string): string[] {
  const unused = unusedPackages(nodeModules);
  for (const name of unused) rmSync(join(nodeModules, ".deno", name), { recursive: true });
  removeDangling(nodeModules);
  return unused;
}

/** Names in a `node_modules` folder, with their scopes. */
function packagesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => !name.startsWith(".")).flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(folder, name)).map((inner) => `${name}/${inner}`) : [name]
  );
}

/** The folder under `.deno` that a package lies in; undefined where its link leads nowhere. */
function entryOf(store: string, link: string): string | undefined {
  if (!existsSync(link)) return undefined;
  const [entry] = relative(realpathSync(store), realpathSync(link)).split(sep);
  return entry;
}

/** Links to what is gone. */
function removeDangling(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) {
      if (!existsSync(resolve(folder, readlinkSync(path)))) rmSync(path);
    } else if (entry.isDirectory()) removeDangling(path);
  }
}

if (import.meta.main) {
  const folder = Deno.args[0];
  if (!folder || !lstatSync(folder).isDirectory()) throw new RangeError("Name the node_modules folder");
  const gone = prunePackages(resolve(folder));
  console.log(`packages that no service loads, removed: ${gone.join(", ")}`);
}
