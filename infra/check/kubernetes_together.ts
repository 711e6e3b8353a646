/**
 * Checks that no schema can make: that references resolve, that pods are hardened, that scalers watch queues that exist.
 * @module
 */
import { dirname } from "node:path";
import { consumerName, STREAMS } from "@cugro/bus";
import { HTTP_PORT, type Services } from "../../services/services.ts";
import { workersOf, type Workloads } from "../render/workloads.ts";
import type { Value } from "./documents.ts";

/** Long enough to write a checkpoint. */
const GRACE_SECONDS = 60;

/** The tables that an overlay's resources are checked against. */
export interface Expected {
  overlay: string;
  services: Services;
  /** @default the committed ones */
  workloads?: Workloads | undefined;
}

/** Faults of all resources of an overlay. */
export function faultsTogether(resources: Value[], expected: Expected): string[] {
  const of = (kind: string) => resources.filter((resource) => resource.kind === kind);
  const named = (kind: string, name: string) => of(kind).some(({ metadata }) => metadata.name === name);
  // Made by infra/secrets.ts, applied beside the overlay.
  const apart = [
    "nats-users",
    "cugro-minio",
    ...Object.keys(expected.services).map((name) => `cugro-${name}`),
  ];
  const exists = (kind: string, name: string) => apart.includes(name) || named(kind, name);
  const workloads = [...of("Deployment"), ...of("StatefulSet"), ...of("Job")];
  return [
    ...workloads.flatMap((workload) => faultsOfPod(workload)),
    ...workloads.flatMap((workload) => faultsOfReferences(workload, exists)),
    ...of("Deployment").flatMap(faultsOfPort),
    ...of("Deployment").flatMap(faultsOfTokens),
    ...faultsOfServices(of("Deployment"), expected),
    ...faultsOfKinds(of("Deployment"), of("ScaledObject"), expected),
    ...faultsOfScalers(of("ScaledObject"), named),
    ...faultsOfSelectors(resources, workloads),
    ...faultsOfStreams(of("Stream"), of("Consumer")),
  ];
}

const podOf = (workload: Value): Value => workload.spec.template.spec;

function faultsOfPod(workload: Value): string[] {
  const pod = podOf(workload);
  const faults: string[] = [];
  const need = (holds: unknown, what: string) => holds || faults.push(`${workload.metadata.name}: ${what}`);
  need(pod.securityContext?.runAsNonRoot === true, "runAsNonRoot must be true");
  need(
    pod.securityContext?.seccompProfile?.type === "RuntimeDefault",
    "seccompProfile must be RuntimeDefault",
  );
  need(pod.automountServiceAccountToken === false, "must not mount a token of the cluster");
  for (const container of pod.containers as Value[]) {
    const security = container.securityContext ?? {};
    need(security.readOnlyRootFilesystem === true, "the root file system must be read-only");
    need(security.allowPrivilegeEscalation === false, "privilege escalation must be off");
    need(security.capabilities?.drop?.includes("ALL"), "all capabilities must be dropped");
    need(
      container.resources?.requests?.cpu && container.resources?.limits?.memory,
      "needs requests and a memory limit",
    );
    need(workload.kind === "Job" || (container.livenessProbe && container.readinessProbe), "needs probes");
    need(/:[^:]*\d|^cugro:(cpu|gpu)$/.test(container.image ?? ""), `image ${container.image} must be pinned`);
  }
  if (workload.kind === "Deployment") {
    need(pod.terminationGracePeriodSeconds >= GRACE_SECONDS, "needs time to write a checkpoint");
  }
  return faults;
}

function faultsOfReferences(workload: Value, exists: (kind: string, name: string) => boolean): string[] {
  const pod = podOf(workload);
  const faults: string[] = [];
  const need = (kind: string, name: string) => {
    if (!exists(kind, name)) faults.push(`${workload.metadata.name}: there is no ${kind} ${name}`);
  };
  for (const volume of (pod.volumes ?? []) as Value[]) {
    if (volume.configMap) need("ConfigMap", volume.configMap.name);
    if (volume.secret) need("Secret", volume.secret.secretName);
  }
  const volumes = [
    ...(pod.volumes ?? []),
    ...(workload.spec.volumeClaimTemplates ?? []).map((claim: Value) => claim.metadata),
  ];
  for (const container of pod.containers as Value[]) {
    for (const { configMapRef } of (container.envFrom ?? []) as Value[]) need("ConfigMap", configMapRef.name);
    for (const { valueFrom } of (container.env ?? []) as Value[]) {
      if (valueFrom?.secretKeyRef) need("Secret", valueFrom.secretKeyRef.name);
    }
    for (const { name } of (container.volumeMounts ?? []) as Value[]) {
      if (!volumes.some((volume: Value) => volume.name === name)) {
        faults.push(`${workload.metadata.name}: no volume ${name}`);
      }
    }
  }
  return faults;
}

/** The kubelet, Prometheus and the gateway's clients come to the port that the service listens at. */
function faultsOfPort({ metadata, spec }: Value): string[] {
  const [container] = spec.template.spec.containers;
  const found = [
    container.ports?.[0]?.containerPort,
    Number(spec.template.metadata.annotations?.["prometheus.io/port"]),
  ];
  return found.every((port) => port === HTTP_PORT) ? [] : [
    `${metadata.name} must have port ${HTTP_PORT} for its container and for Prometheus: ${found.join(", ")}`,
  ];
}

