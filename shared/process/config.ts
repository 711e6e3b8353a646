/**
 * Configuration from the environment. Everything is checked at once, and every fault is listed.
 * @module
 */
import type { StoreConfig } from "@cugro/store";
import process from "node:process";
import type { JobKind } from "@cugro/protocol";
import type { z } from "zod";
import { describeFault, type Environment, faultsBetween, missingOf } from "./config_faults.ts";
import type { LOG_LEVELS } from "@cugro/telemetry";
import type { BackendName, DeviceName } from "@cugro/tensors/settings";
import { environmentSchema } from "./config_schema.ts";

export { IMPORT_MAX_BYTES } from "./config_schema.ts";

/** Names of the variables that {@link readConfig} reads. */
export const CONFIG_VARIABLES: readonly string[] = Object.keys(environmentSchema.shape);

/** A process's configuration. */
export interface Config {
  /** A folder, `s3://bucket` or `s3://bucket/prefix`. */
  store: string;
  /** For stores in a bucket. */
  s3: {
    endpoint?: string;
    region: string;
    accessKey?: string;
    secretKey?: string;
    caFile?: string;
    unsafe?: true;
  };
  /** Undefined: the process is a child of a command, on a pipe. */
  nats: { servers: string[]; seedFile?: string; caFile?: string; streams: "create" | "verify" } | undefined;
  /** `port` is undefined where nothing is to be answered, and 0 for a free one. */
  http: { host: string; port: number | undefined; connections: number };
  instance: string | undefined;
  hangMs: number;
  tokensFile: string | undefined;
  /** Whether webhooks may go to private addresses. */
  webhooksPrivate: boolean;
  actLearners: number;
  actBytes: number;
  actStaleMs: number;
  /** Of pages that may act over a WebSocket. */
  actOrigins: string[];
  notificationSecretFile: string | undefined;
  uploadMaxBytes: number;
  importMaxBytes: number;
  requestsPerSecond: number;
  /** `NAME=NUMBER,...` */
  tokenQuotas: string;
  drainMs: number;
  /** How environments of Gymnasium are run. */
  gymnasium: {
    python: string | undefined;
    packages: string[];
    trust: "registered" | "any";
    network: "refuse" | "allow";
  };
  kinds: JobKind[] | undefined;
  backend: BackendName | undefined;
  device: DeviceName;
  compile: boolean;
  nativeLog: boolean;
  checkpointSeconds: number;
  checkpointSteps: number | undefined;
  ackWaitMs: number;
  logLevel: typeof LOG_LEVELS[number];
}

/** The environment does not describe a configuration that this process can have. The message lists every fault, in sentences. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/**
 * The variables of {@link CONFIG_VARIABLES} as they are set for this process, and no others.
 *
 * @returns values by name; undefined for those that are not set
 */
export function processEnvironment(): Environment {
  return Object.fromEntries(CONFIG_VARIABLES.map((name) => [name, process.env[name]]));
}

/**
 * The configuration in these variables. An empty variable counts as not set; others are ignored.
 *
 * @param required variables that this process cannot do without, and what each must be.
 * @param environment variables by name
 * @returns the configuration; sizes in bytes, times in ms
 * @throws {ConfigError} naming each wrong variable, its value, and what it may be.
 *
 * @example
 * ```ts
 * import { ConfigError, readConfig } from "@cugro/process";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(readConfig({ CUGRO_STORE: "/data/cugro" }).store, "/data/cugro");
 * assertThrows(() => readConfig({ CUGRO_LOG: "loud" }), ConfigError, "CUGRO_LOG");
 * ```
 */
export function readConfig(
  environment: Environment = processEnvironment(),
  required: Readonly<Record<string, string>> = {},
): Config {
  const set = Object.entries(environment).filter(([name, value]) =>
    name.startsWith("CUGRO_") && value !== "" && value !== undefined
  );
  const parsed = environmentSchema.safeParse(Object.fromEntries(set));
  const faults = [
    ...parsed.error?.issues.map((issue) => describeFault(issue, environment)) ?? [],
    ...[...faultsBetween(environment), ...missingOf(required, environment)],
  ];
  if (!parsed.success || faults.length > 0) {
    throw new ConfigError(`The environment is not a valid configuration:\n${faults.join("\n")}`);
  }
  return configOf(parsed.data);
}

