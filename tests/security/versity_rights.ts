/**
 * Versity's gateway with users, each of whom may do what a policy says.
 * @module
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { signV4ByServiceName } from "minio/dist/esm/signing.mjs";
import { openS3Store, openStore, type Store } from "@cugro/store";
import { startIdentities, startVersity } from "../../scripts/cluster/object_store/versity.ts";
import type { ServiceName, WORKER } from "../../services/services.ts";
import { S3_ROOT } from "../fakes/s3_servers.ts";

const BUCKET = "cugro";
const POLICIES = new URL("../../infra/minio/policies/", import.meta.url);

interface Keys {
  accessKey: string;
  secretKey: string;
  /** Of temporary keys. */
  sessionToken?: string | undefined;
}

/** A bucket with users. */
export interface ConfinedStore {
  /** Where its server answers. */
  url: string;
  /** The store as a service has it: keys under its committed policy. */
  openStoreOf(service: ServiceName | typeof WORKER): Promise<Store>;
  /**
   * A store under a policy of one's own.
   *
   * @param place as in `s3://place`
   */
  openStoreUnder(policy: string, place?: string): Promise<Store>;
  /** New keys under a policy. */
  keysUnder(policy: string): Promise<Keys>;
  /** The store with every right. */
  openRootStore(): Promise<Store>;
  stop(): Promise<void>;
}

/** Starts it. */
export async function startConfinedVersity(): Promise<ConfinedStore> {
  const folder = mkdtempSync(join(tmpdir(), "cugro-security-"));
  const identities = await startIdentities({ folder });
  const gateway = await startVersity({ folder, identities: identities.socket });
  const s3 = { endpoint: gateway.url, region: "us-east-1" };
  await (await openS3Store({ bucket: BUCKET, ...s3, ...S3_ROOT, createBucket: true })).close();
  const open = (keys: Keys, place = BUCKET) =>
    openStore({
      store: `s3://${place}`,
      s3: { ...s3, accessKey: keys.accessKey, secretKey: keys.secretKey },
    });
  const keysUnder = (policy: string) => makeUser(identities.url, policy);
  return {
    url: gateway.url,
    keysUnder,
    openStoreUnder: async (policy, place) => open(await keysUnder(policy), place),
    openStoreOf: async (service) =>
      open(await keysUnder(readFileSync(new URL(`${service}.json`, POLICIES), "utf8"))),
    openRootStore: () => open(S3_ROOT),
    async stop() {
      await gateway.stop();
      await identities.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function makeUser(url: string, policy: string): Promise<Keys> {
  const UserName = `user-${randomUUID()}`;
  await administer(url, { Action: "CreateUser", UserName });
  const PolicyDocument = JSON.stringify(JSON.parse(policy));
  await administer(url, { Action: "PutUserPolicy", UserName, PolicyName: "cugro", PolicyDocument });
  const answer = await administer(url, { Action: "CreateAccessKey", UserName });
  const [, accessKey] = /<AccessKeyId>(.+?)</.exec(answer) ?? [];
  const [, secretKey] = /<SecretAccessKey>(.+?)</.exec(answer) ?? [];
  return { accessKey: accessKey!, secretKey: secretKey! };
}

/** Asks for an action of AWS' IAM. */
async function administer(url: string, action: Record<string, string>): Promise<string> {
  const body = `${new URLSearchParams({ ...action, Version: "2010-05-08" })}`;
  const hash = createHash("sha256").update(body).digest("hex");
  const now = new Date();
  const headers: Record<string, string> = {
    host: new URL(url).host,
    "content-type": "application/x-www-form-urlencoded",
    "x-amz-date": now.toISOString().replace(/[-:]|\.\d+/g, ""),
    "x-amz-content-sha256": hash,
  };
  const { hostname, port } = new URL(url);
  const request = {
    protocol: "http:",
    method: "POST",
    path: "/",
    host: hostname,
    port: Number(port),
    headers,
  };
  const { accessKey, secretKey } = S3_ROOT;
  headers.authorization = signV4ByServiceName(request, accessKey, secretKey, "us-east-1", now, hash, "iam");
  const answer = await fetch(url, { method: "POST", headers, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${action.Action} ${action.UserName}: ${text}`);
  return text;
}
