/**
 * Real servers for containers, and what all services together must come to: a file that is dropped into the bucket becomes a version,
 * which acts.
 * @module
 */
import { sleep } from "@cugro/async";
import { openNatsBus } from "@cugro/bus";
import { createClient } from "@cugro/client";
import { incomingKey } from "@cugro/protocol";
import { openStore, type StoreConfig } from "@cugro/store";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { adminTokenOf } from "../../scripts/cluster/folder.ts";
import { BUCKET, startBucket } from "../../scripts/cluster/object_store/bucket.ts";
import { startNats } from "../../scripts/cluster/servers.ts";
import { S3_ROOT } from "../fakes/s3_servers.ts";
import { smallStream } from "../pipeline/embedded.ts";

const STEPS = { stateSteps: 30, behaviorSteps: 30, criticSteps: 30 };
const LEARN_MS = 900_000;
const SWIMMER_STATES = 8;

/** Where something is learnt. */
export interface LearningPlace {
  /** For data. */
  folder: string;
  /** Of an administrator. */
  token: string;
  store: StoreConfig;
}

/** Servers that run. */
export interface TestServers extends LearningPlace {
  /** Leads services to them. */
  environment: Record<string, string>;
  stop(): Promise<void>;
}

/** nats-server and an S3 server that tells it of dropped files. */
export async function startTestServers(folder: string): Promise<TestServers> {
  const nats = await startNats({ folder: join(folder, "nats"), detached: true });
  const bus = await openNatsBus({ servers: [nats.url], name: "test", streams: "create" });
  await bus.close();
  const bucket = await startBucket({ server: "versity", folder, natsUrl: nats.url, keys: S3_ROOT });
  return {
    folder,
    token: await adminTokenOf(folder),
    store: { store: `s3://${BUCKET}`, s3: { endpoint: bucket.url, ...S3_ROOT } },
    environment: {
      CUGRO_NATS: nats.url,
      CUGRO_STORE: `s3://${BUCKET}`,
      CUGRO_S3_ENDPOINT: bucket.url,
      CUGRO_S3_ACCESS_KEY: S3_ROOT.accessKey,
      CUGRO_S3_SECRET_KEY: S3_ROOT.secretKey,
    },
    async stop() {
      await bucket.stop();
      await nats.stop();
    },
  };
}

/** The learner of {@link becomesVersion}. */
export async function createTestLearner({ token }: LearningPlace, url: string): Promise<void> {
  const { learners } = createClient({ url, token });
  await learners.create({ name: "one", seed: 0, preset: "smoke", overrides: STEPS });
}

/** Drops a file, waits for its version, and acts with it. @param version its number @throws {Error} saying what did not come */
export async function becomesVersion(
  { folder, token, store: config }: LearningPlace,
  url: string,
  version: number,
  report: (line: string) => void,
): Promise<void> {
  const client = createClient({ url, token });
  const file = (await smallStream(folder, version)).at(-1);
  const store = await openStore(config);
  const began = performance.now();
  try {
    await store.put(incomingKey("one", basename(file!)), new Uint8Array(await readFile(file!)));
  } finally {
    await store.close();
  }
  while ((await client.learners.show("one")).head !== version) {
    if (performance.now() - began > LEARN_MS) {
      throw new Error(
        `No version after ${LEARN_MS} ms: ${JSON.stringify(await client.learners.show("one"))}`,
      );
    }
    await sleep(500);
  }
  report(`a dropped file was version ${version} after ${Math.round((performance.now() - began) / 1000)} s`);
  const { actions } = await client.act("one", {
    task: version,
    observations: [Array(SWIMMER_STATES).fill(0)],
  });
  if (actions?.[0]?.length !== 2) {
    throw new Error(`The version must act: it answered ${JSON.stringify(actions)}`);
  }
}
