/**
 * Who may do what: the one source from which NATS' users and the S3 policies are rendered
 * (`deno task infra --write`), and which `tests/security/nats_rights_test.ts` and `store_rights_test.ts` try out
 * against real servers. Names, kinds and the sort of rights come from `services/services.ts`.
 *
 * Every line follows from something a service's code does; what is not here is refused by the servers.
 * @module
 */
import {
  consumerName,
  HINT_SUBJECT,
  jobEvents,
  jobFilter,
  NEWS_SUBJECTS,
  progressOfKind,
  STREAMS,
} from "@cugro/bus";
import { ACT_SUBJECTS, EVALUATIONS_WANTED, HAND_IN_SUBJECTS, JOB_KINDS } from "@cugro/protocol";
import {
  type RightsName,
  type Service,
  SERVICES,
  type Services,
  WORKER,
  workerOf,
} from "../services/services.ts";
import {
  coordinatorInStore,
  gatewayInStore,
  importerInStore,
  type StoreRights,
  workerInStore,
} from "./store_rights.ts";

/** Rights on NATS: subjects, with wildcards. */
export interface NatsRights {
  publish: readonly string[];
  subscribe: readonly string[];
  /** Whether it may answer each message that it gets, once, where the sender has said. @default false */
  answers?: boolean;
}

export type { StoreRights } from "./store_rights.ts";

/** A service's rights on both servers; a function of its name and its kinds. */
interface Rights {
  nats(name: string, service: Service): NatsRights;
  store(service: Service): StoreRights;
}

/** Name of the bucket in all of infra. */
export const BUCKET = "cugro";

const consumers = JOB_KINDS.map((kind) => consumerName(kind));
/** Answers come to subjects that begin with the service's own name, so that nobody reads another's. */
const inbox = (name: string) => `_INBOX_${name}.>`;
const infoOf = (consumer: string) => `$JS.API.CONSUMER.INFO.${STREAMS.jobs}.${consumer}`;

/** Every service checks the streams when it connects. */
const checkStreams = Object.values(STREAMS).map((stream) => `$JS.API.STREAM.INFO.${stream}`);

function gatewayOnNats(name: string): NatsRights {
  return {
    publish: [
      ...checkStreams,
      ...consumers.map(infoOf),
      // For listeners that come back and ask for what they have missed.
      `$JS.API.STREAM.MSG.GET.${STREAMS.events}`,
      HINT_SUBJECT,
    ],
    subscribe: [
      ...[inbox(name), NEWS_SUBJECTS.events, NEWS_SUBJECTS.progress],
      ...[ACT_SUBJECTS, EVALUATIONS_WANTED, HAND_IN_SUBJECTS],
    ],
    answers: true,
  };
}

function coordinatorOnNats(name: string): NatsRights {
  return {
    publish: [
      ...checkStreams,
      ...consumers.map(infoOf),
      // A broker that has lost everything gets its streams back.
      ...Object.values(STREAMS).map((stream) => `$JS.API.STREAM.CREATE.${stream}`),
      // Journals of an earlier version get the limits of this one.
      ...[STREAMS.events, STREAMS.incoming].map((stream) => `$JS.API.STREAM.UPDATE.${stream}`),
      ...consumers.map((consumer) => `$JS.API.CONSUMER.DURABLE.CREATE.${STREAMS.jobs}.${consumer}`),
      ...JOB_KINDS.map((kind) => jobFilter(kind)),
      // Of everything but jobs, whose ends the workers tell.
      "events.task.*",
      "events.arrival.*",
      "events.version.*",
    ],
    subscribe: [inbox(name), NEWS_SUBJECTS.events, NEWS_SUBJECTS.incoming],
  };
}

/** Fetches jobs of its own kinds, answers for them, tells about them. */
function workerOnNats(name: string, { kinds }: Service): NatsRights {
  return {
    publish: [
      ...checkStreams,
      ...kinds.map(consumerName).flatMap((consumer) => [
        infoOf(consumer),
        `$JS.API.CONSUMER.MSG.NEXT.${STREAMS.jobs}.${consumer}`,
        `$JS.ACK.${STREAMS.jobs}.${consumer}.>`,
      ]),
      ...kinds.map(jobEvents),
      ...kinds.map(progressOfKind),
    ],
    subscribe: [inbox(name)],
  };
}

const RIGHTS: Readonly<Record<RightsName, Rights>> = {
  gateway: { nats: gatewayOnNats, store: () => gatewayInStore },
  coordinator: { nats: coordinatorOnNats, store: () => coordinatorInStore },
  worker: { nats: workerOnNats, store: workerInStore },
  importer: { nats: workerOnNats, store: importerInStore },
};

function rightsOf(name: string, { rights }: Service): Rights {
  const found = Object.hasOwn(RIGHTS, rights) ? RIGHTS[rights] : undefined;
  if (found) return found;
  throw new RangeError(
    `Service ${name} must have rights that infra/permissions.ts knows (${Object.keys(RIGHTS).join(", ")}): ` +
      `services/services.ts gives it ${JSON.stringify(rights)}`,
  );
}

/** Services, and the process that does the jobs of all of them where a machine is small: its user has the rights of all workers. */
export const usersOf = (services: Services): [string, Service][] => [
  ...Object.entries(services),
  [WORKER, workerOf(services)],
];

/**
 * NATS users by name: every service, `worker`, which does the jobs of all; `operator`, a person; `observer`, who may only listen; `robot`, who may only ask for actions;
 * `evaluator`, who measures versions elsewhere; `nack`, the controller
 * that makes streams; `minio`, the object store.
 *
 * @throws {RangeError} naming a service without rights.
 */
export function natsUsers(services: Services = SERVICES): Readonly<Record<string, NatsRights>> {
  const own = usersOf(services).map(([name, service]) =>
    [name, rightsOf(name, service).nats(name, service)] as const
  );
  return {
    ...Object.fromEntries(own),
    minio: { publish: ["incoming.fast", "incoming.safe"], subscribe: ["_INBOX.>"] },
    nack: { publish: ["$JS.API.>"], subscribe: ["_INBOX.>"] },
    // A consumer of its own would be state on the server, with a subject of its choice to deliver to: it reads by place.
    observer: {
      publish: [`$JS.API.STREAM.INFO.${STREAMS.events}`, `$JS.API.STREAM.MSG.GET.${STREAMS.events}`],
      subscribe: [inbox("observer"), NEWS_SUBJECTS.events, NEWS_SUBJECTS.progress],
    },
    // Programs that act for robots: they ask gateways, and hear their own answers alone.
    robot: { publish: [ACT_SUBJECTS], subscribe: [inbox("robot")] },
    // Simulators and robots of others, that measure versions: they ask what is wanted, act, and hand in the results.
    evaluator: {
      publish: [EVALUATIONS_WANTED, HAND_IN_SUBJECTS, ACT_SUBJECTS],
      subscribe: [inbox("evaluator")],
    },
    operator: { publish: [">"], subscribe: [">"] },
  };
}

/**
 * Rights on the bucket by service, and of the process that does the jobs of all.
 *
 * @throws {RangeError} naming a service without rights.
 */
export function storeRights(services: Services = SERVICES): Readonly<Record<string, StoreRights>> {
  return Object.fromEntries(
    usersOf(services).map(([name, service]) => [name, rightsOf(name, service).store(service)]),
  );
}
