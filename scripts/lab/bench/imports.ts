/**
 * How fast dataset files are read and judged, and in how much memory: each in a process of its own.
 * @module
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inMemory, readIsolatedFile, writeHdf5 } from "@cugro/datasets";
import { zipSync } from "fflate";
import type { JudgedLine } from "./judge_files.ts";
import { writeLarge } from "./large_file.ts";
import type { Figures, Group, Settings } from "./measure.ts";

const MEGABYTE = 1e6;
const PROGRAM = fileURLToPath(new URL("./judge_files.ts", import.meta.url));

/** The group `imports`. Rates are of computing time on any number of cores, so that a busy machine changes little. */
export const imports: Group = {
  name: "imports",
  yardstick: [],
  open: async (settings: Settings) => {
    const folder = await mkdtemp(join(tmpdir(), "cugro-imports-"));
    const files = await makeFiles(folder, settings);
    return {
      measure: async () => {
        const figures: Figures = {};
        for (const [name, path] of files) Object.assign(figures, await measureFile(name, path));
        return figures;
      },
      close: () => rm(folder, { recursive: true }),
    };
  },
};

/** Names of figures, and files. */
async function makeFiles(folder: string, { quick, imports = {} }: Settings): Promise<[string, string][]> {
  const path = (name: string) => join(folder, name);
  const plain = path("plain.safetensors");
  writeLarge(plain, (quick ? 20 : 100) * MEGABYTE);
  await writeFile(path("plain.npz"), await npzOf(plain));
  const { dataset, close } = await readIsolatedFile(plain, "plain");
  await writeFile(path("packed.hdf5"), await writeHdf5(inMemory(dataset)));
  close();
  const files: [string, string][] = [
    ["importSafetensors", plain],
    ["importNpz", path("plain.npz")],
    ["importHdf5Packed", path("packed.hdf5")],
    ...(imports.files ?? []).map((file): [string, string] => [`import ${basename(file)}`, file]),
  ];
  if (imports.gigabytes) {
    writeLarge(path("large.safetensors"), imports.gigabytes * 1e9);
    files.push(["importLarge", path("large.safetensors")]);
  }
  return files;
}

/** The same arrays as numpy writes them. */
async function npzOf(path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(await readFile(path));
  const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)));
  const arrays: Record<string, Uint8Array> = {};
  for (const [name, { dtype, shape, data_offsets: [from, to] }] of Object.entries<Tensor>(header)) {
    const data = bytes.subarray(8 + headerBytes + from, 8 + headerBytes + to);
    arrays[`${name}.npy`] = npyOf(dtype === "U8" ? "|u1" : "<f4", shape, data);
  }
  return zipSync(arrays, { level: 0 });
}

interface Tensor {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

function npyOf(type: string, shape: readonly number[], data: Uint8Array): Uint8Array {
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const head = new TextEncoder().encode(text.padEnd(117) + "\n");
  const bytes = new Uint8Array(10 + head.length + data.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, head.length, 0]);
  bytes.set(head, 10);
  bytes.set(data, 10 + head.length);
  return bytes;
}

async function measureFile(name: string, path: string): Promise<Figures> {
  const { stdout } = await promisify(execFile)(process.execPath, ["run", "-A", PROGRAM, path]);
  const { bytes, cpuSeconds, peakBytes } = JSON.parse(stdout) as JudgedLine;
  return {
    [`${name}MBPerSecond`]: bytes / MEGABYTE / cpuSeconds,
    [`${name}PeakMB`]: peakBytes / MEGABYTE,
  };
}
