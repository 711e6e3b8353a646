/**
 * The dashboard as files that a browser loads, made of its sources (`services/gateway/dashboard`) by esbuild: no network, and
 * only where a source has changed. They lie inside node_modules, so that they go when those go, and no bundle is in git.
 *
 * `deno run -A scripts/setup/dashboard.ts` makes them again.
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { BuildResult, Metafile, Plugin } from "esbuild";
import { browserMujoco } from "./browser_mujoco.ts";
import { lastWords, runCommand } from "./run_program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SOURCE = join(ROOT, "services", "gateway", "dashboard");
const ENTRY = join(SOURCE, "main.tsx");
/** Where they lie; the gateway reads them there. */
const BUILT = join(ROOT, "node_modules", ".cugro-dashboard");
/** The record of their sources. */
const RECORD = "built.json";

/** The built files, and the hash of each source. */
interface Built {
  sources: Record<string, string>;
  /** Name in the address to its type. */
  files: Record<string, string>;
  /** First to load. */
  script: string;
  style: string;
}

const TYPES: Record<string, string> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
};
/** Of ten megabytes the last tenth would take half a minute. */
const QUALITY: Record<string, number> = { ".wasm": 5 };

/** Whether the files are those of the sources as they are now; also true where there are no sources. */
export function isDashboardInOrder(): boolean {
  if (!existsSync(ENTRY)) return true;
  try {
    const { sources, files }: Built = JSON.parse(readFileSync(join(BUILT, RECORD), "utf8"));
    const isSame = ([path, hash]: [string, string]) => hashOf(join(ROOT, path)) === hash;
    return Object.entries(sources).every(isSame) &&
      Object.keys(files).every((name) => existsSync(join(BUILT, name)));
  } catch {
    return false;
  }
}

/**
 * Makes the files where there are sources; a failure is reported, and everything else works without them. In a process of its
 * own: this one may be older than the packages.
 */
export async function makeDashboard(): Promise<void> {
  if (!existsSync(ENTRY)) return;
  const ended = await runCommand(Deno.execPath(), ["run", "-A", fileURLToPath(import.meta.url)]);
  if (ended.code === 0) return;
  console.error(
    `Set-up: the gateway serves no dashboard, because it could not be built: ${lastWords(ended, 3)}`,
  );
}

/**
 * Makes the files, in a folder that is put in place by one rename.
 *
 * @returns their sizes as they are sent, in bytes
 */
export async function buildDashboard(): Promise<{ name: string; bytes: number }[]> {
  const { build, stop } = await import("esbuild");
  const result = await build(
    {
      entryPoints: [ENTRY],
      ...{ bundle: true, minify: true, splitting: true, format: "esm", metafile: true, write: false },
      ...{ target: ["es2023", "chrome117", "firefox117", "safari17"], platform: "browser" },
      ...{
        outdir: BUILT,
        entryNames: "[name]-[hash]",
        chunkNames: "part-[hash]",
        assetNames: "[name]-[hash]",
      },
      ...{ jsx: "automatic", jsxImportSource: "preact", legalComments: "none", logLevel: "silent" },
      // Of the client only; they are never loaded in a browser.
      external: ["node:*"],
      loader: { ".wasm": "file" },
      plugins: [ownPackages, browserMujoco],
    } as Parameters<typeof build>[0],
  );
  // It would keep the process alive.
  await stop();
  return putInPlace(result);
}

function putInPlace({ outputFiles = [], metafile }: BuildResult): { name: string; bytes: number }[] {
  const folder = `${BUILT}.tmp-${process.pid}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const sizes = outputFiles.map(({ path, contents }) => {
    const name = basename(path);
    writeFileSync(join(folder, name), contents);
    const quality = QUALITY[endOf(name)] ?? 11;
    const packed = brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
    writeFileSync(join(folder, `${name}.br`), packed);
    writeFileSync(join(folder, `${name}.gz`), gzipSync(contents, { level: Math.min(9, quality) }));
    return { name, bytes: packed.length };
  });
  writeFileSync(join(folder, RECORD), JSON.stringify(recordOf(metafile!), null, 1));
  try {
    rmSync(BUILT, { recursive: true, force: true });
    renameSync(folder, BUILT);
  } catch (error) {
    // Another set-up has put the same in place meanwhile.
    rmSync(folder, { recursive: true, force: true });
    if (!isDashboardInOrder()) throw error;
  }
  return sizes;
}

function recordOf({ inputs, outputs }: Metafile): Built {
  const paths = Object.keys(inputs).map((path) => relative(ROOT, join(process.cwd(), path)))
    .filter((path) => !path.startsWith("node_modules"));
  const names = Object.keys(outputs).map((path) => basename(path));
  const typeOf = (name: string) => TYPES[endOf(name)]!;
  // What is loaded later has an entry of its own.
  const start = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint?.endsWith("/main.tsx"))!;
  return {
    sources: Object.fromEntries(paths.map((path) => [path, hashOf(join(ROOT, path))])),
    files: Object.fromEntries(names.map((name) => [name, typeOf(name)])),
    script: basename(start[0]),
    style: basename(start[1].cssBundle!),
  };
}

/** Rooms by their packages' names: their `exports` say which file is meant. Nothing of a room runs because it is imported. */
const ownPackages: Plugin = {
  name: "rooms",
  setup({ onResolve }) {
    onResolve({ filter: /^@cugro\// }, ({ path }) => {
      const [, room, ...rest] = path.split("/");
      const folder = join(ROOT, "shared", room!);
      const { exports } = JSON.parse(readFileSync(join(folder, "deno.json"), "utf8"));
      const file = exports[rest.length === 0 ? "." : `./${rest.join("/")}`];
      if (file === undefined) return { errors: [{ text: `The room ${room} exports no ${path}` }] };
      return { path: join(folder, file), sideEffects: false };
    });
    onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
      if (!resolveDir.startsWith(join(ROOT, "shared"))) return undefined;
      return { path: join(resolveDir, path), sideEffects: false };
    });
  },
};

function endOf(name: string): string {
  return name.slice(name.lastIndexOf("."));
}

function hashOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16);
}

if (import.meta.main) {
  mkdirSync(dirname(BUILT), { recursive: true });
  for (const { name, bytes } of await buildDashboard()) console.log(`${name}: ${bytes} bytes as sent`);
}
