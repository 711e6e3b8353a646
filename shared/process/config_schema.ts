/**
 * The variables that a process may be configured by, and what each may be.
 * @module
 */
import { JOB_KINDS } from "@cugro/protocol";
import { LOG_LEVELS } from "@cugro/telemetry";
import { type Setting, tensorSettings } from "@cugro/tensors/settings";
import { z } from "zod";

const number = (check: z.ZodNumber) =>
  z.string().transform((text) => text.trim() === "" ? NaN : Number(text)).pipe(check);
const list = (item: z.ZodType<string, string>) =>
  z.string().transform((text) => text.split(",").map((part) => part.trim())).pipe(z.array(item));
const path = z.string().min(1);
/** A variable of the tensor library, by that room's grammar. */
const tensor = <T>({ allowed, parse }: Setting<T>) =>
  z.string().transform((text, context) => {
    const value = parse(text);
    if (value === undefined) context.addIssue({ code: "custom", message: allowed });
    return value ?? z.NEVER;
  });

const STORE = "must name the store: a folder, s3://bucket or s3://bucket/prefix";
const SERVER = "must be nats://host:port or tls://host:port; several are separated by commas";
const PORT = "must be a port from 0 (a free one) to 65535";
const KIND = `must be of ${JOB_KINDS.join(", ")}; several are separated by commas`;
const ORIGIN =
  "must be as browsers write them, e.g. https://app.example.org; several are separated by commas";
const PACKAGE = "must be names of Python packages; several are separated by commas";

const BYTES = z.int("must be a whole number of bytes").min(1, "must be at least 1");

/** Largest dataset file, in bytes, unless the configuration says otherwise: more is neither taken in nor imported. */
export const IMPORT_MAX_BYTES = 16 * 1024 ** 3;

