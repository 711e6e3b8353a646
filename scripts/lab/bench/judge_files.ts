/**
 * Judges files by ranges, one after the other, and prints a JSON line for each: what it took, and the most memory that this
 * process has had so far. `judge_files.ts FILES...`
 * @module
 */
import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import { readIsolatedFile } from "@cugro/datasets";

/** A line of this program. */
export interface JudgedLine {
  bytes: number;
  rows: number;
  seconds: number;
  cpuSeconds: number;
  /** Most bytes of resident memory so far; 0 where the system does not say. */
  peakBytes: number;
}

function peakBytes(): number {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

async function judged(path: string): Promise<JudgedLine> {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  const { dataset, close } = await readIsolatedFile(path, basename(path));
  const { user, system } = process.cpuUsage(cpu);
  close();
  return {
    bytes: statSync(path).size,
    rows: dataset.size,
    seconds: (performance.now() - wall) / 1e3,
    cpuSeconds: (user + system) / 1e6,
    peakBytes: peakBytes(),
  };
}

if (import.meta.main) {
  for (const path of process.argv.slice(2)) console.log(JSON.stringify(await judged(path)));
}
