/**
 * A bill of materials (SBOM) in CycloneDX's JSON: every npm package of deno.lock with hash, licence and what it needs, whether it is in
 * the image, and what the set-up brings besides. Debian's packages in the image are not in it: scanners read those themselves.
 *
 * `deno task sbom [--out FILE]`: without a file it is printed.
 * @module
 */
import { ONNXRUNTIME } from "../shared/export/onnx/runtime_files.ts";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { wantedWheel, type Wheel } from "../scripts/setup/setup_plan.ts";
import { BUNDLED, unusedPackages } from "./container/prune_packages.ts";
import { ROOT } from "./check/documents.ts";
import { type LicenceChoice, licencesOf } from "./licences.ts";
import { type LockedPackage, packageFile, readLock } from "./lock.ts";

/** A part of the software, with the fields of CycloneDX 1.6 that are used here. */
export interface Component {
  type: "library" | "application";
  "bom-ref": string;
  name: string;
  group?: string;
  version: string;
  /** `excluded`: used to build or to test, not in the image. */
  scope?: "required" | "excluded";
  hashes?: { alg: "SHA-512" | "SHA-256"; content: string }[];
  licenses?: LicenceChoice[];
  purl?: string;
}

/** The bill. */
export interface Bom {
  $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json";
  bomFormat: "CycloneDX";
  specVersion: "1.6";
  serialNumber: string;
  version: 1;
  metadata: { timestamp: string; tools: { components: Component[] }; component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

/** Sources of the bill of materials. */
export interface BomOptions {
  /** The repository. @default this one */
  root?: string;
  /** Written into it. @default `SOURCE_DATE_EPOCH`, else now */
  time?: Date;
}

/** The bill of materials of what is locked and installed. The same packages at the same time make the same bill. */
export function createBom({ root = ROOT, time = timeOf() }: BomOptions = {}): Bom {
  const { packages, direct } = readLock(join(root, "deno.lock"));
  const nodeModules = join(root, "node_modules");
  const left = excludedFolders(nodeModules);
  const others = besidesNpm();
  const components = [...packages.map((one) => npmComponent(one, nodeModules, left)), ...others];
  const main = application(root);
  const dependencies = [
    { ref: main["bom-ref"], dependsOn: [...direct, ...others.map((one) => one["bom-ref"])] },
    ...packages.map(({ purl, needs }) => ({ ref: purl, dependsOn: needs })),
    ...others.map((one) => ({ ref: one["bom-ref"], dependsOn: [] })),
  ];
  const bom = {
    metadata: { timestamp: time.toISOString(), tools: { components: [tool(main.version)] }, component: main },
    components,
    dependencies,
  };
  return {
    ...{
      $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
      bomFormat: "CycloneDX",
      specVersion: "1.6",
    },
    ...{ serialNumber: serialOf(JSON.stringify(bom)), version: 1 },
    ...bom,
  };
}

function timeOf(): Date {
  const seconds = Number(process.env.SOURCE_DATE_EPOCH);
  return seconds > 0 ? new Date(seconds * 1000) : new Date();
}

/** Folders of packages that the image's build removes, without those that the page at `/` is made of. */
function excludedFolders(nodeModules: string): Set<string> {
  const isBundled = (folder: string) =>
    BUNDLED.some((name) => folder.startsWith(`${name.replace("/", "+")}@`));
  return new Set(unusedPackages(nodeModules).filter((folder) => !isBundled(folder)));
}

function npmComponent(locked: LockedPackage, nodeModules: string, left: ReadonlySet<string>): Component {
  const { name, version, purl, sha512 } = locked;
  const [scope, rest] = name.startsWith("@") ? name.split("/") : [undefined, name];
  const file = packageFile(nodeModules, locked);
  // Those for other systems are not installed.
  const isInstalled = existsSync(file);
  const licenses = isInstalled ? licencesOf(JSON.parse(readFileSync(file, "utf8"))) : [];
  return {
    ...{
      type: "library",
      "bom-ref": purl,
      ...scope === undefined ? {} : { group: scope },
      name: rest!,
      version,
    },
    scope: isInstalled && !left.has(locked.folder) ? "required" : "excluded",
    hashes: [{ alg: "SHA-512", content: sha512 }],
    ...licenses.length === 0 ? {} : { licenses },
    purl,
  };
}

/** Downloads of the set-up, and the runtime. */
function besidesNpm(): Component[] {
  const wheel = wantedWheel();
  const { package: name, version } = ONNXRUNTIME;
  const shipped = { type: "library", scope: "required" } as const;
  const mit: LicenceChoice[] = [{ license: { id: "MIT" } }];
  return [
    ...wheel === undefined ? [] : [{ ...shipped, ...wheelComponent(wheel) }],
    { ...shipped, ...identified(`pkg:npm/${name}@${version}`), name, version, licenses: mit },
    {
      ...{
        ...shipped,
        ...identified(`pkg:github/denoland/deno@v${Deno.version.deno}`),
        type: "application" as const,
      },
      ...{ name: "deno", version: Deno.version.deno, licenses: mit },
    },
  ];
}

function wheelComponent({ package: name, version, sha256 }: Wheel) {
  const licenses: LicenceChoice[] = [{ license: { id: "Apache-2.0" } }];
  const hashes: Component["hashes"] = [{ alg: "SHA-256", content: sha256 }];
  return { ...identified(`pkg:pypi/${name}@${version}`), name, version, hashes, licenses };
}

const identified = (purl: string) => ({ "bom-ref": purl, purl });

function application(root: string): Component {
  const { version } = JSON.parse(readFileSync(join(root, "shared", "protocol", "deno.json"), "utf8"));
  return {
    ...{ type: "application", "bom-ref": `cugro@${version}`, name: "cugro", version },
    licenses: [{ license: { id: "Apache-2.0" } }],
  };
}

const tool = (version: string): Component => ({
  ...{ type: "application", "bom-ref": "cugro-sbom", name: "deno task sbom", version },
});

/** Of the content, so that the same bill has the same number. */
function serialOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join("-")}`;
}

if (import.meta.main) {
  const [flag, out, ...rest] = Deno.args;
  if (flag !== undefined && (flag !== "--out" || out === undefined || rest.length > 0)) {
    console.error(
      "deno task sbom [--out FILE]: the packages of deno.lock as CycloneDX 1.6; without a file it is printed",
    );
    Deno.exit(flag === "--help" ? 0 : 1);
  }
  const text = `${JSON.stringify(createBom(), null, 2)}\n`;
  if (out === undefined) console.log(text);
  else writeFileSync(out, text);
}
