/**
 * What a cluster keeps beside its data: who owns the folder, the administrator's token, where Prometheus finds it.
 * @module
 */
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { addToken, issueToken } from "@cugro/gateway/tokens";
import { type LockHolder, tryLock } from "@cugro/store/lock";
import { readPorts } from "./ports.ts";

/** Another cluster has the folder. The message says which, and what to do. */
export class FolderHeld extends Error {
  override name = "FolderHeld";
}

/**
 * Takes a folder for one cluster; it is made if need be.
 *
 * @returns what gives it back
 * @throws {FolderHeld}
 */
export async function ownFolder(folder: string): Promise<() => Promise<void>> {
  const isNew = await mkdir(folder, { recursive: true }) !== undefined;
  const lock = await tryLock(join(folder, "lock"));
  if (!("release" in lock)) throw new FolderHeld(describeOwner(folder, lock));
  return async () => {
    await lock.release();
    // A folder that was not used is removed again.
    if (isNew) await rmdir(folder).catch(() => {});
  };
}

function describeOwner(folder: string, { pid, host, since }: LockHolder): string {
  const { gateway } = readPorts(folder);
  const place = gateway === undefined ? "" : `, gateway at http://127.0.0.1:${gateway}`;
  const [where, advice] = host === hostname()
    ? ["", `stop that cluster (kill ${pid})`]
    : [` on ${host}`, `stop that cluster, or delete ${join(folder, "lock")} if that machine is gone`];
  return `The folder ${folder} is held by pid ${pid}${where} (started ${since}${place}): ${advice}, ` +
    "or choose another folder";
}

/** File of the gateway's tokens. */
export const tokensFile = (folder: string): string => join(folder, "tokens.json");

/** The token of an earlier start, or a new one. It lies in the folder in clear: this is a cluster of one's own. */
export async function adminTokenOf(folder: string): Promise<string> {
  const path = join(folder, "admin-token");
  const known = await readFile(path, "utf8").catch(() => undefined);
  if (known !== undefined) return known.trim();
  const scopes = ["read", "submit", "admin"] as const;
  const { secret, entry } = issueToken({ name: "admin", scopes: [...scopes], learners: ["*"] });
  await addToken(tokensFile(folder), entry);
  await writeFile(path, `${secret}\n`, { mode: 0o600 });
  return secret;
}

/**
 * Writes the processes' `/metrics` as targets for Prometheus' `file_sd_configs`. Their service is a label of the metrics
 * themselves.
 *
 * @returns the file
 */
export async function writeTargets(
  folder: string,
  processes: readonly { name: string; url: string }[],
): Promise<string> {
  const path = join(folder, "prometheus-targets.json");
  const groups = processes.map(({ name, url }) => ({
    targets: [new URL(url).host],
    labels: { process: name },
  }));
  await writeFile(path, `${JSON.stringify(groups, null, 2)}\n`);
  return path;
}
