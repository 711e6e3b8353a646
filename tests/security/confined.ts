/**
 * Servers with the rendered users and policies, and each service's own way in: what a deployment has, on loopback.
 * @module
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createUser, fromSeed } from "@nats-io/nkeys";
import { Client, NotificationConfig, QueueConfig } from "minio";
import { AssumeRoleProvider } from "minio/dist/esm/AssumeRoleProvider.mjs";
import { createLog } from "@cugro/telemetry";
import { type NatsBus, openNatsBus } from "@cugro/bus";
import { openStore, type Store } from "@cugro/store";
import { natsUsers } from "../../infra/permissions.ts";
import { SERVICE_NAMES, type ServiceName, type WORKER } from "../../services/services.ts";
import { nkeyVariable } from "../../infra/render/nats_config.ts";
import { MINIO_ROOT, startMinio } from "../../scripts/cluster/object_store/minio.ts";
import { freePort, type RunningServer, startNats } from "../../scripts/cluster/servers.ts";
import { targetEnvironment } from "../../scripts/cluster/object_store/minio_bucket.ts";

const BUCKET = "cugro";
const INFRA = new URL("../../infra/", import.meta.url);

/** NATS and MinIO as infra/ sets them up. */
export interface Confined {
  nats: RunningServer;
  minio: RunningServer;
  /** Seed of a NATS user. */
  seedOf(user: string): string;
  /** The bus as a service has it. */
  openBus(service: ServiceName, streams?: "create" | "verify"): Promise<NatsBus>;
  /** The store as a service has it: temporary keys under its committed policy. */
  openStoreOf(service: ServiceName | typeof WORKER): Promise<Store>;
  /**
   * A store under a policy of one's own.
   *
   * @param place as in `s3://place`
   */
  openStoreUnder(policy: string, place?: string): Promise<Store>;
  /** Temporary keys under a policy. */
  keysUnder(policy: string): ReturnType<typeof assumeRole>;
  /** The store with every right. */
  openRootStore(): Promise<Store>;
  stop(): Promise<void>;
}

/** Starts both servers with the committed configuration; keys are made for this run. */
export async function startConfined(): Promise<Confined> {
  const folder = mkdtempSync(join(tmpdir(), "cugro-security-"));
  const seeds = makeSeeds(folder);
  const natsPort = await freePort();
  const nats = await startNats({
    folder: join(folder, "nats"),
    configFile: writeConfig(folder, seeds),
    port: natsPort,
  });
  const queue = join(folder, "queue");
  const environment = targetEnvironment(nats.url, queue, ["SAFE", "FAST"]);
  for (const target of ["SAFE", "FAST"]) {
    environment[`MINIO_NOTIFY_NATS_NKEY_SEED_${target}`] = join(folder, "minio.seed");
  }
  const minio = await startMinio({ folder: join(folder, "minio"), environment });
  const root = { store: `s3://${BUCKET}`, s3: { endpoint: minio.url, region: "us-east-1" } };
  const keys = { accessKey: MINIO_ROOT.user, secretKey: MINIO_ROOT.password };
  const openUnder = async (policy: string, place = BUCKET) => {
    const { accessKey, secretKey, sessionToken } = await assumeRole(minio.url, policy);
    // Keys with a token come from the AWS default chain, which is asked at the first request.
    const names = {
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: secretKey,
      AWS_SESSION_TOKEN: sessionToken,
    };
    Object.assign(process.env, names);
    try {
      return await openStore({ ...root, store: `s3://${place}` });
    } finally {
      for (const name of Object.keys(names)) delete process.env[name];
    }
  };
  return {
    nats,
    minio,
    seedOf: (user) => seeds[user]!,
    openBus: busOpener(nats, seeds),
    openStoreOf: (service) =>
      openUnder(readFileSync(new URL(`minio/policies/${service}.json`, INFRA), "utf8")),
    openStoreUnder: openUnder,
    keysUnder: (policy) => assumeRole(minio.url, policy),
    openRootStore: () => openStore({ ...root, s3: { ...root.s3, ...keys } }),
    async stop() {
      await minio.stop();
      await nats.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** NATS alone, as infra/ sets it up. */
export async function startConfinedNats(): Promise<
  {
    nats: RunningServer;
    seedFile: (user: string) => string;
    openBus: Confined["openBus"];
    stop(): Promise<void>;
  }
> {
  const folder = mkdtempSync(join(tmpdir(), "cugro-security-"));
  const seeds = makeSeeds(folder);
  const configFile = writeConfig(folder, seeds);
  const nats = await startNats({ folder: join(folder, "nats"), configFile, port: await freePort() });
  return {
    nats,
    seedFile: (user) => join(folder, `${user}.seed`),
    openBus: busOpener(nats, seeds),
    async stop() {
      await nats.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function busOpener(nats: RunningServer, seeds: Record<string, string>): Confined["openBus"] {
  const log = createLog({ level: "error" });
  return (service, streams = "verify") =>
    openNatsBus({ servers: [nats.url], name: service, seed: seeds[service]!, streams, log });
}

function makeSeeds(folder: string): Record<string, string> {
  mkdirSync(folder, { recursive: true });
  return Object.fromEntries(
    Object.keys(natsUsers()).map((user) => {
      const seed = new TextDecoder().decode(createUser().getSeed());
      writeFileSync(join(folder, `${user}.seed`), seed);
      return [user, seed];
    }),
  );
}

/** The committed file with keys in place of variables; folder and port come from the command line. */
function writeConfig(folder: string, seeds: Record<string, string>): string {
  let text = readFileSync(new URL("nats/nats.conf", INFRA), "utf8").replace(/^(http| *store_dir): .*$/gm, "");
  for (const [user, seed] of Object.entries(seeds)) {
    const key = fromSeed(new TextEncoder().encode(seed)).getPublicKey();
    text = text.replace(new RegExp(`\\$${nkeyVariable(user)}\\b`), key);
  }
  const path = join(folder, "nats.conf");
  writeFileSync(path, text);
  return path;
}

/** Keys for an hour that may do what the policy allows and nothing else. */
async function assumeRole(endpoint: string, policy: string) {
  const minified = JSON.stringify(JSON.parse(policy));
  const { user: accessKey, password: secretKey } = MINIO_ROOT;
  const provider = new AssumeRoleProvider({
    stsEndpoint: endpoint,
    accessKey,
    secretKey,
    policy: minified,
    region: "us-east-1",
  });
  const credentials = await provider.getCredentials();
  return {
    accessKey: credentials.getAccessKey(),
    secretKey: credentials.getSecretKey(),
    sessionToken: credentials.getSessionToken(),
  };
}

/** Makes the bucket and has it notify, as minio/init.sh does. */
export async function prepareBucket({ minio }: Pick<Confined, "minio">): Promise<void> {
  const { hostname, port } = new URL(minio.url);
  const { user: accessKey, password: secretKey } = MINIO_ROOT;
  const client = new Client({ endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey });
  await client.makeBucket(BUCKET);
  const notifications = new NotificationConfig();
  for (const target of ["SAFE", "FAST"]) {
    const queue = new QueueConfig(`arn:minio:sqs::${target}:nats`);
    queue.addEvent("s3:ObjectCreated:*");
    queue.addFilterPrefix("incoming/");
    notifications.add(queue);
  }
  await client.setBucketNotification(BUCKET, notifications);
}

/** Every service's name, for loops over all of them. */
export const ALL_SERVICES = SERVICE_NAMES;
