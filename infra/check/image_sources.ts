/**
 * Whether the image's build has every source that it runs: what its RUN lines start, what that imports, and what it
 * names by `new URL("...", import.meta.url)` or by a literal path. Each must have been copied by then, and .dockerignore
 * must let it into the build context.
 * @module
 */
import dockerignore from "@balena/dockerignore";
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { moduleGraph } from "../../scripts/checks/module_graph.ts";
import { parseDockerfile, type Stage } from "./dockerfile.ts";
import { INFRA, ROOT } from "./documents.ts";

/** The files that are checked; a test may replace each. */
export interface ImageSources {
  /** @default the committed Dockerfile */
  dockerfile?: string;
  /** @default the committed Dockerfile.dockerignore */
  ignore?: string;
  /** Text of a source by its path in the repository. @default as it lies there */
  read?: (path: string) => string;
}

/** A file that some stage needs, and what names it. */
interface Needed {
  path: string;
  by: string;
}

/** A file or folder of the repository and where it lies in a stage. */
interface Copied {
  source: string;
  target: string;
}

const WORKDIR = "/app";
const readSource = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** Faults of the sources that the image is built from, one a file. */
export function checkImageSources(options: ImageSources = {}): string[] {
  const stages = parseDockerfile(options.dockerfile ?? readFileSync(join(INFRA, "Dockerfile"), "utf8"));
  const ignored = dockerignore.default().add(
    options.ignore ?? readFileSync(join(INFRA, "Dockerfile.dockerignore"), "utf8"),
  );
  const read = options.read ?? readSource;
  const needs = new Map<string, Needed[]>();
  const faults = stages.flatMap((stage) => {
    const started = programsOf(stage, read);
    const key = started.map(({ path }) => path).join();
    const needed = needs.get(key) ?? allNeeded(started, read);
    needs.set(key, needed);
    const copied = copiedInto(stage, stages);
    return needed.flatMap(({ path, by }) => {
      const named = `${path}, which ${by} needs,`;
      if (ignored.ignores(path)) return [`${named} is kept out by infra/Dockerfile.dockerignore`];
      if (!existsSync(join(ROOT, path))) return [`${named} does not exist`];
      return copied.some((copy) => covers(copy, path))
        ? []
        : [`${named} is not copied into stage ${stage.name}`];
    });
  });
  return [...new Set(faults)].map((fault) => `infra/Dockerfile: ${fault}`);
}

