/**
 * One `cugro run` as a child process, with its time and its peak of memory.
 * @module
 */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { RunResult } from "../commands/result.ts";

const CLI = fileURLToPath(new URL("../cugro.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../../deno.json", import.meta.url));
const WATCH_MS = 500;

/** Result and measurements of a run. */
export interface ChildRun {
  result: RunResult;
  wallSeconds: number;
  /** Resident memory of the largest process, sampled every half second: `[seconds, bytes]`. */
  memory: [number, number][];
}

/**
 * Runs `cugro run ...args --json`; its output goes to `onLine`, by default to stderr after `label`. `environment` is added to this process's.
 *
 * @param label before each line
 * @param args of `cugro run`
 * @param onLine gets the child's lines
 * @param environment variables of the child
 * @returns its result, seconds and peak memory in bytes
 * @throws {Error} when it ends with another status than 0
 */
export async function runChild(
  label: string,
  args: readonly string[],
  onLine = (line: string) => console.error(`[${label}] ${line}`),
  environment: Record<string, string> = {},
): Promise<ChildRun> {
  const began = performance.now();
  const child = spawn(process.execPath, ["run", "-A", "--config", CONFIG, CLI, "run", ...args, "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  let json = "";
  let rest = "";
  child.stdout.on("data", (chunk) => json += chunk);
  child.stderr.on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) onLine(line);
  });
  const memory: [number, number][] = [];
  const watch = setInterval(
    async () => memory.push([(performance.now() - began) / 1000, await largestChild(child.pid!)]),
    WATCH_MS,
  );
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearInterval(watch);
  if (json === "") throw new Error(`${label} ended with status ${code}: ${rest}`);
  return { result: JSON.parse(json), wallSeconds: (performance.now() - began) / 1000, memory };
}

/** Resident bytes of the largest worker of a command (Linux; 0 elsewhere). */
async function largestChild(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const sizes = await Promise.all(
    children.split(" ").filter(Boolean).map(async (child) => {
      const text = await readFile(`/proc/${child}/statm`, "utf8").catch(() => "0 0");
      return Number(text.split(" ")[1]) * 4096;
    }),
  );
  return Math.max(0, ...sizes);
}
