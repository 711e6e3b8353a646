import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { JOB_KINDS } from "@cugro/protocol";
import { ConfigError, readConfig, readStoreConfig } from "./config.ts";

Deno.test("readConfig() fills in what is not set", () => {
  assertEquals(readConfig({ CUGRO_STORE: "/data", CUGRO_DEVICE: "", HOME: "/" }), {
    store: "/data",
    s3: { region: "us-east-1" },
    nats: undefined,
    http: { host: "127.0.0.1", port: undefined, connections: 2000 },
    instance: undefined,
    hangMs: 120_000,
    tokensFile: undefined,
    webhooksPrivate: false,
    actLearners: 8,
    actBytes: 1024 ** 3,
    actStaleMs: 86_400_000,
    actOrigins: [],
    notificationSecretFile: undefined,
    uploadMaxBytes: 16 * 1024 ** 3,
    gymnasium: { python: undefined, packages: ["gymnasium"], trust: "registered", network: "refuse" },
    importMaxBytes: 16 * 1024 ** 3,
    requestsPerSecond: 500,
    tokenQuotas: "",
    drainMs: 50_000,
    kinds: undefined,
    backend: undefined,
    device: "cpu",
    compile: true,
    nativeLog: false,
    checkpointSeconds: 60,
    checkpointSteps: undefined,
    ackWaitMs: 30_000,
    logLevel: "info",
  });
});

Deno.test("readConfig() reads every variable", () => {
  const environment = {
    CUGRO_STORE: "s3://bucket/some/prefix",
    CUGRO_S3_ENDPOINT: "http://127.0.0.1:9000",
    CUGRO_S3_REGION: "eu-north-1",
    CUGRO_S3_ACCESS_KEY: "key",
    CUGRO_S3_SECRET_KEY: "secret",
    CUGRO_S3_CA_FILE: "/run/s3.pem",
    CUGRO_NATS: "nats://one:4222, tls://two:4223",
    CUGRO_NATS_SEED_FILE: "/run/seed",
    CUGRO_NATS_CA_FILE: "/run/ca.pem",
    CUGRO_NATS_STREAMS: "verify",
    CUGRO_HTTP_PORT: "8080",
    CUGRO_HTTP_HOST: "0.0.0.0",
    CUGRO_HTTP_CONNECTIONS: "100",
    CUGRO_INSTANCE: "a1",
    CUGRO_HANG_SECONDS: "7",
    CUGRO_TOKENS_FILE: "/run/tokens",
    CUGRO_WEBHOOKS_PRIVATE: "allow",
    CUGRO_ACT_LEARNERS: "3",
    CUGRO_ACT_BYTES: "5000000",
    CUGRO_ACT_STALE_SECONDS: "90",
    CUGRO_ACT_ORIGINS: "https://app.example.org, http://127.0.0.1:3000",
    CUGRO_NOTIFICATION_SECRET_FILE: "/run/notifications",
    CUGRO_UPLOAD_MAX_BYTES: "1000",
    CUGRO_IMPORT_MAX_BYTES: "900",
    CUGRO_REQUESTS_PER_SECOND: "20",
    CUGRO_TOKEN_QUOTAS: "streams=3",
    CUGRO_DRAIN_SECONDS: "90",
    CUGRO_PYTHON: "/venv/bin/python",
    CUGRO_GYMNASIUM_PACKAGES: "gymnasium, metaworld",
    CUGRO_GYMNASIUM_TRUST: "any",
    CUGRO_GYMNASIUM_NETWORK: "allow",
    CUGRO_KINDS: "states.sample, states.train",
    CUGRO_BACKEND: "wasm",
    CUGRO_DEVICE: "gpu",
    CUGRO_COMPILE: "off",
    CUGRO_NATIVE_LOG: "1",
    CUGRO_CHECKPOINT_SECONDS: "0.5",
    CUGRO_CHECKPOINT_STEPS: "20",
    CUGRO_ACK_WAIT_SECONDS: "5",
    CUGRO_LOG: "debug",
  };
  assertEquals(readConfig(environment), {
    store: "s3://bucket/some/prefix",
    s3: {
      endpoint: "http://127.0.0.1:9000",
      region: "eu-north-1",
      accessKey: "key",
      secretKey: "secret",
      caFile: "/run/s3.pem",
    },
    nats: {
      servers: ["nats://one:4222", "tls://two:4223"],
      seedFile: "/run/seed",
      caFile: "/run/ca.pem",
      streams: "verify",
    },
    http: { host: "0.0.0.0", port: 8080, connections: 100 },
    instance: "a1",
    hangMs: 7_000,
    tokensFile: "/run/tokens",
    webhooksPrivate: true,
    actLearners: 3,
    actBytes: 5_000_000,
    actStaleMs: 90_000,
    actOrigins: ["https://app.example.org", "http://127.0.0.1:3000"],
    notificationSecretFile: "/run/notifications",
    uploadMaxBytes: 1000,
    importMaxBytes: 900,
    requestsPerSecond: 20,
    tokenQuotas: "streams=3",
    drainMs: 90_000,
    gymnasium: {
      python: "/venv/bin/python",
      packages: ["gymnasium", "metaworld"],
      trust: "any",
      network: "allow",
    },
    kinds: ["states.sample", "states.train"],
    backend: "wasm",
    device: "gpu",
    compile: false,
    nativeLog: true,
    checkpointSeconds: 0.5,
    checkpointSteps: 20,
    ackWaitMs: 5_000,
    logLevel: "debug",
  });
});

