/**
 * The layers as a program: who may import whom (`layer_table.ts`), how long files and functions may be, that a file name
 * means one thing, and that only the protocol knows what a key of the store looks like.
 * Part of `deno task ok`.
 * @module
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { castFaults } from "./casts.ts";
import { circles } from "./circles.ts";
import { repeatedNames } from "./file_names.ts";
import { longFunctions } from "./function_lengths.ts";
import { faultOfImport, isTest, sizeRoomOf } from "./layer_table.ts";
import { keyLiterals } from "./key_literals.ts";
import { moduleGraph } from "./module_graph.ts";

const ROOT = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const FILE_LINES = 250;
const FUNCTION_LINES = 40;
const TEST_LINES = 400;
const ROOM_LINES = 4_500;

/** Where `Deno.*` may stand in rooms and services: wiring, and what opens a port. */
const DENO_FILES = /^services\/(all_jobs_worker|[^/]+\/main)\.ts$|^shared\/process\/http\/listen\.ts$/;

function sourceFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts", "*.tsx"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return listed.split("\n").filter((file) => file.length > 0);
}

/** A file of ours by its path, one of an installed package by `npm:` and the package's name. */
function nameOf(path: string): string {
  const inside = path.split("node_modules/").at(-1)!;
  return path === inside
    ? path
    : `npm:${inside.split("/").slice(0, inside.startsWith("@") ? 2 : 1).join("/")}`;
}

function importFaults(files: readonly string[]): string[] {
  const graph = moduleGraph(ROOT, files);
  const ours = new Set(files);
  const faults: string[] = [];
  for (const module of graph.modules) {
    if (!module.specifier.startsWith("file:")) continue;
    const from = relative(ROOT, fileURLToPath(module.specifier));
    if (!ours.has(from)) continue;
    for (const dependency of module.dependencies ?? []) {
      const target = dependency.code?.specifier ?? dependency.type?.specifier ?? "";
      const to = target.startsWith("file:") ? nameOf(relative(ROOT, fileURLToPath(target))) : target;
      if (!to || to.startsWith("node:")) continue;
      const fault = faultOfImport(from, to);
      if (fault) faults.push(fault);
    }
  }
  return faults;
}

function sizeFaults(path: string): string[] {
  const text = readFileSync(resolve(ROOT, path), "utf8");
  const lines = text.split("\n").length - 1;
  const limit = isTest(path) ? TEST_LINES : FILE_LINES;
  const faults = lines > limit ? [`${path} has ${lines} lines: at most ${limit}`] : [];
  if (isTest(path)) return faults;
  const long = longFunctions(path, text, FUNCTION_LINES);
  return faults.concat(
    long.map(({ name, line, length }) =>
      `${path}:${line} ${name}() has ${length} lines: at most ${FUNCTION_LINES}`
    ),
  );
}

/** Rooms that hold more lines than one can keep in mind, tests counted. */
function roomFaults(files: readonly string[]): string[] {
  const lines = new Map<string, number>();
  for (const file of files) {
    const room = sizeRoomOf(file);
    lines.set(
      room,
      (lines.get(room) ?? 0) + readFileSync(resolve(ROOT, file), "utf8").split("\n").length - 1,
    );
  }
  return [...lines].filter(([, count]) => count > ROOM_LINES).map(([room, count]) =>
    `${room} has ${count} lines: at most ${ROOM_LINES} in a room`
  );
}

function runtimeFaults(path: string): string[] {
  if (!/^(shared|services)\//.test(path) || isTest(path)) return [];
  const text = readFileSync(resolve(ROOT, path), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  const faults: string[] = [];
  if (/\bDeno\./.test(text) && !DENO_FILES.test(path)) {
    faults.push(`${path} uses Deno.*: take what \`node:\` modules offer, or do it where a process is wired`);
  }
  const found = text.match(/\b(Math\.random|Date\.now|new Date|console\.|performance\.now|tf\.getBackend)/);
  if (found && /^shared\/(algorithm|protocol)\//.test(path)) {
    faults.push(`${path} uses ${found[1]}: seed, time, messages and backend are the caller's`);
  }
  return faults;
}

/** What looks like a key here is a pattern, or a room. */
const NO_KEYS = ["scripts/checks/key_literals.ts", "scripts/checks/layer_table.ts"];

/** Keys of the store have one grammar, in the protocol; a test may spell them out. */
function keyFaults(path: string): string[] {
  if (isTest(path) || path.startsWith("shared/protocol/") || NO_KEYS.includes(path)) return [];
  return keyLiterals(path, readFileSync(resolve(ROOT, path), "utf8")).map(({ line, text }) =>
    `${path}:${line} spells out a key of the store (${text}): use what @cugro/protocol makes and parses`
  );
}

function castFaultsOf(path: string): string[] {
  return isTest(path) ? [] : castFaults(path, readFileSync(resolve(ROOT, path), "utf8"));
}

function main(): void {
  const files = sourceFiles();
  const faults = [
    ...importFaults(files),
    ...roomFaults(files),
    ...repeatedNames(files),
    ...circles(files.filter((file) => !isTest(file)), (file) => readFileSync(resolve(ROOT, file), "utf8"))
      .map(
        (circle) => `${circle}: a circle of values; what both need lives below both`,
      ),
    ...[sizeFaults, runtimeFaults, keyFaults, castFaultsOf].flatMap((faultsOf) => files.flatMap(faultsOf)),
  ];
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) Deno.exit(1);
  console.log(`layers: ${files.length} files keep the layer table, the size limits and names of their own`);
}

if (import.meta.main) main();
