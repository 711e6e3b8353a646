/**
 * The Kubernetes resources: each against its kind's schema, and all of them together.
 * @module
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { CONFIG_VARIABLES } from "@cugro/process";
import { HTTP_PORT, SERVICES, type Services } from "../../services/services.ts";
import { runCommand } from "../../scripts/setup/run_program.ts";
import {
  type Document,
  filesBelow,
  INFRA,
  kubernetesValidators,
  parseDocuments,
  readDocuments,
  type Validator,
  type Value,
} from "./documents.ts";
import { faultsTogether } from "./kubernetes_together.ts";
import type { Workloads } from "../render/workloads.ts";
import type { Tool } from "./outside_tools.ts";

/** The overlays that people apply. */
export const OVERLAYS = ["cpu", "gpu"] as const;

const isKustomization = ({ value }: Document) => ["Kustomization", "Component"].includes(value.kind);

/** Faults of the files as they are: kustomizations name files that exist, whole resources fit their schema. */
export function checkKubernetesFiles(): string[] {
  const documents = filesBelow("kubernetes", ".yaml").flatMap(readDocuments);
  const kustomizations = documents.filter(isKustomization);
  const patches = new Set(
    kustomizations.flatMap(({ file, value }) =>
      ((value.patches ?? []) as Value[]).map(({ path }) => join(dirname(file), path))
    ),
  );
  const validators = kubernetesValidators();
  const resources = documents.filter((document) => !isKustomization(document) && !patches.has(document.file));
  return [
    ...kustomizations.flatMap(faultsOfKustomization),
    ...resources.flatMap((document) => faultsOfResource(document, validators)),
  ];
}

function faultsOfKustomization({ file, value }: Document): string[] {
  const folder = dirname(file).replace(/^infra\//, "");
  const named: string[] = [
    ...(value.resources ?? []),
    ...(value.components ?? []),
    ...((value.patches ?? []) as Value[]).map(({ path }) => path),
  ];
  return named.filter((path) => !existsSync(join(INFRA, folder, path))).map((path) =>
    `${file}: there is no ${path}`
  );
}

function faultsOfResource(
  { file, value }: Document,
  validators: Map<string, Validator>,
): string[] {
  const name = `${file}: ${value.kind} ${value.metadata?.name}`;
  const validator = validators.get(value.kind);
  if (!validator) return [`${name}: there is no schema of this kind`];
  return validator(value).map((fault) => `${name}: ${fault}`);
}

/** The resources that `kubectl apply -k` would apply; undefined without kustomize. */
export async function buildOverlay(
  overlay: typeof OVERLAYS[number],
  tool: (name: Tool) => Promise<string | undefined>,
  infra = INFRA,
): Promise<Document[] | undefined> {
  const program = await tool("kustomize");
  if (!program) return undefined;
  const folder = join(infra, "kubernetes", "overlays", overlay);
  const ended = await runCommand(program, ["build", folder]);
  if (ended.code !== 0) throw new Error(`kustomize build ${overlay}: ${ended.stderr.trim()}`);
  return parseDocuments(ended.stdout, `overlay ${overlay}`);
}

/** Faults of a built overlay. */
export function checkBuilt(
  documents: Document[],
  overlay: typeof OVERLAYS[number],
  services: Services = SERVICES,
  workloads?: Workloads,
): string[] {
  const validators = kubernetesValidators();
  const single = documents.flatMap((document) => faultsOfResource(document, validators));
  const values = documents.map(({ value }) => value);
  const config = values.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "cugro");
  const unknown = Object.keys(config?.data ?? {}).filter((key) => !CONFIG_VARIABLES.includes(key));
  const port = config?.data.CUGRO_HTTP_PORT;
  return [
    ...single,
    ...(port === String(HTTP_PORT)
      ? []
      : [`ConfigMap cugro: CUGRO_HTTP_PORT must be "${HTTP_PORT}": it is ${JSON.stringify(port)}`]),
    ...unknown.map((key) => `ConfigMap cugro: ${key} is no variable of ours`),
    ...faultsTogether(values, { overlay, services, workloads }).map((fault) =>
      `overlay ${overlay}: ${fault}`
    ),
  ];
}