Deno.test("readConfig() lists what a service cannot do without beside all other faults", () => {
  const required = { CUGRO_TOKENS_FILE: "must name the file of tokens", CUGRO_HTTP_HOST: "must name a host" };
  const { message } = assertThrows(
    () => readConfig({ CUGRO_LOG: "loud", CUGRO_HTTP_HOST: "a", CUGRO_TOKENS_FILE: "" }, required),
    ConfigError,
  );
  for (
    const part of ["CUGRO_STORE must name", "CUGRO_LOG must be", "\n  CUGRO_TOKENS_FILE must name the file"]
  ) {
    assertStringIncludes(message, part);
  }
  assert(!message.includes("CUGRO_HTTP_HOST"));
  assertEquals(
    readConfig({ CUGRO_STORE: "a", CUGRO_TOKENS_FILE: "b", CUGRO_HTTP_HOST: "c" }, required).store,
    "a",
  );
});

Deno.test("readConfig() lists all faults at once, with what is allowed", () => {
  const environment = {
    CUGRO_BACKEND: "cuda",
    CUGRO_DEVICE: "tpu",
    CUGRO_COMPILE: "maybe",
    CUGRO_CHECKPOINT_SECONDS: "-1",
    CUGRO_CHECKPOINT_STEPS: "2.5",
    CUGRO_LOG: "loud",
    CUGRO_ACT_BYTES: "5000000000",
    CUGRO_ACT_ORIGINS: "https://app.example.org/",
  };
  const error = assertThrows(() => readConfig(environment), ConfigError);
  assertEquals(error.message.split("\n"), [
    "The environment is not a valid configuration:",
    "  CUGRO_STORE must name the store: a folder, s3://bucket or s3://bucket/prefix",
    '  CUGRO_ACT_BYTES must be at most 3500000000: weights lie in one memory of 4 GB: current value is "5000000000"',
    "  CUGRO_ACT_ORIGINS must be as browsers write them, e.g. https://app.example.org; several are separated by commas: " +
    'current value is "https://app.example.org/"',
    '  CUGRO_BACKEND must be native or wasm: current value is "cuda"',
    '  CUGRO_DEVICE must be cpu or gpu: current value is "tpu"',
    '  CUGRO_COMPILE must be on or off (or 1, true, yes, 0, false, no): current value is "maybe"',
    '  CUGRO_CHECKPOINT_SECONDS must be above 0: current value is "-1"',
    '  CUGRO_CHECKPOINT_STEPS must be a whole number from 1: current value is "2.5"',
    '  CUGRO_LOG must be debug or info or warn or error or silent: current value is "loud"',
  ]);
});

