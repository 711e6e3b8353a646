/**
 * Makes what must not be committed: nkeys, S3 keys, a gateway token, passwords. Only what is missing is made, so it may
 * be run again, and one secret is replaced by removing its files.
 *
 * `deno task infra:secrets [FOLDER]`  (default infra/secrets, which git ignores)
 * @module
 */
import { addToken, issueToken } from "@cugro/gateway/tokens";
import { createUser, fromSeed } from "@nats-io/nkeys";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { type Service, SERVICES, type Services } from "../services/services.ts";
import { natsUsers, usersOf } from "./permissions.ts";
import { nkeyVariable } from "./render/nats_config.ts";

/** Where they lie unless told otherwise. */
export const SECRETS_FOLDER = fileURLToPath(new URL("secrets", import.meta.url));

/** The gateway's tokens, below the folder of secrets. */
const TOKENS_FILE = "tokens/tokens.json";

/**
 * Makes missing secrets.
 *
 * @returns names of the files that were made.
 */
export async function makeSecrets(
  folder: string = SECRETS_FOLDER,
  services: Services = SERVICES,
): Promise<string[]> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const made: string[] = [];
  const make = (name: string, content: () => string) => {
    const path = join(folder, name);
    if (existsSync(path)) return readFileSync(path, "utf8");
    const text = content();
    // The folder keeps others out; a container's user, mounted the file alone, must be able to read it.
    writeFileSync(path, text, { mode: 0o444 });
    made.push(name);
    return text;
  };
  const publicKeys = Object.keys(natsUsers(services)).map((user) => {
    const seed = make(`${user}.seed`, () => `${new TextDecoder().decode(createUser().getSeed())}\n`);
    return `${nkeyVariable(user)}=${fromSeed(new TextEncoder().encode(seed.trim())).getPublicKey()}`;
  });
  const users = usersOf(services).map(([service]) =>
    [service, readKeys(make(`${service}.env`, newKeys))] as const
  );
  const root = make("minio.env", newRoot);
  make("grafana_password", () => random(18));
  await makeToken(folder, made);
  // Follow from the others: always rewritten.
  replace(folder, "nats.env", `${publicKeys.join("\n")}\n`);
  const lines = users.map(([service, { access, secret }]) => `${service} ${access} ${secret}\n`).join("");
  replace(folder, "minio_users", lines);
  replace(folder, "kubernetes.yaml", kubernetesSecrets({ folder, services, publicKeys, users: lines, root }));
  return made;
}

/** URL-safe characters of `bytes` random bytes. */
const random = (bytes: number): string => randomBytes(bytes).toString("base64url");

/** Nobody can guess the name of a key: where a server has a hole, that may be all it takes. */
const newName = (): string => `cugro-${randomBytes(9).toString("hex")}`;
const newRoot = (): string => `MINIO_ROOT_USER=${newName()}\nMINIO_ROOT_PASSWORD=${random(32)}\n`;

function newKeys(): string {
  const access = newName();
  return `CUGRO_S3_ACCESS_KEY=${access}\nCUGRO_S3_SECRET_KEY=${random(30)}\n`;
}

function readKeys(text: string): { access: string; secret: string } {
  const { CUGRO_S3_ACCESS_KEY: access, CUGRO_S3_SECRET_KEY: secret } = variables(text);
  return { access: access!, secret: secret! };
}

function variables(text: string): Record<string, string> {
  return Object.fromEntries(
    text.trim().split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

/**
 * The administrator's token for the gateway, which knows only its hash. The file has a folder to itself, which is mounted as it is:
 * whatever replaces the file shows in containers that run.
 */
async function makeToken(folder: string, made: string[]): Promise<void> {
  const path = join(folder, TOKENS_FILE);
  mkdirSync(dirname(path), { recursive: true });
  // Another user's, once it is mounted; the folder above keeps others out.
  chmodSync(dirname(path), 0o755);
  // Where versions up to 0.8 had it.
  const earlier = join(folder, basename(path));
  if (existsSync(earlier) && !existsSync(path)) renameSync(earlier, path);
  if (existsSync(path)) return;
  const { secret, entry } = issueToken({ name: "admin", scopes: ["admin"], learners: ["*"] });
  await addToken(path, entry);
  chmodSync(path, 0o444);
  writeFileSync(join(folder, "admin_token"), `${secret}\n`, { mode: 0o400 });
  made.push(TOKENS_FILE, "admin_token");
}

function replace(folder: string, name: string, text: string): void {
  const path = join(folder, name);
  if (existsSync(path)) chmodSync(path, 0o600);
  writeFileSync(path, text);
  chmodSync(path, 0o444);
}

/** One Secret a service, so that each pod sees its own only; and the public keys for NATS. */
function kubernetesSecrets(
  { folder, services, publicKeys, users, root }: {
    folder: string;
    services: Services;
    publicKeys: string[];
    users: string;
    root: string;
  },
): string {
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  const ofService = ([service, { tokens }]: [string, Service]) => {
    const { access, secret: key } = readKeys(read(`${service}.env`));
    return secretResource(`cugro-${service}`, {
      nats_seed: read(`${service}.seed`),
      access_key: access,
      secret_key: key,
      ...(tokens ? { "tokens.json": read(TOKENS_FILE) } : {}),
    });
  };
  const { MINIO_ROOT_USER, MINIO_ROOT_PASSWORD } = variables(root);
  const minio = secretResource("cugro-minio", {
    nats_seed: read("minio.seed"),
    root_user: MINIO_ROOT_USER!,
    root_password: MINIO_ROOT_PASSWORD!,
    minio_users: users,
  });
  const config = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "nats-users", namespace: "cugro" },
    data: variables(publicKeys.join("\n")),
  };
  const resources = [...Object.entries(services).map(ofService), minio, config];
  return resources.map((resource) => stringify(resource)).join("---\n");
}

const secretResource = (name: string, stringData: Record<string, string>) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: "cugro" },
  stringData,
});

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? SECRETS_FOLDER);
  const made = await makeSecrets(folder);
  console.log(
    made.length === 0 ? `Nothing was missing in ${folder}` : `Made in ${folder}: ${made.join(", ")}`,
  );
  console.log(
    `The gateway's administrator token is in ${join(folder, "admin_token")}; keep it and remove the file.`,
  );
}
