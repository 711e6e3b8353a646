/**
 * The packages in deno.lock, and where each is installed.
 * @module
 */
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A package that is locked. */
export interface LockedPackage {
  /** With its scope. */
  name: string;
  version: string;
  /** `pkg:npm/%40scope/name@1.2.3` */
  purl: string;
  /** Of its archive, in hexadecimal digits. */
  sha512: string;
  /** Purls of what it depends on. */
  needs: string[];
  /** Its folder in `node_modules/.deno`. */
  folder: string;
}

/** The contents of a lock file. */
export interface Lock {
  /** One of each name and version, sorted. */
  packages: LockedPackage[];
  /** Purls of those that the repository names. */
  direct: string[];
}

interface LockFile {
  version: string;
  specifiers: Record<string, string>;
  npm: Record<string, { integrity: string; dependencies?: string[]; optionalDependencies?: string[] }>;
}

/** Reads a lock file. @throws {Error} saying what it is that is not understood */
export function readLock(path: string): Lock {
  const lock = JSON.parse(readFileSync(path, "utf8")) as LockFile;
  if (lock.version !== "5") {
    throw new Error(`${path} must have version 5: current version is ${lock.version}`);
  }
  const keys = Object.keys(lock.npm);
  const purlAt = (reference: string) => purlOf(resolve(reference, keys, path));
  const packages = new Map<string, LockedPackage>();
  for (const [key, { integrity, dependencies = [], optionalDependencies = [] }] of Object.entries(lock.npm)) {
    const { name, version } = parseKey(key);
    const purl = purlOf(key);
    const needs = [...dependencies, ...optionalDependencies].map(purlAt);
    // The same package with other peers is one package.
    const known = packages.get(purl)?.needs ?? [];
    packages.set(purl, {
      ...{ name, version, purl, sha512: hexOf(integrity, key), needs: unique([...known, ...needs]) },
      folder: `${name.replace("/", "+")}@${version}`,
    });
  }
  const direct = Object.entries(lock.specifiers).filter(([specifier]) => specifier.startsWith("npm:"))
    .map(([specifier, version]) =>
      purlAt(`${specifier.slice("npm:".length).replace(/(.)@.*$/, "$1")}@${version}`)
    );
  return {
    packages: [...packages.values()].sort((a, b) => a.purl < b.purl ? -1 : 1),
    direct: unique(direct),
  };
}

const unique = (texts: string[]) => [...new Set(texts)].sort();

/** `@scope/name@1.2.3_peer@4.5.6` */
function parseKey(key: string): { name: string; version: string } {
  const [, name, version] = /^(@?[^@]+)@([^_]+)/.exec(key) ?? [];
  if (name === undefined || version === undefined) throw new Error(`No package's name and version: ${key}`);
  return { name, version };
}

function purlOf(key: string): string {
  const { name, version } = parseKey(key);
  return `pkg:npm/${name.replace("@", "%40")}@${version.replaceAll("+", "%2B")}`;
}

/** Dependencies have a version only where several are locked. */
function resolve(reference: string, keys: readonly string[], path: string): string {
  const found = keys.find((key) => key === reference) ?? keys.find((key) => key.startsWith(`${reference}@`));
  if (found === undefined) throw new Error(`${path} names ${reference} and does not lock it`);
  return found;
}

function hexOf(integrity: string, key: string): string {
  const [algorithm, digest = ""] = integrity.split("-");
  if (algorithm !== "sha512") throw new Error(`${key} must be locked by sha512: ${integrity}`);
  return Buffer.from(digest, "base64").toString("hex");
}

/** Where a package's own description is, if it is installed. */
export function packageFile(nodeModules: string, { name, folder }: LockedPackage): string {
  return join(nodeModules, ".deno", folder, "node_modules", name, "package.json");
}
