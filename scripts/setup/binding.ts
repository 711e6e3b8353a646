/** Compiles tfjs-node-gpu's N-API binding against libtensorflow and links it into the package. */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { HELPER, type NativeInstallation } from "@cugro/tensors/native";
import type { Library } from "./libtensorflow.ts";
import { cacheFolder, ROOT, type Wheel } from "./setup_plan.ts";
import { CannotInstall, lastWords, runCommand } from "./run_program.ts";

const FLAGS = ["-O2", "-std=c++17", "-fPIC", "-shared", "-DNAPI_VERSION=8"];
const NATIVE = join(ROOT, "shared", "tensors", "native");
const HELPER_SOURCE = join(NATIVE, "process_helper.cc");
/** Linked into both addons: whichever is loaded first confines the process. */
const CONFINING_SOURCE = join(NATIVE, "no_programs.cc");

/** Folder of an installed npm package. */
function packageFolder(name: string): string {
  return realpathSync(join(ROOT, "node_modules", name));
}

/**
 * The compiled binding: from the cache, else compiled under a temporary name and put in place by one rename.
 *
 * @param onCompile called before it is compiled, which takes a while.
 * @returns its folder, and whether it was compiled now.
 * @throws {CannotInstall} without a working C++ compiler.
 */
export async function getBinding(
  library: Library,
  wheel: Wheel,
  onCompile: () => void,
): Promise<{ folder: string; compiled: boolean }> {
  const folder = join(cacheFolder(), "binding", bindingKey(library));
  if (existsSync(join(folder, "manifest.json"))) return { folder, compiled: false };
  const work = `${folder}.tmp-${process.pid}`;
  mkdirSync(work, { recursive: true });
  onCompile();
  try {
    await compile(library, work, folder);
    const installation: NativeInstallation = {
      name: library.name,
      variant: wheel.variant,
      library: join(library.folder, "tensorflow", "libtensorflow_cc.so.2"),
      librarySha256: library.sha256,
    };
    writeFileSync(join(work, "manifest.json"), JSON.stringify(installation, null, 2));
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return { folder, compiled: true };
}

/** Everything the compiled file depends on. */
function bindingKey(library: Library): string {
  const version = (name: string) =>
    JSON.parse(readFileSync(join(packageFolder(name), "package.json"), "utf8")).version;
  const parts = [
    library.name,
    library.sha256,
    version("@tensorflow/tfjs-node-gpu"),
    version("node-api-headers"),
    readFileSync(HELPER_SOURCE, "utf8"),
    readFileSync(CONFINING_SOURCE, "utf8"),
    FLAGS,
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

async function compile(library: Library, work: string, place: string): Promise<void> {
  const compiler = process.env.CXX || "g++";
  const tfjs = packageFolder("@tensorflow/tfjs-node-gpu");
  const headers = ["-I", join(packageFolder("node-api-headers"), "include")];
  const lib = join(library.folder, "tensorflow");
  const jobs = [
    [
      ...[...FLAGS, ...headers, "-I", tfjs, "-I", join(lib, "include")],
      ...[
        join(tfjs, "binding", "tfjs_backend.cc"),
        join(tfjs, "binding", "tfjs_binding.cc"),
        CONFINING_SOURCE,
      ],
      ...["-o", join(work, "tfjs_binding.node"), "-L", lib],
      ...[
        "-l:libtensorflow_cc.so.2",
        "-l:libtensorflow_framework.so.2",
        `-Wl,-rpath,$ORIGIN/${relative(place, lib)}`,
      ],
    ],
    [...FLAGS, ...headers, HELPER_SOURCE, CONFINING_SOURCE, "-o", join(work, HELPER)],
  ];
  const ended = await Promise.all(jobs.map((args) => runCommand(compiler, args)));
  if (ended.some(({ code }) => code === null)) {
    throw new CannotInstall("no C++ compiler was found: install g++");
  }
  const failed = ended.find(({ code }) => code !== 0);
  if (failed) throw new CannotInstall(`${compiler} could not compile the binding (${lastWords(failed)})`);
}

/** Points the package at the compiled binding: one atomic rename, also while other processes load the old one. */
export function linkBinding(folder: string): string {
  const place = join(packageFolder("@tensorflow/tfjs-node-gpu"), "lib", "napi-v8", "tfjs_binding.node");
  const target = join(folder, "tfjs_binding.node");
  if (existsSync(place) && realpathSync(place) === realpathSync(target)) return place;
  mkdirSync(dirname(place), { recursive: true });
  const temporary = `${place}.tmp-${process.pid}`;
  symlinkSync(target, temporary);
  renameSync(temporary, place);
  return place;
}

/** Takes the binding out of the package again, so that nothing tries to load it. */
export function unlinkBinding(): void {
  rmSync(join(packageFolder("@tensorflow/tfjs-node-gpu"), "lib", "napi-v8", "tfjs_binding.node"), {
    force: true,
  });
}

/** The files of a linked binding with their sizes in bytes. */
export function bindingFiles(place: string, library: Library): Record<string, number> {
  const files: Record<string, number> = { [place]: statSync(place).size };
  for (const [file, bytes] of Object.entries(library.sizes)) files[join(library.folder, file)] = bytes;
  return files;
}
