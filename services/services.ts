/**
 * Which services there are: the one table from which compose, Kubernetes, Prometheus, the rights on NATS and S3, the
 * local cluster, the embedded worker and the fault campaign are derived, and against which the tasks in deno.json and
 * the folders beside this file are checked (`deno task infra`).
 *
 * Which kinds of jobs a service does stands with the kinds (`shared/protocol/job_kinds.ts`): here it is only read.
 * @module
 */
import { type JobKind, kindsOfService } from "@cugro/protocol";

/** Port of every service's HTTP in a container: health, readiness and metrics, and the gateway's API beside them. */
export const HTTP_PORT = 8080;

/** Rights that `infra/permissions.ts` knows. */
export type RightsName = "gateway" | "coordinator" | "worker" | "importer";

/** A service that waits for no queue: Kubernetes keeps this many of it. */
export interface Standing {
  replicas: number;
  /** Requested processors and memory, and the limit of memory, as Kubernetes writes them. */
  cpu: string;
  memory: string;
  memoryLimit: string;
}

/** A process's needs besides its sources, the bus and the store; Deno's permissions follow from them. */
export interface Access {
  /** The tensor library, which is native code and loads its graphs from temporary files. @default false */
  native?: boolean;
  /** The interpreter that environments of Gymnasium run in, where one is named. @default false */
  python?: boolean;
  /** Hosts that nobody can list beforehand. @default false */
  anyHost?: boolean;
  /** Connections that go on as WebSockets. @default false */
  webSockets?: boolean;
}

/** A row about a service. */
export interface ServiceRow {
  /** Of its process; `service_permissions.ts` makes Deno's flags of it. */
  access: Access;
  rights: RightsName;
  /** Whether it has a variant that computes on a GPU. */
  gpu: boolean;
  /** For a service without kinds. */
  standing?: Standing;
  /** Clients reach it from outside the cluster. @default false */
  public?: boolean;
  /** It checks bearer tokens, and so needs their file. @default false */
  tokens?: boolean;
  /** It makes the streams that a broker has lost; the others verify them. @default false */
  makesStreams?: boolean;
  /** Variable that holds the size in bytes of the largest file it takes. */
  fileLimit?: "CUGRO_UPLOAD_MAX_BYTES" | "CUGRO_IMPORT_MAX_BYTES";
}

/** A service of the table. */
export interface Service extends ServiceRow {
  /** The jobs it does, in order of preference; none: it gives work to others. */
  kinds: readonly JobKind[];
}

/** The table, or one like it: whatever is derived takes it as a parameter. */
export type Services = Readonly<Record<string, Service>>;

const COMPUTES: Access = { native: true };

/** The table. */
export const SERVICES = withKinds({
  gateway: {
    // Policies act in its threads; webhooks go where clients say.
    access: { native: true, anyHost: true, webSockets: true },
    rights: "gateway",
    gpu: false,
    standing: { replicas: 2, cpu: "250m", memory: "512Mi", memoryLimit: "2Gi" },
    public: true,
    tokens: true,
    fileLimit: "CUGRO_UPLOAD_MAX_BYTES",
  },
  coordinator: {
    access: {},
    rights: "coordinator",
    gpu: false,
    // Two do the same harmless thing twice.
    standing: { replicas: 2, cpu: "100m", memory: "256Mi", memoryLimit: "1Gi" },
    makesStreams: true,
  },
  "dataset-import": {
    access: COMPUTES,
    rights: "importer",
    gpu: false,
    fileLimit: "CUGRO_IMPORT_MAX_BYTES",
  },
  "state-generation": { access: COMPUTES, rights: "worker", gpu: true },
  "behavior-generation": { access: COMPUTES, rights: "worker", gpu: true },
  "critic-training": { access: COMPUTES, rights: "worker", gpu: true },
  "policy-evaluation": { access: { ...COMPUTES, python: true }, rights: "worker", gpu: false },
});

/** Name of a service: of its folder, its task, its user on NATS and S3. */
export type ServiceName = keyof typeof SERVICES;

/** All names, in the order of the table. */
export const SERVICE_NAMES = Object.keys(SERVICES) as readonly ServiceName[];

/** Services that do jobs. */
export const COMPUTE_SERVICES: readonly ServiceName[] = SERVICE_NAMES.filter((name) =>
  SERVICES[name].kinds.length > 0
);

/** Name of a process that does the jobs of all services, one at a time, for a small machine: profile `together` in compose. */
export const WORKER = "worker";

/**
 * What is written down about such a process: the access, rights and kinds of all that do jobs together.
 *
 * @param services the table
 * @returns a row of no table: where it runs, those do not
 */
export function workerOf(services: Services = SERVICES): Service {
  return {
    access: { native: true, python: true },
    rights: "importer",
    gpu: false,
    fileLimit: "CUGRO_IMPORT_MAX_BYTES",
    kinds: Object.values(services).flatMap(({ kinds }) => kinds),
  };
}

/** Its program and those of services, in the repository's folder and in the image's. */
export const mainOf = (service: string): string =>
  service === WORKER ? "services/all_jobs_worker.ts" : `services/${service}/main.ts`;

function withKinds<Name extends string>(
  rows: Readonly<Record<Name, ServiceRow>>,
): Readonly<Record<Name, Service>> {
  const table = {} as Record<Name, Service>;
  for (const name in rows) table[name] = { ...rows[name], kinds: kindsOfService(name) };
  return table;
}
