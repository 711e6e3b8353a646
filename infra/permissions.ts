/**
 * Who may do what: the one source from which NATS' users and the S3 policies are rendered
 * (`deno task infra --write`), and which `tests/security/permissions_test.ts` tries out against real servers.
 *
 * Every line follows from something a service's code does; what is not here is refused by the servers.
 * @module
 */
import { consumerName, HINT_SUBJECT, jobFilter, NEWS_SUBJECTS, SERVICE_OF_KIND, STREAMS } from "@cugro/bus";
import { JOB_KINDS, keyPattern, PREFIXES } from "@cugro/protocol";

/** Rights on NATS: subjects, with wildcards. */
export interface NatsRights {
  publish: readonly string[];
  subscribe: readonly string[];
}

/** Rights on the bucket: patterns of keys, where `*` stands for anything, slashes included. */
export interface StoreRights {
  /** Prefixes that may be listed. */
  list: readonly string[];
  read: readonly string[];
  write: readonly string[];
  delete: readonly string[];
}

/** Name of the bucket in all of infra. */
export const BUCKET = "cugro";

/** The seven services, as their folders are called. */
export const SERVICES = [
  "gateway",
  "coordinator",
  "dataset-import",
  "state-generation",
  "behavior-generation",
  "critic-training",
  "policy-evaluation",
] as const;
/** One of {@link SERVICES}. */
export type ServiceName = typeof SERVICES[number];

const consumers = JOB_KINDS.map((kind) => consumerName(kind));
/** Answers come to subjects that begin with the service's own name, so that nobody reads another's. */
const inbox = (name: string) => `_INBOX_${name}.>`;
const infoOf = (consumer: string) => `$JS.API.CONSUMER.INFO.${STREAMS.jobs}.${consumer}`;

/** Every service checks the streams when it connects. */
const checkStreams = Object.values(STREAMS).map((stream) => `$JS.API.STREAM.INFO.${stream}`);

/** Fetches jobs of its own kinds, answers for them, tells about them. */
function worker(service: ServiceName): NatsRights {
  const own = JOB_KINDS.filter((kind) => SERVICE_OF_KIND[kind] === service).map(consumerName);
  return {
    publish: [
      ...checkStreams,
      ...own.flatMap((consumer) => [
        infoOf(consumer),
        `$JS.API.CONSUMER.MSG.NEXT.${STREAMS.jobs}.${consumer}`,
        `$JS.ACK.${STREAMS.jobs}.${consumer}.>`,
      ]),
      "events.job.*",
      "progress.*",
    ],
    subscribe: [inbox(service)],
  };
}

/** NATS users by name. `operator` is a person, `nack` the controller that makes streams, `minio` the object store. */
export const natsUsers: Readonly<Record<string, NatsRights>> = {
  gateway: {
    publish: [
      ...checkStreams,
      ...consumers.map(infoOf),
      // For listeners that come back and ask for what they have missed.
      `$JS.API.STREAM.MSG.GET.${STREAMS.events}`,
      HINT_SUBJECT,
    ],
    subscribe: [inbox("gateway"), NEWS_SUBJECTS.events, NEWS_SUBJECTS.progress],
  },
  coordinator: {
    publish: [
      ...checkStreams,
      ...consumers.map(infoOf),
      // A broker that has lost everything gets its streams back.
      ...Object.values(STREAMS).map((stream) => `$JS.API.STREAM.CREATE.${stream}`),
      // Journals of an earlier version get the limits of this one.
      ...[STREAMS.events, STREAMS.incoming].map((stream) => `$JS.API.STREAM.UPDATE.${stream}`),
      ...consumers.map((consumer) => `$JS.API.CONSUMER.DURABLE.CREATE.${STREAMS.jobs}.${consumer}`),
      ...JOB_KINDS.map(jobFilter),
      // Of everything but jobs, whose ends the workers tell.
      "events.task.*",
      "events.arrival.*",
      "events.version.*",
    ],
    subscribe: [inbox("coordinator"), NEWS_SUBJECTS.events, NEWS_SUBJECTS.incoming],
  },
  "dataset-import": worker("dataset-import"),
  "state-generation": worker("state-generation"),
  "behavior-generation": worker("behavior-generation"),
  "critic-training": worker("critic-training"),
  "policy-evaluation": worker("policy-evaluation"),
  minio: { publish: ["incoming.fast", "incoming.safe"], subscribe: ["_INBOX.>"] },
  nack: { publish: ["$JS.API.>"], subscribe: ["_INBOX.>"] },
  operator: { publish: [">"], subscribe: [">"] },
};

/** Where the store tries out, at its start, whether it obeys conditions. */
const probe = "@store/probe-*";

/** Everything under a folder of the store. */
const all = {
  learners: `${PREFIXES.learners}*`,
  incoming: `${PREFIXES.incoming}*`,
  jobs: `${PREFIXES.jobs}*`,
  artifacts: `${PREFIXES.artifacts}*`,
  datasets: `${PREFIXES.datasets}*`,
  announced: `${PREFIXES.announced}*`,
};
/** Webhooks with their secrets, and their deliveries: the gateway's own business. */
const webhooks = [PREFIXES.webhooks, PREFIXES.deliveries];
const below = (prefixes: readonly string[]) => prefixes.map((prefix) => `${prefix}*`);

/** Reads what jobs read, writes what a job leaves behind; makes no job, and no fact about a learner. */
const workerStore: StoreRights = {
  list: [PREFIXES.jobs],
  read: [all.jobs, all.artifacts, all.datasets],
  write: [
    probe,
    keyPattern("result"),
    keyPattern("checkpoint"),
    keyPattern("run"),
    keyPattern("failure"),
    all.artifacts,
  ],
  // A damaged artifact is set aside by whoever finds it.
  delete: [probe, keyPattern("checkpoint"), keyPattern("run"), all.artifacts],
};

/** Rights on the bucket by service. */
export const storeRights: Readonly<Record<ServiceName, StoreRights>> = {
  gateway: {
    list: [
      PREFIXES.learners,
      PREFIXES.incoming,
      PREFIXES.jobs,
      `${PREFIXES.announced}${PREFIXES.learners}`,
      ...webhooks,
    ],
    read: [
      all.learners,
      all.incoming,
      all.jobs,
      all.artifacts,
      all.datasets,
      all.announced,
      ...below(webhooks),
    ],
    write: [probe, all.learners, all.incoming, keyPattern("retry"), ...below(webhooks)],
    delete: [probe, all.incoming, ...below(webhooks)],
  },
  coordinator: {
    list: [
      PREFIXES.learners,
      PREFIXES.incoming,
      PREFIXES.jobs,
      PREFIXES.announced,
      PREFIXES.artifacts,
      PREFIXES.datasets,
    ],
    read: [all.learners, all.incoming, all.jobs, all.artifacts, all.datasets, all.announced],
    write: [probe, all.learners, keyPattern("job"), all.announced],
    // Accepted files, released shards, and what garbage collection sweeps; never a fact about a learner.
    delete: [probe, all.incoming, all.jobs, all.artifacts, all.datasets],
  },
  "dataset-import": {
    ...workerStore,
    read: [...workerStore.read, all.incoming],
    write: [...workerStore.write, all.datasets],
  },
  "state-generation": workerStore,
  "behavior-generation": workerStore,
  "critic-training": workerStore,
  "policy-evaluation": workerStore,
};
