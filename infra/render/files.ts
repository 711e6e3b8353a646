/**
 * Everything that is rendered: path under infra -> text. Committed, and compared by `deno task infra`.
 * @module
 */
import { readFileSync } from "node:fs";
import { cloudEventSchema, progressSchema } from "@cugro/protocol";
import { stringify } from "yaml";
import { z } from "zod";
import { SERVICES, type Services } from "../../services/services.ts";
import { storeRights } from "../permissions.ts";
import { renderCompose, renderPrometheus } from "./compose.ts";
import { renderComposeTls } from "./compose_tls.ts";
import { renderDashboard } from "./grafana_dashboard.ts";
import { type Images, readImages, renderImages } from "./images.ts";
import { renderDeployments, renderDisruption, renderKustomization } from "./deployments.ts";
import { renderNatsConfig } from "./nats_config.ts";
import { renderScalers, renderStreams } from "./queues.ts";
import { type Dialect, storePolicy } from "./store_policies.ts";
import type { Workloads } from "./workloads.ts";

/** Folders in which every file is rendered: one that is rendered no longer belongs to no service. */
export const RENDERED_FOLDERS = ["minio/policies", "aws/policies", "kubernetes/base/services"] as const;

/** Files written by hand, but for the versions of the images that they name. */
const WITH_IMAGES = ["minio", "minio_init", "nats"].map((name) =>
  `kubernetes/components/servers/${name}.yaml`
);

/** All rendered files; of those that are rendered in part the rest is as committed. */
export function renderedFiles(
  services: Services = SERVICES,
  workloads?: Workloads,
  images: Images = readImages(),
): Record<string, string> {
  const natsConfig = renderNatsConfig(services);
  const minio = policies("minio", services);
  const init = committed("minio/init.sh");
  const deployments = renderDeployments(services, workloads);
  return {
    "compose.yaml": renderImages(renderCompose(committed("compose.yaml"), services, workloads), images),
    ...Object.fromEntries(
      ["Dockerfile", ...WITH_IMAGES].map((path) => [path, renderImages(committed(path), images)]),
    ),
    "compose.tls.yaml": renderComposeTls(services),
    "prometheus/prometheus.yaml": renderPrometheus(committed("prometheus/prometheus.yaml"), services),
    "nats/nats.conf": natsConfig,
    "nats/events.schema.json": renderEventSchema(),
    ...inFolder("minio/policies", minio),
    ...inFolder("aws/policies", policies("aws", services)),
    "grafana/dashboards/cugro.json": renderDashboard(),
    ...Object.fromEntries(
      Object.entries(deployments).map(([name, text]) => [`kubernetes/base/services/${name}.yaml`, text]),
    ),
    "kubernetes/base/kustomization.yaml": renderKustomization(
      committed("kubernetes/base/kustomization.yaml"),
      Object.keys(deployments),
    ),
    "kubernetes/base/disruption.yaml": renderDisruption(services),
    "kubernetes/base/streams.yaml": renderStreams(),
    "kubernetes/base/scalers.yaml": renderScalers(services, workloads),
    "kubernetes/components/servers/nats_config.yaml": configMap("nats-config", { "nats.conf": natsConfig }),
    "kubernetes/components/servers/minio_config.yaml": configMap("minio-init", { "init.sh": init, ...minio }),
  };
}

/** Events, as JSON Schema. */
function renderEventSchema(): string {
  const schema = z.toJSONSchema(z.object({ event: cloudEventSchema, progress: progressSchema }), {
    io: "input",
  });
  return `${JSON.stringify({ ...schema, title: "Messages on events.> and progress.>" }, null, 2)}\n`;
}

const committed = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

function policies(dialect: Dialect, services: Services): Record<string, string> {
  return Object.fromEntries(
    Object.entries(storeRights(services)).map(([service, rights]) => [
      `${service}.json`,
      `${JSON.stringify(storePolicy(rights, dialect), null, 2)}\n`,
    ]),
  );
}

const inFolder = (folder: string, files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));

function configMap(name: string, data: Record<string, string>): string {
  const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data };
  return `# Rendered by \`deno task infra --write\`.\n${stringify(map, { lineWidth: 0 })}`;
}
