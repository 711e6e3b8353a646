/** `cugro doctor`: what this machine computes with, and what is missing. */
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { nativeInstallation, openBackend, profileId } from "@cugro/tensors/backend";
import { hasOnnxRuntime, ONNXRUNTIME, ONNXRUNTIME_SETUP } from "../../shared/export/onnx/runtime_files.ts";
import { cacheFolder, inOrder, readStamp, ROOT, setupKey, wantedWheel } from "./setup_plan.ts";
import { runCommand } from "./run_program.ts";

/** Something that is missing or wrong, and the command that mends it. */
export interface Finding {
  problem: string;
  remedy: string;
}

/** The findings of `doctor`. */
export interface DoctorReport {
  /** Nothing prevents work; findings may still make it slower. */
  healthy: boolean;
  /** Undefined when no backend could be opened. */
  backend: { name: string; device: string; threads: number; compile: boolean; profile: string } | undefined;
  /** Worker processes that a run starts by default, one a core. */
  cores: number;
  memoryGiB: number;
  /** Python for environments of Gymnasium, and the versions of its packages; or why there is none, which is no fault. */
  gymnasium: Record<string, string> | { missing: string };
  /** Version by name; `-` for what is not installed. */
  versions: Record<string, string>;
  /** The runtime that `cugro export` checks with, or the command that installs it; a missing one is no fault. */
  onnxruntime: string;
  cache: { folder: string; freeGiB: number | null };
  findings: Finding[];
}

/** Looks at this machine: opens the backend, reads versions, lists what is missing. Changes nothing. */
export async function doctor(
  lookAtPython: () => Promise<Record<string, string>>,
): Promise<DoctorReport> {
  const findings = await missingTools();
  const stamp = readStamp();
  if (!inOrder(stamp, setupKey())) {
    findings.push({ problem: "The set-up has not been finished", remedy: "deno task setup" });
  } else if (stamp?.reason) findings.push({ problem: stamp.reason, remedy: "deno task setup" });
  const backend = await openBackend().catch((error: Error) => {
    findings.push({ problem: error.message, remedy: "deno task setup" });
    return undefined;
  });
  if (backend?.warning && !stamp?.reason) {
    findings.push({ problem: backend.warning, remedy: "deno task setup" });
  }
  const folder = cacheFolder();
  return {
    healthy: backend !== undefined,
    backend: backend && {
      name: backend.name,
      device: backend.device,
      threads: backend.threads,
      compile: backend.profile.compile,
      profile: profileId(backend.profile),
    },
    cores: availableParallelism(),
    memoryGiB: round(totalmem() / 2 ** 30),
    gymnasium: await lookAtPython().catch((error: Error) => ({ missing: error.message })),
    versions: versions(),
    onnxruntime: hasOnnxRuntime() ? ONNXRUNTIME.version : `none: ${ONNXRUNTIME_SETUP}, for cugro export`,
    cache: { folder, freeGiB: freeGiB(folder) },
    findings,
  };
}

/** Prints a report for people. */
export function printDoctor(report: DoctorReport): void {
  const { backend, cache } = report;
  const rows: [string, string][] = [
    ["backend", backend ? `${backend.name} on ${backend.device}` : "none"],
    ["threads", backend ? `${backend.threads} an operation, ${report.cores} cores` : `${report.cores} cores`],
    ["compile", backend?.compile ? "on" : "off"],
    ["profile", backend?.profile ?? "-"],
    ["memory", `${report.memoryGiB} GiB`],
    ...Object.entries(report.versions),
    ["onnxruntime", report.onnxruntime],
    ["gymnasium", describeGymnasium(report.gymnasium)],
    ["cache", `${cache.folder}${cache.freeGiB === null ? "" : ` (${cache.freeGiB} GiB free)`}`],
  ];
  for (const [name, value] of rows) console.log(`${name.padEnd(15)}${value}`);
  if (report.findings.length === 0) {
    const isComplete = !("missing" in report.gymnasium);
    console.log(`\nNothing is missing${isComplete ? "" : ", except for tasks that run in Gymnasium"}.`);
  }
  for (const { problem, remedy } of report.findings) console.log(`\n${problem}\n  -> ${remedy}`);
}

/** One line: most people need none. */
function describeGymnasium(found: DoctorReport["gymnasium"]): string {
  if ("missing" in found) return `none, so its environments have no true returns: ${found.missing}`;
  const { interpreter, ...packages } = found;
  return `${interpreter} (${
    Object.entries(packages).map(([name, version]) => `${name} ${version}`).join(", ")
  })`;
}

/** Tools that the set-up needs; only of interest until the native backend is in place. */
async function missingTools(): Promise<Finding[]> {
  if (nativeInstallation() || !wantedWheel()) return [];
  const wanted = [
    { command: "g++", args: ["--version"], name: "A C++ compiler", remedy: "apt-get install g++" },
    {
      command: "python3",
      args: ["-m", "pip", "--version"],
      name: "Python's pip",
      remedy: "apt-get install python3-pip",
    },
  ];
  const ended = await Promise.all(wanted.map(({ command, args }) => runCommand(command, args)));
  return wanted.filter((_, i) => ended[i]!.code !== 0).map(({ name, remedy }) => ({
    problem: `${name} is missing, which the native backend is set up with`,
    remedy: `${remedy}, then deno task setup`,
  }));
}

function versions(): Record<string, string> {
  const installed = nativeInstallation();
  return {
    deno: Deno.version.deno,
    tfjs: packageVersion("@tensorflow/tfjs-core"),
    libtensorflow: installed ? `${installed.name} (${installed.librarySha256.slice(0, 12)})` : "-",
    mujoco: packageVersion("@mujoco/mujoco"),
  };
}

function packageVersion(name: string): string {
  const path = join(ROOT, "node_modules", name, "package.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).version : "-";
}

function freeGiB(folder: string): number | null {
  if (!existsSync(folder)) return null;
  const { bavail, bsize } = statfsSync(folder);
  return round(bavail * bsize / 2 ** 30);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
