/**
 * All tests, each file in a process of its own: libtensorflow's state is global, a crash of native code is then one file's
 * failure, and the sanitizers see one file at a time.
 *
 * `deno task test [PATH...] [--filter TEXT]`: files and folders to take (default: everything), names to take.
 * `CUGRO_REQUIRE=all` makes a skipped test a failure; `DENO_JOBS` is the number of files at a time (default 2, at most the cores).
 * Ends with `N passed, N failed` on a line of its own.
 * @module
 */
import { mapConcurrently } from "@cugro/async";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import process from "node:process";
import { ROOT } from "../setup/setup_plan.ts";
import { type Ended, runCommand } from "../setup/run_program.ts";

const ROOMS = ["shared", "services", "scripts", "infra", "tests"];
/** Files that are named at the end with their time. */
const SLOWEST = 10;
/** Of a failed file, once more at the end. */
const ERROR_LINES = 30;
const SANITIZERS = ["--sanitize-ops", "--sanitize-resources", "--trace-leaks"];

/** What one file's tests came to. */
export interface Counts {
  passed: number;
  failed: number;
  ignored: number;
}

/** Reads the counts of a JUnit report; undefined for a process that died before it wrote one. */
export function countsOf(junit: string): Counts | undefined {
  const total = junit.match(/<testsuites [^>]*>/)?.[0];
  if (!total) return undefined;
  const attribute = (name: string, text = total) =>
    Number(text.match(new RegExp(`\\b${name}="(\\d+)"`))?.[1] ?? 0);
  const suites = junit.match(/<testsuite [^>]*>/g) ?? [];
  const ignored = suites.reduce(
    (sum, suite) => sum + attribute("disabled", suite) + attribute("skipped", suite),
    0,
  );
  const failed = attribute("failures") + attribute("errors");
  return { passed: attribute("tests") - failed - ignored, failed, ignored };
}

/** Test files under `paths` (files are taken as they are), sorted; those of `tests/`, the long ones, first. */
export function testFiles(paths: string[]): string[] {
  const found = paths.flatMap((path) => {
    if (!existsSync(path)) throw new RangeError(`Cannot test ${path}: there is no such file or folder`);
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith("_test.ts") && !name.includes("node_modules")).map((name) =>
        join(path, name)
      );
  });
  const rank = (path: string) => `${relative(ROOT, path).startsWith("tests") ? 0 : 1} ${path}`;
  return [...new Set(found)].sort((a, b) => rank(a) < rank(b) ? -1 : 1);
}

async function main(args: string[]): Promise<number> {
  const { paths, passedOn } = readArguments(args);
  const files = testFiles(paths);
  // Types are checked once for all: one process a file would check the shared modules again in each.
  const types = await runCommand(Deno.execPath(), ["check", "--quiet", ...files]);
  if (types.code !== 0) console.error(types.stderr);
  const folder = mkdtempSync(join(tmpdir(), "cugro-test-"));
  const total: Counts = { passed: 0, failed: types.code === 0 ? 0 : 1, ignored: 0 };
  const seconds = new Map<string, number>();
  const failures: string[] = [];
  try {
    await mapConcurrently(files, jobs(), async (file, i) => {
      const report = join(folder, `${i}.xml`);
      const began = performance.now();
      const ended = await runFile(file, report, passedOn);
      seconds.set(relative(ROOT, file), (performance.now() - began) / 1000);
      const heading = `── ${relative(ROOT, file)}`;
      console.log(`\n${heading}\n${(ended.stdout + ended.stderr).trim()}`);
      if (ended.code !== 0) failures.push(`${heading}\n${errorsOf(ended.stdout + ended.stderr)}`);
      add(total, countsOf(existsSync(report) ? readFileSync(report, "utf8") : ""), ended.code === 0);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  printSlowest(seconds);
  if (failures.length > 0) console.log(`\nwhat failed, once more:\n\n${failures.join("\n\n")}`);
  return conclude(total, passedOn.length > 0);
}

/** What a failed file's output says of its failures: its section of errors, else its end. */
export function errorsOf(output: string): string {
  const [, section] = /^ ERRORS \n([^]*?)\n FAILURES /m.exec(output) ?? [];
  if (section !== undefined) return section.trim().split("\n").slice(0, ERROR_LINES).join("\n");
  return output.trim().split("\n").slice(-ERROR_LINES).join("\n");
}

/** Where the time went, when there were enough files to ask. */
function printSlowest(seconds: ReadonlyMap<string, number>): void {
  if (seconds.size <= SLOWEST) return;
  console.log(`\nthe ${SLOWEST} slowest of ${seconds.size} files:`);
  const slowest = [...seconds].sort(([, a], [, b]) => b - a).slice(0, SLOWEST);
  for (const [file, time] of slowest) console.log(`${time.toFixed(1).padStart(7)} s  ${file}`);
}

function readArguments(args: string[]): { paths: string[]; passedOn: string[] } {
  const passedOn: string[] = [];
  const paths: string[] = [];
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--filter") passedOn.push(args[i]!, args[++i] ?? "");
    else if (args[i]!.startsWith("--")) passedOn.push(args[i]!);
    else paths.push(resolve(args[i]!));
  }
  return { paths: paths.length ? paths : ROOMS.map((room) => join(ROOT, room)), passedOn };
}

function jobs(): number {
  const wanted = Number(process.env.DENO_JOBS ?? 2);
  if (!(Number.isInteger(wanted) && wanted > 0)) {
    throw new RangeError(`DENO_JOBS must be a positive integer: ${wanted}`);
  }
  return Math.min(wanted, availableParallelism());
}

/** The fallback's tests say so in their name, and everything in them runs on it. */
function runFile(file: string, report: string, passedOn: string[]): Promise<Ended> {
  const env: Record<string, string> = /_wasm_test\.ts$/.test(file) ? { CUGRO_BACKEND: "wasm" } : {};
  if (process.stdout.isTTY) env.FORCE_COLOR = "1";
  const flags = [
    "-A",
    "--no-check",
    ...SANITIZERS,
    `--junit-path=${report}`,
    "--permit-no-files",
    ...passedOn,
  ];
  return runCommand(Deno.execPath(), ["test", ...flags, file], env);
}

/** A process that failed without a failed test (a crash, an uncaught error, a leak) counts as one failure. */
function add(total: Counts, counts: Counts | undefined, succeeded: boolean): void {
  total.passed += counts?.passed ?? 0;
  total.ignored += counts?.ignored ?? 0;
  total.failed += Math.max(counts?.failed ?? 0, succeeded ? 0 : 1);
}

function conclude({ passed, failed, ignored }: Counts, filtered: boolean): number {
  const skipsAreFailures = process.env.CUGRO_REQUIRE === "all" && !filtered;
  if (ignored) {
    console.log(
      `\n${ignored} skipped${skipsAreFailures ? ", which CUGRO_REQUIRE=all counts as failed" : ""}`,
    );
  }
  const failures = failed + (skipsAreFailures ? ignored : 0);
  console.log(`\n${passed} passed, ${failures} failed`);
  return failures === 0 && passed > 0 ? 0 : 1;
}

if (import.meta.main) {
  process.exitCode = await main(Deno.args).catch((error: Error) => {
    console.error(error.message);
    return 1;
  });
}
