/** The set-up's steps, in order, and the sentence that says how it went. */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { readSetting, tensorSettings } from "@cugro/tensors/settings";
import { makeDashboard } from "./dashboard.ts";
import {
  cacheFolder,
  inOrder,
  readStamp,
  ROOT,
  STAMP,
  type Stamp,
  wantedWheel,
  type Wheel,
} from "./setup_plan.ts";
import { CannotInstall, lastWords, runCommand } from "./run_program.ts";

/** The message about the fallback; `{}` is the reason with its remedy. */
const FALLBACK =
  "Set-up: using the WASM backend, which trains several times slower than the native one, because {}; " +
  "then run `deno task setup` again.";

/** The result of a self-test. */
export interface SelfTest {
  profile: string;
  seconds: number;
}

/**
 * Does what is missing: one line for each phase that takes time, and one on how it went.
 *
 * @throws {Error} when not even the fallback can run.
 */
export async function install(
  { key, quiet, withoutGpu = false }: { key: string; quiet: boolean; withoutGpu?: boolean },
): Promise<void> {
  const started = Date.now();
  const report = (line: string) => console.error(line);
  const wasInOrder = inOrder(readStamp(), key);
  if (!wasInOrder) {
    report("Packages: installing …");
    await installPackages();
  }
  await makeDashboard();
  removeStaleDownloads();
  const outcome = readSetting(tensorSettings.backend) === "wasm"
    ? await setUpWasm()
    : await setUpNative(report, withoutGpu);
  writeStamp({ key, time: Date.now(), ...outcome.stamp });
  if (!quiet || !wasInOrder) report(`${outcome.line} (${((Date.now() - started) / 1000).toFixed(0)} s)`);
}

interface Outcome {
  stamp: Pick<Stamp, "backend" | "files" | "reason">;
  line: string;
}

async function installPackages(): Promise<void> {
  const ended = await runCommand(Deno.execPath(), [
    "install",
    "--quiet",
    "--frozen",
    "--config",
    join(ROOT, "deno.json"),
  ]);
  if (ended.code !== 0) throw new Error(`the npm packages could not be installed: ${lastWords(ended, 5)}`);
}

async function setUpNative(report: (line: string) => void, withoutGpu: boolean): Promise<Outcome> {
  // Loaded late: these import npm packages, which `installPackages` has just brought.
  const { getLibrary } = await import("./libtensorflow.ts");
  const { bindingFiles, getBinding, linkBinding, unlinkBinding } = await import("./binding.ts");
  try {
    const wheel = wantedWheel();
    if (!wheel) {
      throw new CannotInstall(
        `there is no libtensorflow for ${process.platform} on ${process.arch}: use Linux`,
      );
    }
    const library = await getLibrary(wheel, () => announceDownload(wheel, report));
    const binding = await getBinding(library, wheel, () => report("Binding of libtensorflow: compiling …"));
    const place = linkBinding(binding.folder);
    const test = await selfTest("native", withoutGpu ? { CUGRO_DEVICE: "cpu" } : {}).catch((error) => {
      throw new CannotInstall(`the self-test failed (${error.message}): ask \`deno task cugro doctor\``);
    });
    const done = [
      library.downloaded && "downloaded libtensorflow",
      binding.compiled && "compiled its binding",
    ];
    const line = `Set-up: native backend ready; ${
      [...done.filter(Boolean), "self-test passed"].join(", ")
    }: ${test.profile}`;
    return { stamp: { backend: "native", files: bindingFiles(place, library) }, line };
  } catch (error) {
    // Asked for by name, it is no longer a fallback but a failure.
    if (
      !(error instanceof CannotInstall) || readSetting(tensorSettings.backend) === "native" ||
      readSetting(tensorSettings.device) === "gpu"
    ) {
      throw error;
    }
    unlinkBinding(); // else it would be loaded in spite of what we say
    const reason = FALLBACK.replace("{}", error.message);
    const { stamp, line } = await setUpWasm();
    return { stamp: { ...stamp, reason }, line: `${reason}\n${line}` };
  }
}

/** A library that cannot be bound is not worth 274 MB: the compiler is looked for first. */
async function announceDownload(wheel: Wheel, report: (line: string) => void): Promise<void> {
  const compiler = await runCommand(process.env.CXX || "g++", ["--version"]);
  if (compiler.code !== 0) throw new CannotInstall("no C++ compiler was found: install g++");
  report(
    `libtensorflow: downloading ${wheel.megabytes} MB${
      wheel.variant === "gpu" ? " and the CUDA libraries" : ""
    } …`,
  );
}

async function setUpWasm(): Promise<Outcome> {
  const { profile } = await selfTest("wasm");
  return {
    stamp: { backend: "wasm", files: {} },
    line: `Set-up: WASM backend ready, self-test passed: ${profile}`,
  };
}

/** Trains a line in a process of its own: a crash of native code is an outcome here, not the set-up's end. */
async function selfTest(
  backend: "native" | "wasm",
  environment: Record<string, string> = {},
): Promise<SelfTest> {
  const script = fileURLToPath(new URL("check_backend.ts", import.meta.url));
  const ended = await runCommand(Deno.execPath(), ["run", "-A", script], {
    ...environment,
    CUGRO_BACKEND: backend,
  });
  if (ended.code !== 0) throw new Error(lastWords(ended) || `exit code ${ended.code}`);
  return JSON.parse(ended.stdout.trim().split("\n").at(-1)!);
}

function writeStamp(stamp: Stamp): void {
  const temporary = `${STAMP}.tmp-${process.pid}`;
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(temporary, JSON.stringify(stamp, null, 2));
  renameSync(temporary, STAMP);
}

/** Downloads that a kill has left behind; six hours is longer than any still runs. */
function removeStaleDownloads(): void {
  mkdirSync(cacheFolder(), { recursive: true });
  for (const name of readdirSync(cacheFolder()).filter((name) => name.startsWith("tmp-"))) {
    const path = join(cacheFolder(), name);
    if (Date.now() - statSync(path).mtimeMs > 6 * 3_600_000) rmSync(path, { recursive: true, force: true });
  }
}
