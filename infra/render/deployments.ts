/**
 * Kubernetes' Deployments: one for each service that waits for no queue, one for each kind of every other; and what
 * names them all.
 * @module
 */
import { consumerName } from "@cugro/bus";
import { stringify } from "yaml";
import type { Service, Services } from "../../services/services.ts";
import { fillRegion } from "./regions.ts";
import { type Worker, workersOf, type Workloads } from "./workloads.ts";

const HEAD =
  "# Rendered from services/services.ts and infra/render/workloads.ts by `deno task infra --write`.\n";

/** Label of Deployments and scalers that overlay `gpu` gives a GPU. */
export const GPU_LABEL = { "cugro/gpu": "true" } as const;

/** Octal 440: the pod's group may read a secret. */
const GROUP_READS = 0o440;

type Resource = Record<string, unknown>;

/** Deployments by name, each with its Service where clients reach it, as YAML files. */
export function renderDeployments(services: Services, workloads?: Workloads): Record<string, string> {
  const standing = Object.entries(services).filter(([, { kinds }]) => kinds.length === 0);
  return Object.fromEntries([
    ...standing.map(([name, service]) =>
      [
        name,
        [standingDeployment(name, service), ...service.public ? [clientService(name)] : []],
      ] as const
    ),
    ...workersOf(services, workloads).map((worker) =>
      [consumerName(worker.kind), [workerDeployment(worker)]] as const
    ),
  ].map(([name, resources]) => [name, toYaml(resources)]));
}

const toYaml = (resources: readonly Resource[]) =>
  HEAD + resources.map((one) => stringify(one, { lineWidth: 0, aliasDuplicateObjects: false })).join("---\n");

/** kustomization.yaml with the files of {@link renderDeployments}. */
export function renderKustomization(text: string, deployments: readonly string[]): string {
  const lines = deployments.map((name) => `  - services/${name}.yaml`).join("\n");
  return fillRegion(text, "infra/kubernetes/base/kustomization.yaml", "services", lines);
}

/** Budgets for drains. */
export function renderDisruption(services: Services): string {
  const standing = Object.entries(services).filter(([, { kinds }]) => kinds.length === 0);
  const budget = (name: string, spec: Resource, matchLabels: Record<string, string>) => ({
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name },
    spec: { ...spec, selector: { matchLabels } },
  });
  return `${HEAD}# Drains take one of a standing service at a time. A worker that is drained writes a checkpoint and gives its job
# back; not all trainings of a kind go at once, as each costs the time since its checkpoint and a start.
${
    [
      ...standing.map(([name]) => budget(name, { maxUnavailable: 1 }, { [NAME]: name })),
      budget("workers", { maxUnavailable: "50%", unhealthyPodEvictionPolicy: "AlwaysAllow" }, {
        [COMPONENT]: "worker",
      }),
    ].map((one) => stringify(one)).join("---\n")
  }`;
}

const NAME = "app.kubernetes.io/name";
const COMPONENT = "app.kubernetes.io/component";

interface Parts {
  name: string;
  service: string;
  component: string;
  labels?: Record<string, string>;
  /** Of the Deployment. */
  spec: Resource;
  env: Resource[];
  size: { cpu: string; memory: string; memoryLimit: string };
  /** Of the pod, beside its container and its volumes. */
  pod?: Resource;
  volumes?: Resource[];
  volumeMounts?: Resource[];
}

function deployment({ name, service, component, spec, env, size, ...rest }: Parts): Resource {
  const labels = { [NAME]: name, [COMPONENT]: component };
  const container = {
    name: "service",
    args: [service],
    env: [...env, secretVariable(service, "access_key"), secretVariable(service, "secret_key")],
    resources: {
      requests: { cpu: size.cpu, memory: size.memory },
      limits: { memory: size.memoryLimit },
    },
    ...rest.volumeMounts ? { volumeMounts: rest.volumeMounts } : {},
  };
  const volumes = [secretVolume("nats-seed", service, "nats_seed", "seed"), ...rest.volumes ?? []];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, labels: { ...labels, ...rest.labels } },
    spec: {
      ...spec,
      selector: { matchLabels: { [NAME]: name } },
      template: { metadata: { labels }, spec: { containers: [container], volumes, ...rest.pod } },
    },
  };
}

const secretVariable = (service: string, key: "access_key" | "secret_key") => ({
  name: `CUGRO_S3_${key.toUpperCase()}`,
  valueFrom: { secretKeyRef: { name: `cugro-${service}`, key } },
});

const secretVolume = (name: string, service: string, key: string, path: string) => ({
  name,
  secret: { secretName: `cugro-${service}`, items: [{ key, path }], defaultMode: GROUP_READS },
});

/** No `replicas`: its scaler decides. */
function workerDeployment({ service, kind, workload }: Worker): Resource {
  return deployment({
    name: consumerName(kind),
    service,
    component: "worker",
    ...workload.gpu ? { labels: GPU_LABEL } : {},
    spec: {},
    env: [{ name: "CUGRO_KINDS", value: kind }],
    size: workload,
  });
}

/** @throws {RangeError} if the table does not say how large it is */
function standingDeployment(name: string, service: Service): Resource {
  const { standing, tokens, makesStreams } = service;
  if (!standing) {
    throw new RangeError(`Service ${name} must have kinds or, in services/services.ts, \`standing\``);
  }
  const folder = `/run/secrets/${name}`;
  return deployment({
    name,
    service: name,
    component: name,
    spec: {
      replicas: standing.replicas,
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    },
    env: [
      ...tokens ? [{ name: "CUGRO_TOKENS_FILE", value: `${folder}/tokens.json` }] : [],
      ...makesStreams ? [{ name: "CUGRO_NATS_STREAMS", value: "create" }] : [],
    ],
    size: standing,
    ...tokens
      ? {
        volumes: [secretVolume("tokens", name, "tokens.json", "tokens.json")],
        volumeMounts: [{ name: "tokens", mountPath: folder, readOnly: true }],
      }
      : {},
    ...service.public ? { pod: { topologySpreadConstraints: [spread(name)] } } : {},
  });
}

/** Replicas that clients reach go to different machines, where there are several. */
const spread = (name: string) => ({
  maxSkew: 1,
  topologyKey: "kubernetes.io/hostname",
  whenUnsatisfiable: "ScheduleAnyway",
  labelSelector: { matchLabels: { [NAME]: name } },
});

const clientService = (name: string) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, labels: { [NAME]: name } },
  spec: { selector: { [NAME]: name }, ports: [{ name: "http", port: 80, targetPort: "http" }] },
});
