/**
 * What `deno doc --lint` says of all rooms together, less what it asks for beyond a sentence for each symbol.
 * Pure, but for {@link docLintFaults}, which runs it.
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** An error of `deno doc --lint`: its code, its sentence, and where, as `file:line:column`. */
export interface LintError {
  code: string;
  message: string;
  place: string;
  /** The line of source that it is about. */
  source: string;
}

const ERROR = /^error\[([\w-]+)\]: (.*)\n\s*--> (\S+)\n(?:\s*\|\s*\n)?\s*\d+ \| (.*)$/gm;
const COLOURS = new RegExp(String.raw`\u001b\[[0-9;]*m`, "g");
/** Types of npm packages: a room cannot export them. */
const OF_PACKAGES =
  /references private type '(?:output|input|Zod\w*|Tensor\w*|Scalar|DataType|PlotOptions|Counter|Gauge|Histogram|Attributes)'$/;
/** Where types are computed from tables: the steps of the computation are nobody's to name. */
const COMPUTED =
  /^shared\/(?:algorithm\/knobs\/|protocol\/(?:key_grammar|typed_jobs)\.ts|telemetry\/trace\.ts)/;

/** Reads what `deno doc --lint` prints. */
export function lintErrors(printed: string): LintError[] {
  return [...printed.replace(COLOURS, "").matchAll(ERROR)].map(([, code, message, place, source]) => ({
    code: code!,
    message: message!,
    place: place!,
    source: source!,
  }));
}

/**
 * Whether an error is none here: fields of types are left to their names and their type's sentence; the type of a
 * schema is inferred, as that is what a schema is for; types of packages cannot be exported; the schema that a type is
 * inferred from may stay inside its room; a service exports its parts to its own `main.ts` alone.
 * @param error its place relative to the root
 */
export function isAccepted({ code, message, place, source }: LintError): boolean {
  if (code === "missing-jsdoc") return !/^export\b/.test(source);
  if (code === "missing-explicit-type") {
    return /^export const (?:\w+Schema = |\w+ = (?:z\.|make))/.test(source);
  }
  if (code === "missing-return-type") return /^export const \w+: \w+ = /.test(source);
  if (code !== "private-type-ref") return false;
  return OF_PACKAGES.test(message) || /'\w+Schema'$/.test(message) || COMPUTED.test(place) ||
    place.startsWith("services/");
}

/** Every file that a package of `shared` or `services` exports. */
function entryPoints(root: string): string[] {
  const folders = ["shared", "services"].flatMap((top) =>
    readdirSync(join(root, top)).map((room) => join(root, top, room)).filter((folder) =>
      existsSync(join(folder, "deno.json"))
    )
  );
  return folders.flatMap((folder) => {
    const { exports } = JSON.parse(readFileSync(join(folder, "deno.json"), "utf8"));
    return Object.values(exports as Record<string, string>).map((file) => join(folder, file));
  });
}

/**
 * What `deno doc --lint` finds in the rooms' exports.
 *
 * @param root of the repository
 */
export function docLintFaults(root: string): string[] {
  const { stdout, stderr, status } = spawnSync(Deno.execPath(), ["doc", "--lint", ...entryPoints(root)], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
  });
  const errors = lintErrors(`${stdout}\n${stderr}`).map((error) => ({
    ...error,
    place: relative(root, error.place),
  }));
  if (errors.length === 0 && status !== 0) return [`deno doc --lint failed: ${stderr.trim()}`];
  const faults = errors.filter((error) => !isAccepted(error)).map(({ code, message, place }) =>
    `${place} ${message} (deno doc --lint: ${code})`
  );
  return [...new Set(faults)];
}