/** With `subPath` a pod keeps the file that it was started with: a token that is taken back would stay valid. */
function faultsOfTokens({ metadata, spec }: Value): string[] {
  const [{ env = [], volumeMounts = [] }] = spec.template.spec.containers;
  const path = (env as Value[]).find(({ name }) => name === "CUGRO_TOKENS_FILE")?.value;
  if (path === undefined) return [];
  const mount = (volumeMounts as Value[]).find(({ mountPath }) => mountPath === dirname(path));
  return mount && mount.subPath === undefined && mount.readOnly === true
    ? []
    : [`${metadata.name} must mount the folder of ${path} as a whole, read-only`];
}

/** Every service runs, each with its own secrets only. */
function faultsOfServices(deployments: Value[], { services }: Expected): string[] {
  const faults: string[] = [];
  for (const service of Object.keys(services)) {
    const own = deployments.filter((deployment) => podOf(deployment).containers[0].args?.[0] === service);
    if (own.length === 0) faults.push(`no Deployment runs ${service}`);
    const foreign = Object.keys(services).filter((other) => other !== service).map((other) =>
      `"cugro-${other}"`
    );
    for (const deployment of own) {
      const pod = JSON.stringify(podOf(deployment));
      faults.push(
        ...foreign.filter((secret) => pod.includes(secret)).map((secret) =>
          `${deployment.metadata.name} holds the secret ${secret}`
        ),
      );
    }
  }
  return faults;
}

/** Every kind is served and scaled; in overlay `gpu` those that use a GPU have one each. */
function faultsOfKinds(deployments: Value[], scalers: Value[], expected: Expected): string[] {
  const workers = workersOf(expected.services, expected.workloads);
  const served = deployments.flatMap((deployment) => (podOf(deployment).containers[0].env ?? []) as Value[])
    .filter(({ name }) => name === "CUGRO_KINDS").map(({ value }) => value);
  const scaled = scalers.flatMap(({ spec }) =>
    (spec.triggers as Value[]).map(({ metadata }) => metadata.consumer)
  );
  const onGpu = workers.filter(({ workload }) => workload.gpu && expected.overlay === "gpu")
    .map(({ kind }) => consumerName(kind));
  return [
    ...workers.flatMap(({ kind }) => [
      ...served.includes(kind) ? [] : [`no Deployment serves ${kind}`],
      ...scaled.includes(consumerName(kind)) ? [] : [`nothing scales the workers of ${kind}`],
    ]),
    ...deployments.flatMap((deployment) => {
      const { name } = deployment.metadata;
      const gpus = podOf(deployment).containers[0].resources?.limits?.["nvidia.com/gpu"] ?? 0;
      const wanted = onGpu.includes(name) ? 1 : 0;
      return Number(gpus) === wanted ? [] : [`${name} has ${gpus} GPUs instead of ${wanted}`];
    }),
  ];
}

function faultsOfScalers(scalers: Value[], named: (kind: string, name: string) => boolean): string[] {
  const streams = scalers.flatMap(({ spec }) =>
    (spec.triggers as Value[]).map(({ metadata }) => metadata.stream)
  );
  return [
    ...scalers.filter(({ spec }) => !named("Deployment", spec.scaleTargetRef.name))
      .map(({ metadata, spec }) => `${metadata.name} scales ${spec.scaleTargetRef.name}, which is not there`),
    ...streams.filter((stream) => stream !== STREAMS.jobs).map((stream) => `there is no stream ${stream}`),
  ];
}

/** Budgets, policies and services select pods that exist. */
function faultsOfSelectors(resources: Value[], workloads: Value[]): string[] {
  const selectors = resources.flatMap(({ kind, metadata, spec }) => {
    const selector = kind === "Service"
      ? { matchLabels: spec.selector }
      : spec?.podSelector ?? spec?.selector;
    return ["Service", "PodDisruptionBudget", "NetworkPolicy"].includes(kind)
      ? [{ kind, metadata, selector }]
      : [];
  });
  const labels = workloads.map(({ spec }) => spec.template.metadata.labels as Record<string, string>);
  return selectors.filter(({ selector }) => !labels.some((own) => selects(selector, own)))
    .map(({ kind, metadata }) => `${kind} ${metadata.name} selects no pod`);
}

function selects(
  { matchLabels = {}, matchExpressions = [] }: Value,
  labels: Record<string, string>,
): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    (matchExpressions as Value[]).every(({ key, operator, values }) =>
      operator === "Exists" ? key in labels : values.includes(labels[key])
    );
}

function faultsOfStreams(streams: Value[], consumers: Value[]): string[] {
  const names = streams.map(({ spec }) => spec.name);
  return [
    ...Object.values(STREAMS).filter((name) => !names.includes(name)).map((name) =>
      `no Stream makes ${name}`
    ),
    ...consumers.filter(({ spec }) => !names.includes(spec.streamName)).map(({ metadata }) =>
      `${metadata.name}: no such stream`
    ),
  ];
}