/** Sources that a stage's RUN lines name, directly or in scripts. */
function programsOf({ name, lines }: Stage, read: (path: string) => string): Needed[] {
  const sourcesIn = (text: string, by: string): Needed[] =>
    [...text.matchAll(/(?<=^|\s)(?:scripts|services|infra)\/[\w./*-]+\.(?:ts|sh)\b/gm)].flatMap(([pattern]) =>
      pattern.includes("*")
        ? globSync(pattern, { cwd: ROOT }).sort().map((path) => ({ path, by }))
        : [{ path: pattern, by }]
    );
  return lines.filter(({ keyword }) => keyword === "RUN").flatMap(({ rest }) => {
    const direct = sourcesIn(rest, `stage ${name}`);
    const scripts = direct.filter(({ path }) => path.endsWith(".sh") && existsSync(join(ROOT, path)));
    return [...direct, ...scripts.flatMap(({ path }) => sourcesIn(read(path), path))];
  });
}

/** Those, and all that they lead to. */
function allNeeded(started: readonly Needed[], read: (path: string) => string): Needed[] {
  const needed = new Map<string, Needed>();
  for (let next = [...started]; next.length > 0;) {
    const fresh = next.filter(({ path }) => !needed.has(path));
    for (const one of fresh) needed.set(one.path, one);
    const entries = fresh.filter(({ path }) => path.endsWith(".ts") && existsSync(join(ROOT, path)))
      .map(({ path }) => path);
    if (entries.length === 0) break;
    const imported = importsBelow(entries).filter(({ path }) => !needed.has(path));
    for (const one of imported) needed.set(one.path, one);
    const modules = new Set([...entries, ...imported.map(({ path }) => path)]);
    next = [...modules].filter((path) => path.endsWith(".ts")).flatMap((path) => namedIn(path, read(path)));
  }
  return [...needed.values()];
}

/** What is imported for its values or at run time, and the packages' deno.json that names of packages need. */
function importsBelow(entries: readonly string[]): Needed[] {
  return moduleGraph(ROOT, entries).modules.flatMap((module) => {
    const by = localPath(module.specifier);
    if (by === undefined) return [];
    return (module.dependencies ?? []).flatMap(({ specifier, code, type, isDynamic }) => {
      const path = localPath((code ?? (isDynamic ? type : undefined))?.specifier ?? "");
      if (path === undefined) return [];
      return [{ path, by }, ...specifier.startsWith(".") ? [] : [{ path: packageOf(path), by }]];
    });
  });
}

function localPath(specifier: string): string | undefined {
  if (!specifier.startsWith("file:")) return undefined;
  const path = relative(ROOT, fileURLToPath(specifier));
  return path.startsWith("..") || path.startsWith("node_modules") ? undefined : path;
}

function packageOf(path: string): string {
  const folder = dirname(path);
  return existsSync(join(ROOT, folder, "deno.json")) ? join(folder, "deno.json") : packageOf(folder);
}

/**
 * Files of the repository that a source names without importing them: by `new URL`, whether they exist or not; and
 * those that exist, by a literal path from beside itself or from the root.
 */
function namedIn(path: string, text: string): Needed[] {
  const beside = (target: string) => posix.join(dirname(path), target);
  const urls = [...text.matchAll(/new URL\(\s*["'`]([^"'`$]+)["'`],\s*import\.meta\.url\s*\)/g)]
    .map(([, target]) => beside(target!)).filter((target) => !isFolder(target));
  const others = text.replaceAll(/\b(?:from |import\()"[^"]*"/g, "");
  const literals = [...others.matchAll(/"((?:\.{1,2}\/|[a-z])[\w./-]*\.\w+)"/g)]
    .map(([, target]) => target!.startsWith(".") ? beside(target!) : target!).filter(isFile);
  return [...urls, ...literals]
    .filter((target) => !target.startsWith("..") && !target.startsWith("node_modules"))
    .map((target) => ({ path: target, by: path }));
}

const isFile = (path: string) => existsSync(join(ROOT, path)) && statSync(join(ROOT, path)).isFile();
const isFolder = (path: string) => existsSync(join(ROOT, path)) && statSync(join(ROOT, path)).isDirectory();

/** Files of the repository in a stage: its own, and those from earlier stages. */
function copiedInto(stage: Stage, stages: readonly Stage[]): Copied[] {
  const stageOf = (name: string | undefined) => stages.find((one) => one !== stage && one.name === name);
  const base = stageOf(stage.from);
  const own = stage.lines.filter(({ keyword }) => keyword === "COPY").flatMap(({ rest }): Copied[] => {
    const words = rest.split(/\s+/);
    const from = /^--from=(.*)$/.exec(words.find((word) => word.startsWith("--from=")) ?? "")?.[1];
    const [target, ...sources] = words.filter((word) => !word.startsWith("--")).reverse();
    if (from !== undefined) {
      const other = stageOf(from);
      return other && sources[0] === "/"
        ? copiedInto(other, stages).map((copy) => ({ ...copy, target: posix.join(target!, copy.target) }))
        : [];
    }
    return sources.reverse().map((source) => ({ source, target: targetOf(source, target!) }));
  });
  return [...base ? copiedInto(base, stages) : [], ...own];
}

/** A file keeps its name in a folder; a folder's contents take the place of the target. */
function targetOf(source: string, target: string): string {
  const place = posix.resolve(WORKDIR, target);
  return target.endsWith("/") && !isFolder(source) ? join(place, posix.basename(source)) : place;
}

function covers({ source, target }: Copied, path: string): boolean {
  const inside = posix.relative(source, path);
  return !inside.startsWith("..") && posix.join(target, inside) === posix.join(WORKDIR, path);
}