Deno.test("readConfig() reads on and off as the tensor library does", () => {
  for (const [word, compile] of Object.entries({ 1: true, YES: true, on: true, 0: false, False: false })) {
    assertEquals(readConfig({ CUGRO_STORE: "/data", CUGRO_COMPILE: word }).compile, compile, word);
  }
});

Deno.test("readConfig() checks servers, ports, kinds and keys, and shows no secret", () => {
  const environment = {
    CUGRO_STORE: "s3://Bucket",
    CUGRO_S3_ENDPOINT: "minio:9000",
    CUGRO_S3_SECRET_KEY: "hush",
    CUGRO_NATS: "nats://one:4222,localhost",
    CUGRO_NATS_STREAMS: "maybe",
    CUGRO_HTTP_PORT: "70000",
    CUGRO_KINDS: "states.sample,states.learn",
  };
  const error = assertThrows(() => readConfig(environment), ConfigError);
  assertEquals(error.message.split("\n").slice(1), [
    '  CUGRO_STORE must name the store: a folder, s3://bucket or s3://bucket/prefix: current value is "s3://Bucket"',
    '  CUGRO_S3_ENDPOINT must be http://host:port or https://host:port: current value is "minio:9000"',
    '  CUGRO_NATS must be nats://host:port or tls://host:port; several are separated by commas: current value is "nats://one:4222,localhost"',
    '  CUGRO_NATS_STREAMS must be create or verify: current value is "maybe"',
    '  CUGRO_HTTP_PORT must be a port from 0 (a free one) to 65535: current value is "70000"',
    `  CUGRO_KINDS must be of ${
      JOB_KINDS.join(", ")
    }; several are separated by commas: current value is "states.sample,states.learn"`,
    "  CUGRO_S3_ACCESS_KEY must be set too, as CUGRO_S3_SECRET_KEY is",
  ]);
});

Deno.test("readConfig() uses an unsafe bucket only where it is told to", () => {
  const bucket = { CUGRO_STORE: "s3://bucket" };
  assertEquals(readConfig(bucket).s3.unsafe, undefined);
  assertEquals(readConfig({ ...bucket, CUGRO_S3_UNSAFE: "allow" }).s3.unsafe, true);
  assertThrows(
    () => readConfig({ ...bucket, CUGRO_S3_UNSAFE: "yes" }),
    ConfigError,
    "must be allow or refuse",
  );
});

Deno.test("readStoreConfig() reads a folder or a bucket, and minds nothing else", () => {
  const other = { CUGRO_HTTP_PORT: "not a port", HOME: "/home" };
  assertEquals(readStoreConfig({ CUGRO_STORE: "here", ...other }).store, "here");
  const bucket = {
    CUGRO_STORE: "s3://bucket/a/b",
    CUGRO_S3_ENDPOINT: "http://127.0.0.1:9000",
    CUGRO_S3_ACCESS_KEY: "key",
    CUGRO_S3_SECRET_KEY: "secret",
  };
  assertEquals(readStoreConfig({ ...bucket, ...other }), {
    store: "s3://bucket/a/b",
    s3: { endpoint: "http://127.0.0.1:9000", region: "us-east-1", accessKey: "key", secretKey: "secret" },
  });
});

Deno.test("readStoreConfig() lists all faults at once", () => {
  const wrong = { CUGRO_STORE: "s3://B", CUGRO_S3_ENDPOINT: "somewhere", CUGRO_S3_ACCESS_KEY: "key" };
  const { message } = assertThrows(() => readStoreConfig(wrong), ConfigError);
  for (const name of ["CUGRO_STORE", "CUGRO_S3_ENDPOINT", "CUGRO_S3_SECRET_KEY"]) {
    assertEquals(message.includes(name), true, `${name} in ${message}`);
  }
});
