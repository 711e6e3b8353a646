/**
 * Installs onnxruntime, with which `cugro export` checks its graphs: two files of a package of 139 MB, kept once a machine
 * beside libtensorflow and put beside the packages of this clone.
 * @module
 */
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import {
  hasOnnxRuntime,
  ONNXRUNTIME,
  ONNXRUNTIME_FILES,
  ONNXRUNTIME_FOLDER,
} from "../../shared/export/onnx/runtime_files.ts";
import { cacheFolder } from "./setup_plan.ts";
import { lastWords, runCommand } from "./run_program.ts";

const NAMES = Object.keys(ONNXRUNTIME_FILES) as (keyof typeof ONNXRUNTIME_FILES)[];

/**
 * Installs it where it is missing or damaged. @param say gets a line where it is downloaded
 *
 * @throws {Error} without network or room, or where what is downloaded is not what was expected
 */
export async function installOnnxRuntime(report: (line: string) => void): Promise<void> {
  if (isWhole(ONNXRUNTIME_FOLDER)) return;
  const kept = join(cacheFolder(), `onnxruntime-${ONNXRUNTIME.version}`);
  if (!isWhole(kept)) {
    report("onnxruntime: downloading its package …");
    await download(kept);
  }
  putInPlace(kept, ONNXRUNTIME_FOLDER);
}

function isWhole(folder: string): boolean {
  return hasOnnxRuntime(folder) &&
    NAMES.every((name) => hashOf(join(folder, name)) === ONNXRUNTIME_FILES[name]);
}

function hashOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

async function download(folder: string): Promise<void> {
  const work = join(cacheFolder(), `tmp-${process.pid}-onnxruntime`);
  const { package: name, version } = ONNXRUNTIME;
  try {
    mkdirSync(work, { recursive: true });
    const config = join(work, "deno.json");
    writeFileSync(
      config,
      JSON.stringify({ nodeModulesDir: "manual", imports: { [name]: `npm:${name}@${version}` } }),
    );
    const ended = await runCommand(Deno.execPath(), ["install", "--quiet", "--config", config]);
    const dist = join(work, "node_modules", name, "dist");
    if (ended.code !== 0 || !existsSync(dist)) {
      throw new Error(`onnxruntime could not be downloaded: ${lastWords(ended, 3)}`);
    }
    const wrong = NAMES.find((file) => hashOf(join(dist, file)) !== ONNXRUNTIME_FILES[file]);
    if (wrong !== undefined) {
      throw new Error(`onnxruntime was not installed as ${wrong} is not the file that is expected`);
    }
    putInPlace(dist, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The two files, put in place by one rename. */
function putInPlace(from: string, folder: string): void {
  const unfinished = `${folder}.${process.pid}.tmp`;
  try {
    mkdirSync(unfinished, { recursive: true });
    for (const name of NAMES) copyFileSync(join(from, name), join(unfinished, name));
    mkdirSync(dirname(folder), { recursive: true });
    // What is there is damaged, or another process was faster with the same bytes.
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
