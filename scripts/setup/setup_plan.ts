/** The state of a finished set-up on this machine: versions, folders, and the stamp by which the next start recognises it. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { readSetting, tensorSettings } from "@cugro/tensors/settings";

/** The repository's root folder. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Where the last set-up's outcome is kept: inside node_modules, so that it goes when they go. */
export const STAMP = join(ROOT, "node_modules", ".cugro-setup.json");

/** One Python wheel that carries libtensorflow. */
export interface Wheel {
  package: string;
  version: string;
  platform: string;
  /** SHA-256 of the wheel. */
  sha256: string;
  megabytes: number;
  variant: "cpu" | "gpu";
}

const VERSION = "2.21.0";
const X64 = "manylinux_2_27_x86_64";
const WHEELS: Record<string, Wheel> = {
  "cpu-x64": {
    package: "tensorflow-cpu",
    version: VERSION,
    platform: X64,
    sha256: "2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c",
    megabytes: 274,
    variant: "cpu",
  },
  "cpu-arm64": {
    package: "tensorflow",
    version: VERSION,
    platform: "manylinux_2_27_aarch64",
    sha256: "4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c",
    megabytes: 270,
    variant: "cpu",
  },
  "gpu-x64": {
    package: "tensorflow",
    version: VERSION,
    platform: X64,
    sha256: "9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124",
    megabytes: 600,
    variant: "gpu",
  },
};

/** The wheel for this machine and `CUGRO_DEVICE`; undefined where there is none (then WASM is what there is). */
export function wantedWheel(): Wheel | undefined {
  const device = readSetting(tensorSettings.device) ?? "cpu";
  return process.platform === "linux" ? WHEELS[`${device}-${process.arch}`] : undefined;
}

/** `$CUGRO_CACHE`, else `cugro` in the user's cache folder. Outside node_modules: 850 MB are kept once a machine. */
export function cacheFolder(): string {
  if (process.env.CUGRO_CACHE) return process.env.CUGRO_CACHE;
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "cugro");
}

/** The record of a finished set-up. */
export interface Stamp {
  key: string;
  backend: "native" | "wasm";
  /** Why it is not the native backend, and what to do. */
  reason?: string;
  /** Files that must still be there, with their sizes in bytes. */
  files: Record<string, number>;
  /** Milliseconds since 1970 of the attempt: a failed one is made again by itself after an hour. */
  time: number;
}

/** Changes whenever there is something to install: other packages, other library, other choice of backend. */
export function setupKey(): string {
  const hash = createHash("sha256");
  for (
    const file of [
      "deno.json",
      "deno.lock",
      "scripts/setup/binding.ts",
      "shared/tensors/native/no_programs.cc",
      "shared/tensors/native/process_helper.cc",
    ]
  ) {
    hash.update(readFileSync(join(ROOT, file)));
  }
  const choice = [
    wantedWheel(),
    readSetting(tensorSettings.backend) === "wasm",
    cacheFolder(),
    process.versions.napi,
  ];
  return hash.update(JSON.stringify(choice)).digest("hex");
}

/** The last set-up's outcome; undefined where there was none or its stamp cannot be read. */
export function readStamp(): Stamp | undefined {
  try {
    return JSON.parse(readFileSync(STAMP, "utf8"));
  } catch {
    return undefined;
  }
}

/** Whether nothing is to be done: same key, all files in place. */
export function inOrder(stamp: Stamp | undefined, key: string): boolean {
  if (stamp?.key !== key) return false;
  if (stamp.reason !== undefined && Date.now() - stamp.time > 3_600_000) return false;
  return Object.entries(stamp.files).every(([path, bytes]) =>
    existsSync(path) && statSync(path).size === bytes
  );
}
