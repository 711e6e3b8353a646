/**
 * What no schema says: that references lead somewhere, that pods are hardened, that scalers watch queues that exist.
 * @module
 */
import { consumerName, STREAMS } from "@cugro/bus";
import { JOB_KINDS } from "@cugro/protocol";
import { SERVICES } from "../permissions.ts";
import type { Value } from "./documents.ts";

/** Made by infra/secrets.ts, applied beside the overlay. */
const APART = ["nats-users", "cugro-minio", ...SERVICES.map((service) => `cugro-${service}`)];
const LEARNERS = ["states-train", "behavior-train", "critic-train"];
/** Long enough to write a checkpoint. */
const GRACE_SECONDS = 60;

/** Faults of all resources of an overlay. */
export function faultsTogether(resources: Value[], overlay: string): string[] {
  const of = (kind: string) => resources.filter((resource) => resource.kind === kind);
  const named = (kind: string, name: string) => of(kind).some(({ metadata }) => metadata.name === name);
  const workloads = [...of("Deployment"), ...of("StatefulSet"), ...of("Job")];
  return [
    ...workloads.flatMap((workload) => faultsOfPod(workload)),
    ...workloads.flatMap((workload) => faultsOfReferences(workload, named)),
    ...faultsOfServices(of("Deployment"), overlay),
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

function faultsOfReferences(workload: Value, named: (kind: string, name: string) => boolean): string[] {
  const pod = podOf(workload);
  const faults: string[] = [];
  const need = (kind: string, name: string) => {
    if (!named(kind, name) && !APART.includes(name)) {
      faults.push(`${workload.metadata.name}: there is no ${kind} ${name}`);
    }
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

/** Every service runs, each with its own secrets only; every kind is served; in `gpu` the learners have one each. */
function faultsOfServices(deployments: Value[], overlay: string): string[] {
  const faults: string[] = [];
  const containers = deployments.map((deployment) => ({
    name: deployment.metadata.name as string,
    pod: JSON.stringify(podOf(deployment)),
    container: podOf(deployment).containers[0],
  }));
  for (const service of SERVICES) {
    const own = containers.filter(({ container }) => container.args?.[0] === service);
    if (own.length === 0) faults.push(`no Deployment runs ${service}`);
    const foreign = SERVICES.filter((other) => other !== service).map((other) => `"cugro-${other}"`);
    for (const { name, pod } of own) {
      faults.push(
        ...foreign.filter((secret) => pod.includes(secret)).map((secret) =>
          `${name} holds the secret ${secret}`
        ),
      );
    }
  }
  const served = containers.flatMap(({ container }) =>
    ((container.env ?? []) as Value[]).filter(({ name }) => name === "CUGRO_KINDS").map(({ value }) => value)
  );
  faults.push(
    ...JOB_KINDS.filter((kind) => !served.includes(kind)).map((kind) => `no Deployment serves ${kind}`),
  );
  for (const { name, container } of containers) {
    const gpus = container.resources?.limits?.["nvidia.com/gpu"] ?? 0;
    const wanted = overlay === "gpu" && LEARNERS.includes(name) ? 1 : 0;
    if (Number(gpus) !== wanted) faults.push(`${name} has ${gpus} GPUs instead of ${wanted}`);
  }
  return faults;
}

function faultsOfScalers(scalers: Value[], named: (kind: string, name: string) => boolean): string[] {
  const consumers = scalers.flatMap(({ spec }) => (spec.triggers as Value[]).map(({ metadata }) => metadata));
  return [
    ...scalers.filter(({ spec }) => !named("Deployment", spec.scaleTargetRef.name))
      .map(({ metadata, spec }) => `${metadata.name} scales ${spec.scaleTargetRef.name}, which is not there`),
    ...consumers.filter(({ stream }) => stream !== STREAMS.jobs).map(({ stream }) =>
      `there is no stream ${stream}`
    ),
    ...JOB_KINDS.filter((kind) => !consumers.some(({ consumer }) => consumer === consumerName(kind)))
      .map((kind) => `nothing scales the workers of ${kind}`),
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
    (matchExpressions as Value[]).every(({ key, values }) => values.includes(labels[key]));
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