type Values = z.infer<typeof environmentSchema>;

function configOf(values: Values): Config {
  return {
    store: values.CUGRO_STORE,
    ...readServers(values),
    http: readHttp(values),
    instance: values.CUGRO_INSTANCE,
    hangMs: values.CUGRO_HANG_SECONDS * 1000,
    tokensFile: values.CUGRO_TOKENS_FILE,
    webhooksPrivate: values.CUGRO_WEBHOOKS_PRIVATE === "allow",
    actLearners: values.CUGRO_ACT_LEARNERS,
    actBytes: values.CUGRO_ACT_BYTES,
    actStaleMs: values.CUGRO_ACT_STALE_SECONDS * 1000,
    actOrigins: values.CUGRO_ACT_ORIGINS,
    notificationSecretFile: values.CUGRO_NOTIFICATION_SECRET_FILE,
    uploadMaxBytes: values.CUGRO_UPLOAD_MAX_BYTES,
    importMaxBytes: values.CUGRO_IMPORT_MAX_BYTES,
    requestsPerSecond: values.CUGRO_REQUESTS_PER_SECOND,
    tokenQuotas: values.CUGRO_TOKEN_QUOTAS,
    drainMs: values.CUGRO_DRAIN_SECONDS * 1000,
    gymnasium: {
      python: values.CUGRO_PYTHON,
      packages: values.CUGRO_GYMNASIUM_PACKAGES,
      trust: values.CUGRO_GYMNASIUM_TRUST,
      network: values.CUGRO_GYMNASIUM_NETWORK,
    },
    kinds: values.CUGRO_KINDS as JobKind[] | undefined,
    backend: values.CUGRO_BACKEND,
    device: values.CUGRO_DEVICE,
    compile: values.CUGRO_COMPILE,
    nativeLog: values.CUGRO_NATIVE_LOG,
    checkpointSeconds: values.CUGRO_CHECKPOINT_SECONDS,
    checkpointSteps: values.CUGRO_CHECKPOINT_STEPS,
    ackWaitMs: values.CUGRO_ACK_WAIT_SECONDS * 1000,
    logLevel: values.CUGRO_LOG,
  };
}

/**
 * The store that these variables name; see `CONFIG_VARIABLES`. All but `CUGRO_STORE` and `CUGRO_S3_...` are ignored.
 *
 * @param environment variables by name
 * @returns the store's name, and the login of a bucket
 * @throws {ConfigError} naming each wrong variable, its value, and what it may be.
 */
export function readStoreConfig(environment: Record<string, string | undefined>): StoreConfig {
  const ours = Object.entries(environment).filter(([name]) => /^CUGRO_(STORE$|S3_)/.test(name));
  const { store, s3 } = readConfig(Object.fromEntries(ours));
  return { store, s3 };
}

function readHttp(values: Values): Config["http"] {
  const { CUGRO_HTTP_HOST: host, CUGRO_HTTP_PORT: port, CUGRO_HTTP_CONNECTIONS: connections } = values;
  return { host, port, connections };
}

function readServers(values: Values): Pick<Config, "s3" | "nats"> {
  const s3 = {
    endpoint: values.CUGRO_S3_ENDPOINT,
    region: values.CUGRO_S3_REGION,
    accessKey: values.CUGRO_S3_ACCESS_KEY,
    secretKey: values.CUGRO_S3_SECRET_KEY,
    caFile: values.CUGRO_S3_CA_FILE,
    unsafe: values.CUGRO_S3_UNSAFE === "allow" || undefined,
  };
  const nats = {
    servers: values.CUGRO_NATS,
    seedFile: values.CUGRO_NATS_SEED_FILE,
    caFile: values.CUGRO_NATS_CA_FILE,
    streams: values.CUGRO_NATS_STREAMS,
  };
  return {
    s3: withoutUndefined(s3) as Config["s3"],
    nats: nats.servers ? withoutUndefined(nats) as Config["nats"] : undefined,
  };
}

function withoutUndefined(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
