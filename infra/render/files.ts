/**
 * Everything that is rendered: path under infra -> text. Committed, and compared by `deno task infra`.
 * @module
 */
import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import { SERVICES, storeRights } from "../permissions.ts";
import { renderDashboard } from "./dashboard.ts";
import { renderNatsConfig } from "./nats_config.ts";
import { renderScalers, renderStreams } from "./queues.ts";
import { type Dialect, storePolicy } from "./store_policies.ts";

/** All rendered files. */
export function renderedFiles(): Record<string, string> {
  const natsConfig = renderNatsConfig();
  const minio = policies("minio");
  const init = readFileSync(new URL("../minio/init.sh", import.meta.url), "utf8");
  return {
    "nats/nats.conf": natsConfig,
    ...inFolder("minio/policies", minio),
    ...inFolder("aws/policies", policies("aws")),
    "grafana/dashboards/cugro.json": renderDashboard(),
    "kubernetes/base/streams.yaml": renderStreams(),
    "kubernetes/base/scalers.yaml": renderScalers(),
    "kubernetes/components/servers/nats_config.yaml": configMap("nats-config", { "nats.conf": natsConfig }),
    "kubernetes/components/servers/minio_config.yaml": configMap("minio-init", { "init.sh": init, ...minio }),
  };
}

function policies(dialect: Dialect): Record<string, string> {
  return Object.fromEntries(SERVICES.map((service) => [
    `${service}.json`,
    `${JSON.stringify(storePolicy(storeRights[service], dialect), null, 2)}\n`,
  ]));
}

const inFolder = (folder: string, files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));

function configMap(name: string, data: Record<string, string>): string {
  const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data };
  return `# Rendered by \`deno task infra --write\`.\n${stringify(map, { lineWidth: 0 })}`;
}
