/**
 * NACK's Stream and Consumer resources and KEDA's scalers, from the very configurations that the NATS bus creates and
 * verifies: they agree by construction, and a setting that NACK has no word for is an error here.
 * @module
 */
import {
  ACK_WAIT_MS,
  type Configuration,
  consumerConfiguration,
  consumerName,
  STREAM_CONFIGURATIONS,
  STREAMS,
} from "@cugro/bus";
import { JOB_KINDS } from "@cugro/protocol";
import { stringify } from "yaml";
import { SERVICES, type Services } from "../../services/services.ts";
import { GPU_LABEL } from "./deployments.ts";
import { workersOf, type Workloads } from "./workloads.ts";

const HEAD = "# Rendered from shared/bus/nats and infra/render/queues.ts by `deno task infra --write`.\n";

type Spell = (value: Configuration[string]) => unknown;
const same: Spell = (value) => value;
const duration: Spell = (ns) => `${Number(ns) / 1e9}s`;

/** JetStream's field -> NACK's, and how it spells the value. */
const STREAM_FIELDS: Readonly<Record<string, readonly [string, Spell]>> = {
  name: ["name", same],
  subjects: ["subjects", same],
  retention: ["retention", same],
  discard: ["discard", same],
  max_msgs_per_subject: ["maxMsgsPerSubject", same],
  discard_new_per_subject: ["discardPerSubject", same],
  max_age: ["maxAge", duration],
  max_bytes: ["maxBytes", same],
};
const CONSUMER_FIELDS: Readonly<Record<string, readonly [string, Spell]>> = {
  durable_name: ["durableName", same],
  filter_subject: ["filterSubject", same],
  deliver_policy: ["deliverPolicy", same],
  ack_policy: ["ackPolicy", same],
  ack_wait: ["ackWait", duration],
  max_deliver: ["maxDeliver", same],
  max_ack_pending: ["maxAckPending", same],
};

/** Fields as NACK calls them. A zero is left out, as it is the default. @throws {Error} for a field without a name there */
function translate(configuration: Configuration, fields: typeof STREAM_FIELDS): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(configuration).filter(([, value]) => value !== 0).map(([field, value]) => {
      const known = fields[field];
      if (!known) {
        throw new Error(`NACK has no word for ${field}, or infra/render/queues.ts does not know it`);
      }
      return [known[0], known[1](value)];
    }),
  );
}

const resource = (kind: string, name: string, spec: Record<string, unknown>) => ({
  apiVersion: "jetstream.nats.io/v1beta2",
  kind,
  metadata: { name },
  spec,
});

/** Streams and consumers, as a YAML file. */
export function renderStreams(): string {
  const streams = STREAM_CONFIGURATIONS.map((configuration) =>
    resource("Stream", String(configuration.name).toLowerCase(), {
      ...translate(configuration, STREAM_FIELDS),
      storage: "file",
      replicas: 1,
    })
  );
  const consumers = JOB_KINDS.map((kind) =>
    resource("Consumer", consumerName(kind), {
      streamName: STREAMS.jobs,
      ...translate(consumerConfiguration(kind, ACK_WAIT_MS), CONSUMER_FIELDS),
      replayPolicy: "instant",
      maxWaiting: 4096,
    })
  );
  return HEAD + [...streams, ...consumers].map((one) => stringify(one, { lineWidth: 0 })).join("---\n");
}

/** KEDA's scalers, as a YAML file. They count messages that wait and messages in hand, so that no process is stopped at work. */
export function renderScalers(services: Services = SERVICES, workloads?: Workloads): string {
  const scalers = workersOf(services, workloads).map(({ kind, workload }) => {
    const { min, max, jobs, cooldown, gpu } = workload;
    const trigger = {
      type: "nats-jetstream",
      metadata: {
        natsServerMonitoringEndpoint: "nats.cugro.svc.cluster.local:8222",
        account: "CUGRO",
        stream: STREAMS.jobs,
        consumer: consumerName(kind),
        lagThreshold: String(jobs),
        activationLagThreshold: "0",
      },
    };
    return {
      apiVersion: "keda.sh/v1alpha1",
      kind: "ScaledObject",
      metadata: { name: consumerName(kind), ...gpu ? { labels: GPU_LABEL } : {} },
      spec: {
        scaleTargetRef: { name: consumerName(kind) },
        minReplicaCount: min,
        maxReplicaCount: max,
        pollingInterval: 5,
        cooldownPeriod: cooldown,
        // A process that is sent home writes a checkpoint; better is not to send it while others still come.
        advanced: {
          horizontalPodAutoscalerConfig: { behavior: { scaleDown: { stabilizationWindowSeconds: 300 } } },
        },
        triggers: [trigger],
      },
    };
  });
  return HEAD +
    scalers.map((one) => stringify(one, { lineWidth: 0, aliasDuplicateObjects: false })).join("---\n");
}
