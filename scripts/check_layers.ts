/**
 * The layer table of the design as a program: who may import whom, and how long files and functions may be.
 * Part of `deno task ok`.
 * @module
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { longFunctions } from "./function_lengths.ts";

const ROOT = resolve(fileURLToPath(new URL("..", import.meta.url)));
const FILE_LINES = 250;
const FUNCTION_LINES = 40;
const TEST_LINES = 400;

/** Room -> rooms it may import besides itself; `tf` stands for every tfjs package. */
const ALLOWED: Record<string, readonly string[]> = {
  algorithm: ["tf"],
  protocol: [],
  platform: ["protocol"],
  datasets: ["protocol"],
  environments: [],
  training: ["algorithm", "protocol", "platform", "datasets"],
  learners: ["algorithm", "protocol", "platform"],
  serving: ["algorithm", "protocol", "platform", "training", "learners"],
  report: ["algorithm", "protocol", "platform", "learners"],
  services: [
    "algorithm",
    "protocol",
    "platform",
    "datasets",
    "environments",
    "training",
    "learners",
    "serving",
    "report",
  ],
};
/** In platform only the backend may touch tensors: its own files, and the compiler of steps. */
const PLATFORM_TENSOR_FILES = /^shared\/platform\/(backend|compile\/|wasm|native)/;

interface Graph {
  modules: {
    specifier: string;
    dependencies?: { specifier: string; code?: { specifier: string }; type?: { specifier: string } }[];
  }[];
  redirects?: Record<string, string>;
}

function sourceFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return listed.split("\n").filter((file) => file.length > 0);
}

function moduleGraph(files: readonly string[]): Graph {
  const imports = files.map((file) => `import ${JSON.stringify(pathToFileURL(resolve(ROOT, file)).href)};`)
    .join("\n");
  const entry = `data:application/typescript,${encodeURIComponent(imports)}`;
  const json = execFileSync(Deno.execPath(), [
    "info",
    "--json",
    "--config",
    resolve(ROOT, "deno.json"),
    entry,
  ], {
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
  });
  return JSON.parse(json);
}

/** `shared/algorithm/x.ts` -> `algorithm`; services -> `services/<name>`; the rest -> undefined (may import all). */
function roomOf(path: string): string | undefined {
  const [top, room] = path.split("/");
  if (top === "shared") return room;
  return top === "services" ? `services/${room}` : undefined;
}

const isTest = (path: string) =>
  path.endsWith("_test.ts") || path.endsWith("_bench.ts") || path.startsWith("tests/");

function faultOfImport(from: string, to: string): string | undefined {
  const room = roomOf(from);
  if (room === undefined || isTest(from)) return undefined;
  const allowed = ALLOWED[room.startsWith("services/") ? "services" : room] ?? [];
  if (to.startsWith("npm:")) {
    const tensors = to.includes("@tensorflow/");
    if (!tensors || allowed.includes("tf")) return undefined;
    return room === "platform" && PLATFORM_TENSOR_FILES.test(from)
      ? undefined
      : `${from} imports tensors (${to})`;
  }
  const target = roomOf(to);
  if (target === undefined) {
    return to.startsWith("tests/std_assert") ? `${from} imports a test package` : `${from} imports ${to}`;
  }
  if (target === room || allowed.includes(target)) return undefined;
  return `${from} (${room}) may not import ${to} (${target})`;
}

function importFaults(files: readonly string[]): string[] {
  const graph = moduleGraph(files);
  const ours = new Set(files);
  const faults: string[] = [];
  for (const module of graph.modules) {
    if (!module.specifier.startsWith("file:")) continue;
    const from = relative(ROOT, fileURLToPath(module.specifier));
    if (!ours.has(from)) continue;
    for (const dependency of module.dependencies ?? []) {
      const target = dependency.code?.specifier ?? dependency.type?.specifier ?? "";
      const to = target.startsWith("file:") ? relative(ROOT, fileURLToPath(target)) : target;
      if (!to || to.startsWith("node:") || to.startsWith("node_modules")) continue;
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

function runtimeFaults(path: string): string[] {
  if (!/^shared\/(algorithm|protocol)\//.test(path) || isTest(path)) return [];
  const text = readFileSync(resolve(ROOT, path), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  const found = text.match(/\b(Math\.random|Date\.now|new Date|console\.|Deno\.|performance\.now)/);
  return found ? [`${path} uses ${found[1]}: a seed, the time and messages come from the caller`] : [];
}

function main(): void {
  const files = sourceFiles();
  const faults = [...importFaults(files), ...files.flatMap(sizeFaults), ...files.flatMap(runtimeFaults)];
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) Deno.exit(1);
  console.log(`layers: ${files.length} files keep the layer table and the size limits`);
}

if (import.meta.main) main();
