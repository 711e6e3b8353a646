/**
 * Infra without a cluster: what is rendered is up to date, deno.json has every service's task; compose, Kubernetes, KEDA and NACK resources fit their
 * schemas and each other; the Dockerfile keeps its rules; queries name metrics that exist. Part of `deno task ok`.
 *
 * `deno task infra [--write]`: `--write` renders what is rendered.
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { unpinned } from "../render/images.ts";
import { checkCompose, checkComposeTls, loadCompose, mountedFiles } from "./check_compose.ts";
import { checkDockerfile } from "./dockerfile.ts";
import { filesBelow, INFRA, readDocuments } from "./documents.ts";
import { checkImages } from "./check_images.ts";
import { checkImageSources } from "./image_sources.ts";
import { buildOverlay, checkBuilt, checkKubernetesFiles, OVERLAYS } from "./kubernetes.ts";
import { checkQueries, checkScraping } from "./observability.ts";
import { checkRendered, writeRendered } from "./rendered.ts";
import { checkFolders, checkTasks } from "./check_services.ts";
import { findTool } from "./outside_tools.ts";

/** Faults of everything, and what could not be checked here. */
export async function checkInfra(): Promise<{ faults: string[]; skipped: string[] }> {
  const skipped: string[] = [];
  const faults = [
    ...checkTasks(),
    ...checkFolders(),
    ...checkRendered(),
    ...checkSyntax(),
    ...checkDockerfile(),
    ...checkImageSources(),
    ...checkCompose(),
    ...checkComposeTls(),
    ...mountedFiles().filter((path) => !existsSync(join(INFRA, path))).map((path) =>
      `compose mounts ${path}, which is not there`
    ),
    ...checkKubernetesFiles(),
    ...checkImages(),
    ...checkScraping(),
    ...await checkQueries(),
  ];
  const tls = [join(INFRA, "compose.tls.yaml")];
  const loaded = await loadCompose(findTool);
  if (loaded) faults.push(...loaded, ...await loadCompose(findTool, undefined, undefined, tls) ?? []);
  else skipped.push("compose-go is not installed: compose.yaml was checked against its schema only");
  for (const overlay of OVERLAYS) {
    const built = await buildOverlay(overlay, findTool);
    if (built) faults.push(...checkBuilt(built, overlay));
    else skipped.push(`kustomize is not installed: overlay ${overlay} was not built`);
  }
  return { faults, skipped };
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

if (import.meta.main) {
  if (Deno.args.includes("--write")) writeRendered();
  const { faults, skipped } = await checkInfra();
  const byTag = unpinned();
  if (byTag.length > 0) {
    console.error(
      `held by tag, not by digest: ${
        byTag.join(", ")
      } (deno task infra:pin, where registries can be reached)`,
    );
  }
  for (const line of [...skipped, ...faults]) console.error(line);
  if (faults.length > 0) Deno.exit(1);
  console.log("infra: rendered files, compose, Kubernetes, Dockerfile, dashboard and alerts are in order");
}
