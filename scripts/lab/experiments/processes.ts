/**
 * Child processes of experiments, and what the system says about processes: memory and processor time. Linux only.
 * @module
 */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Clock ticks a second, as Linux has them everywhere. */
const TICKS = 100;

/** A child process. */
export interface Child {
  pid: number;
  /**
   * Ends it with SIGTERM; its last line on stdout.
   *
   * @throws {Error} with its last words when its status is not 0
   */
  stop(): Promise<string>;
}

/** Starts a program of this folder with Deno. */
export function startProgram(name: string, environment: Record<string, string>): Child {
  const program = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(process.execPath, ["run", "-A", program], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  let out = "";
  let errors = "";
  child.stdout.on("data", (chunk) => out = (out + chunk).slice(-100_000));
  child.stderr.on("data", (chunk) => errors = (errors + chunk).slice(-5_000));
  const ended = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)));
  const pid = child.pid!;
  return {
    pid,
    async stop() {
      process.kill(pid, "SIGTERM");
      const code = await ended;
      if (code !== 0) throw new Error(`${name} ended with status ${code}:\n${errors}`);
      return out.trimEnd().split("\n").at(-1) ?? "";
    },
  };
}

/**
 * Has a Ctrl-C or SIGTERM stop what was started before the process ends.
 *
 * @returns a function that ends this
 */
export function stopOnSignal(stop: () => Promise<unknown>): () => void {
  const onSignal = () => void stop().catch(console.error).then(() => process.exit(130));
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, onSignal);
  return () => {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
  };
}

/**
 * Resident memory (bytes) and processor time so far (seconds) of a process.
 *
 * @param pid of the process
 * @returns bytes and seconds
 */
export async function usageOf(pid: number): Promise<{ memory: number; seconds: number }> {
  const [status, stat] = await Promise.all(
    ["status", "stat"].map((name) => readFile(`/proc/${pid}/${name}`, "utf8")),
  );
  const memory = 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status!)?.[1] ?? 0);
  // Fields 14 and 15, counted from behind the name, which may hold spaces.
  const fields = stat!.slice(stat!.lastIndexOf(")") + 2).split(" ");
  return { memory, seconds: (Number(fields[11]) + Number(fields[12])) / TICKS };
}

/** Processor time of the whole machine so far (seconds): busy with anything, and idle (disk waits included). */
export async function machineSeconds(): Promise<{ busy: number; idle: number }> {
  const line = (await readFile("/proc/stat", "utf8")).split("\n")[0]!;
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0] = line.split(/\s+/).slice(1)
    .map(Number);
  return { busy: (user + nice + system + irq + soft) / TICKS, idle: (idle + wait) / TICKS };
}

/** The p-th quantile of numbers, p in [0, 1]: the smallest that at least that share does not exceed. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? NaN;
}
