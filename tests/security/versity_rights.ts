/**
 * Versity's gateway with a user for each service, who may do what the committed policy says.
 * @module
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { signV4ByServiceName } from "minio/dist/esm/signing.mjs";
import { openS3Store, openStore, type Store } from "@cugro/store";
import { startIdentities, startVersity } from "../../scripts/cluster/object_store/versity.ts";
import { SERVICE_NAMES, type ServiceName } from "../../services/services.ts";
import { S3_ROOT } from "../fakes/s3_servers.ts";

const BUCKET = "cugro";
const POLICIES = new URL("../../infra/minio/policies/", import.meta.url);

/** A bucket with users. */
export interface Confined {
  openStoreOf(service: ServiceName): Promise<Store>;
  openRootStore(): Promise<Store>;
  stop(): Promise<void>;
}

/** Starts it. */
export async function startConfinedVersity(): Promise<Confined> {
  const folder = mkdtempSync(join(tmpdir(), "cugro-security-"));
  const identities = await startIdentities({ folder });
  const gateway = await startVersity({ folder, identities: identities.socket });
  const s3 = { endpoint: gateway.url, region: "us-east-1" };
  await (await openS3Store({ bucket: BUCKET, ...s3, ...S3_ROOT, createBucket: true })).close();
  const users = new Map<ServiceName, { accessKey: string; secretKey: string }>();
  for (const service of SERVICE_NAMES) users.set(service, await makeUser(identities.url, service));
  const open = (keys: { accessKey: string; secretKey: string }) =>
    openStore({ store: `s3://${BUCKET}`, s3: { ...s3, ...keys } });
  return {
    openStoreOf: (service) => open(users.get(service)!),
    openRootStore: () => open(S3_ROOT),
    async stop() {
      await gateway.stop();
      await identities.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function makeUser(url: string, service: ServiceName) {
  const UserName = service;
  await administer(url, { Action: "CreateUser", UserName });
  const PolicyDocument = JSON.stringify(
    JSON.parse(readFileSync(new URL(`${service}.json`, POLICIES), "utf8")),
  );
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