/** Every variable, as text that is turned into a value. */
export const environmentSchema = z.object({
  /** A folder, or a bucket and what keys in it start with. */
  CUGRO_STORE: z.string({ error: STORE }).refine(
    (text) =>
      !text.includes("://") || /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[A-Za-z0-9._=/-]*)?$/.test(text),
    STORE,
  ),
  /** Of an S3 other than AWS. */
  CUGRO_S3_ENDPOINT: z.url({ protocol: /^https?$/, error: "must be http://host:port or https://host:port" })
    .optional(),
  CUGRO_S3_REGION: z.string().default("us-east-1"),
  /** Without keys the AWS SDK looks where it usually does. */
  CUGRO_S3_ACCESS_KEY: z.string().optional(),
  CUGRO_S3_SECRET_KEY: z.string().optional(),
  /** File with the CA of the server's certificate. */
  CUGRO_S3_CA_FILE: path.optional(),
  /** Whether a bucket is used into which anybody can write without a secret. */
  CUGRO_S3_UNSAFE: z.enum(["allow", "refuse"]).default("refuse"),
  /** Servers of the bus; without it the process is a child of a command and talks to it over a pipe. */
  CUGRO_NATS: list(z.string().regex(/^(nats|tls):\/\/[^\s/]+:\d+$/, SERVER)).optional(),
  /** File with the nkey seed of this service's user, and with the CA of the servers' certificates. */
  CUGRO_NATS_SEED_FILE: path.optional(),
  CUGRO_NATS_CA_FILE: path.optional(),
  /** `verify` where streams and consumers are somebody else's to create. */
  CUGRO_NATS_STREAMS: z.enum(["create", "verify"]).default("create"),
  /** Where healthz, readyz and metrics are answered, and the gateway's API. */
  CUGRO_HTTP_PORT: number(z.int(PORT).min(0, PORT).max(65_535, PORT)).optional(),
  CUGRO_HTTP_HOST: z.string().default("127.0.0.1"),
  /** Said on healthz and readyz, so that the one who started this process tells it from another at its port. */
  CUGRO_INSTANCE: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 letters, digits and . _ -")
    .optional(),
  /** A process whose event loop stands still for this long ends itself, to be started again. */
  CUGRO_HANG_SECONDS: number(
    z.int("must be a whole number of seconds, 0 for never").min(0, "must be at least 0"),
  )
    .default(120),
  /** The gateway's. */
  CUGRO_TOKENS_FILE: path.optional(),
  /** Whether webhooks may go to addresses of this machine and its network. */
  CUGRO_WEBHOOKS_PRIVATE: z.enum(["allow", "refuse"]).default("refuse"),
  /** Policies that sample, each with a tensor library, and are open at a time. */
  CUGRO_ACT_LEARNERS: number(z.int("must be a whole number from 1").min(1, "must be at least 1")).default(8),
  /** Memory of all policies that are open. */
  CUGRO_ACT_BYTES: number(
    BYTES.max(3_500_000_000, "must be at most 3500000000: weights lie in one memory of 4 GB"),
  ).default(1024 ** 3),
  /** Where pages come from that may act over a WebSocket. */
  CUGRO_ACT_ORIGINS: list(
    z.string().refine((text) => /^https?:/.test(text) && URL.parse(text)?.origin === text, ORIGIN),
  ).default([]),
  /** The greatest age of a head by which a policy answers while the store is down; 0: any age. */
  CUGRO_ACT_STALE_SECONDS: number(z.number("must be a number from 0").min(0, "must be at least 0"))
    .default(86_400),
  /** File with the bearer secret of S3 notifications; without it they are refused. */
  CUGRO_NOTIFICATION_SECRET_FILE: path.optional(),
  /** Largest dataset file that is taken in, and how often a token may ask. */
  CUGRO_UPLOAD_MAX_BYTES: number(BYTES).default(IMPORT_MAX_BYTES),
  CUGRO_REQUESTS_PER_SECOND: number(z.number("must be a number above 0").positive("must be above 0")).default(
    500,
  ),
  /** What every token may have at a time, `NAME=NUMBER,...`; the gateway's README has the names. */
  CUGRO_TOKEN_QUOTAS: z.string().default(""),
  /** Connections of the HTTP server at a time. */
  CUGRO_HTTP_CONNECTIONS: number(z.int("must be a whole number from 1").min(1, "must be at least 1")).default(
    2_000,
  ),
  /** Requests that are under way at SIGTERM, or come in the first seconds after it, get this long. */
  CUGRO_DRAIN_SECONDS: number(z.number("must be a number from 0").min(0, "must be at least 0")).default(50),
  /** Largest dataset file that is imported; its README says how much memory it takes. */
  CUGRO_IMPORT_MAX_BYTES: number(BYTES).default(IMPORT_MAX_BYTES),
  /** Python that environments of Gymnasium run in; without it none is run. */
  CUGRO_PYTHON: path.optional(),
  /** Packages that are imported before: what they register may be named by data. */
  CUGRO_GYMNASIUM_PACKAGES: list(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.]*$/, PACKAGE)).default([
    "gymnasium",
  ]),
  /** Whether data may name anything else as well: modules to import, arguments of any kind. */
  CUGRO_GYMNASIUM_TRUST: z.enum(["registered", "any"]).default("registered"),
  /** Whether environments may use the network; `refuse`: none is run where that cannot be seen to. */
  CUGRO_GYMNASIUM_NETWORK: z.enum(["refuse", "allow"]).default("refuse"),
  /** Kinds of jobs that this process does; by default all of its service. */
  CUGRO_KINDS: list(z.string().refine((kind) => (JOB_KINDS as readonly string[]).includes(kind), KIND))
    .optional(),
  /** Tensor backend; by default native where it is installed, else WASM. */
  CUGRO_BACKEND: tensor(tensorSettings.backend).optional(),
  /** Where the native backend computes; a GPU that is asked for and cannot be used is an error. */
  CUGRO_DEVICE: tensor(tensorSettings.device).default("cpu"),
  /** Whether whole steps run as one call into the native library. */
  CUGRO_COMPILE: tensor(tensorSettings.compile).default(true),
  /** Whether the native library's announcements are shown while it is loaded. */
  CUGRO_NATIVE_LOG: tensor(tensorSettings.nativeLog).default(false),
  /** Longest time between two checkpoints of a training job. */
  CUGRO_CHECKPOINT_SECONDS: number(z.number("must be a number above 0").positive("must be above 0")).default(
    60,
  ),
  /** A checkpoint also after this many steps. */
  CUGRO_CHECKPOINT_STEPS: number(z.int("must be a whole number from 1").min(1, "must be at least 1"))
    .optional(),
  /**
   * A job whose worker gives no sign of life for this long goes to another; no step may take a quarter of it. The same for
   * all processes of a cluster.
   */
  CUGRO_ACK_WAIT_SECONDS: number(z.number("must be a number from 1").min(1, "must be at least 1")).default(
    30,
  ),
  /** Least important events that are logged. */
  CUGRO_LOG: z.enum(LOG_LEVELS).default("info"),
});
