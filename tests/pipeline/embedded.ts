/**
 * What pipeline and fault tests share: small real datasets, the command line as a child process, a look into a store.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { shippedPolicy } from "@cugro/environments";
import { collectFiles } from "../../scripts/cli/commands/collecting/collect_files.ts";

const CLI = fileURLToPath(new URL("../../scripts/cli/cugro.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

/**
 * Collects a small swimmer stream.
 *
 * @returns the files, in order of task
 */
export async function smallStream(folder: string, tasks: number): Promise<string[]> {
  const goals = [[1, 0], [-1, 0], [0, 1]].slice(0, tasks);
  return await collectFiles({
    family: "swimmer-dir",
    goals,
    policy: await shippedPolicy("swimmer"),
    episodes: 6,
    seed: 5,
    folder: join(folder, "data"),
  });
}

/** A command line under way. */
export interface Running {
  child: ChildProcess;
  /** Everything it wrote to stderr so far. */
  errors: () => string;
  /** Resolves when it has ended. */
  ended: Promise<{ code: number | null; output: string }>;
  /** SIGKILL to the whole process group: command and workers. */
  killGroup: () => void;
}

/** Starts `cugro ...args` in a process group of its own. */
export function startCommand(args: readonly string[], environment: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, ["run", "-A", "--config", CONFIG, CLI, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: { ...process.env, ...environment },
  });
  let output = "";
  let errors = "";
  child.stdout!.on("data", (chunk) => output += chunk);
  child.stderr!.on("data", (chunk) => errors += chunk);
  const ended = new Promise<{ code: number | null; output: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, output }))
  );
  const killGroup = () => {
    try {
      process.kill(-child.pid!, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  return { child, errors: () => errors, ended, killGroup };
}

/**
 * Runs a command to its end.
 *
 * @throws {Error} with what it wrote if it fails
 */
export async function runCommand(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<string> {
  const running = startCommand(args, environment);
  const { code, output } = await running.ended;
  if (code !== 0) throw new Error(`cugro ${args.join(" ")} ended with ${code}:\n${running.errors()}`);
  return output;
}

/** What a store says of one finished job. */
export interface FinishedJob {
  jobId: string;
  kind: string;
  finished: string;
  startedAtStep: number;
  profile: Record<string, unknown>;
  outputs: Record<string, { artifact: string }>;
}

/** Where jobs lie: by kind, and in stores of version 0.2 without it. Looked for as a stranger would. */
async function jobFolders(store: string): Promise<{ id: string; folder: string }[]> {
  const root = join(store, "jobs");
  const folders = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  return folders.filter((entry) => entry.isDirectory() && /^[0-9a-f]{64}$/.test(entry.name))
    .map(({ name, parentPath }) => ({ id: name, folder: join(parentPath, name) }));
}

/** All results in a store, by job id. */
export async function finishedJobs(store: string): Promise<Map<string, FinishedJob>> {
  const found = new Map<string, FinishedJob>();
  for (const { id, folder } of await jobFolders(store)) {
    const text = await readFile(join(folder, "result.json"), "utf8").catch(() => undefined);
    if (text !== undefined) found.set(id, JSON.parse(text));
  }
  return found;
}

/** Content hashes of all weights, by job id: what a run amounts to. */
export async function weightsOf(store: string): Promise<Record<string, string>> {
  const jobs = [...await finishedJobs(store)].filter(([, { outputs }]) => outputs.weights !== undefined);
  return Object.fromEntries(jobs.map(([id, { outputs }]) => [id, outputs.weights!.artifact]).sort());
}

/** Checkpoints of unfinished jobs. */
export async function checkpoints(store: string): Promise<{ jobId: string; path: string }[]> {
  const found: { jobId: string; path: string }[] = [];
  for (const { id: jobId, folder } of await jobFolders(store)) {
    const path = join(folder, "checkpoint");
    const has = (name: string) => stat(name).then(() => true, () => false);
    if (await has(path) && !await has(join(folder, "result.json"))) found.push({ jobId, path });
  }
  return found;
}

/** Whether some unfinished job has a checkpoint that was written after `since` (ms since 1970). */
export async function hasCheckpoint(store: string, since: number): Promise<boolean> {
  for (const { folder } of await jobFolders(store)) {
    const written = (name: string) => stat(join(folder, name)).then(({ mtimeMs }) => mtimeMs, () => 0);
    if (await written("checkpoint") > since && await written("result.json") === 0) return true;
  }
  return false;
}
