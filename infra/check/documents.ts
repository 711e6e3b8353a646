/**
 * Reading YAML, and checking values against the vendored schemas.
 * @module
 */
import Ajv from "ajv";
import Ajv2020 from "ajv/dist/2020.js";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";

/** The repository's root. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The folder of infra. */
export const INFRA = join(ROOT, "infra");

/** A value as YAML has it. */
// deno-lint-ignore no-explicit-any
export type Value = any;

/** A document and the file it comes from, for messages. */
export interface Document {
  file: string;
  value: Value;
}

/** Documents of a YAML text; merge keys are resolved. @throws {Error} naming the file and the line. */
export function parseDocuments(text: string, file: string): Document[] {
  return parseAllDocuments(text, { merge: true }).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0]!.message}`);
    const value = document.toJS({ maxAliasCount: 1000 });
    return value === null || value === undefined ? [] : [{ file, value }];
  });
}

/** Documents of a file, by its path under infra. */
export function readDocuments(path: string): Document[] {
  return parseDocuments(readFileSync(join(INFRA, path), "utf8"), `infra/${path}`);
}

/** Paths under infra of all files below `folder` that end so. */
export function filesBelow(folder: string, ending: string): string[] {
  if (!existsSync(join(INFRA, folder))) return [];
  return readdirSync(join(INFRA, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending)).map((name) => join(folder, name))
    .filter((path) => !path.startsWith("secrets")).sort();
}

/** Faults of a value, one sentence each. */
export type Validator = (value: Value) => string[];

const schemaFile = (name: string) => JSON.parse(readFileSync(join(INFRA, "schemas", `${name}.json`), "utf8"));

let compose: Validator | undefined;

/** The Compose Specification. */
export function composeValidator(): Validator {
  const ajv = new Ajv2020.default({ strict: false, allErrors: true, validateFormats: false });
  return compose ??= toValidator(ajv.compile(schemaFile("compose")));
}

let kubernetes: Map<string, Validator> | undefined;

/** Kubernetes' own kinds, strict; KEDA's and NACK's, closed. By kind. */
export const kubernetesValidators = (): Map<string, Validator> => kubernetes ??= compileKubernetes();

function compileKubernetes(): Map<string, Validator> {
  const ajv = new Ajv.default({ strict: false, allErrors: true, validateFormats: false });
  const { $defs } = schemaFile("kubernetes");
  const validators = new Map<string, Validator>();
  for (const name of Object.keys($defs)) {
    const kind = /^io\.k8s\.api\.\w+\.v1\.([A-Z]\w+)$/.exec(name)?.[1];
    const isRoot = $defs[name].properties?.apiVersion !== undefined &&
      $defs[name].properties?.metadata !== undefined;
    if (kind && isRoot) validators.set(kind, toValidator(ajv.compile({ $ref: `#/$defs/${name}`, $defs })));
  }
  for (const file of ["keda", "nack"]) {
    for (const [kind, schema] of Object.entries(schemaFile(file).kinds as Record<string, Value>)) {
      const closed = close(schema);
      // What every object has, and a resource's schema leaves out.
      closed.properties.metadata = { $ref: "#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" };
      validators.set(kind, toValidator(ajv.compile({ ...closed, $defs })));
    }
  }
  return validators;
}

/** Objects with named fields get no others: Kubernetes drops those silently. */
function close(schema: Value): Value {
  if (Array.isArray(schema)) return schema.map(close);
  if (typeof schema !== "object" || schema === null) return schema;
  const closed = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, close(value)]));
  const open = schema["x-kubernetes-preserve-unknown-fields"] || schema.additionalProperties !== undefined;
  return schema.type === "object" && schema.properties && !open
    ? { ...closed, additionalProperties: false }
    : closed;
}

interface Compiled {
  (value: unknown): unknown;
  errors?:
    | { instancePath: string; message?: string; params: Record<string, unknown>; keyword: string }[]
    | null;
}

function toValidator(compiled: Compiled): Validator {
  return (value) => {
    if (compiled(value)) return [];
    return (compiled.errors ?? []).filter(({ keyword }) => keyword !== "oneOf" && keyword !== "anyOf").map(
      (error) => {
        const extra = error.params.additionalProperty ?? error.params.unevaluatedProperty ??
          error.params.allowedValues ?? "";
        return `${error.instancePath || "/"} ${error.message}${extra === "" ? "" : `: ${extra}`}`;
      },
    );
  };
}

/** A path as messages show it. */
export const shown = (path: string): string => relative(ROOT, path);
