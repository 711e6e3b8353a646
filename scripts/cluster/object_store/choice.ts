/**
 * What a cluster's folder keeps of its object store: which server has its data, and the administrator's keys.
 * @module
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Servers that a local cluster can keep its objects with. */
export const S3_SERVERS = ["versity", "minio"] as const;
/** The name of a server that a local cluster can keep its objects with. */
export type S3ServerName = typeof S3_SERVERS[number];

/** Keys with every right. */
export interface RootKeys {
  accessKey: string;
  secretKey: string;
}

/** Files by which a folder that the server has written is recognised. */
const SIGNS: Readonly<Record<S3ServerName, string>> = {
  versity: join("versity", "buckets"),
  minio: join("minio", ".minio.sys"),
};
const KEYS_FILE = "s3-keys.json";

/**
 * The server for a folder: the one that has its objects, else the one that is asked for, else Versity's.
 *
 * @param say told when it is another than a new folder would get
 * @throws {RangeError} if another one has its objects than is asked for
 */
export function chooseServer(
  folder: string,
  asked: S3ServerName | undefined,
  report: (sentence: string) => void = () => {},
): S3ServerName {
  const has = S3_SERVERS.find((name) => existsSync(join(folder, SIGNS[name])));
  if (has !== undefined && asked !== undefined && has !== asked) {
    throw new RangeError(
      `The folder ${folder} keeps its objects with ${has}, which ${asked} cannot read: leave --s3 out, or choose another ` +
        `folder (cugro push and pull copy learners from one to the other)`,
    );
  }
  if (has === "minio" && asked === undefined) {
    report(
      `the folder keeps its objects with MinIO: it is opened with MinIO, behind a filter (new folders get Versity's gateway)`,
    );
  }
  return has ?? asked ?? "versity";
}

/**
 * The administrator's keys of a folder, made at its first start. Their names are random, too: with MinIO the name alone
 * would be enough for anybody who finds a way around the filter.
 */
export function rootKeysOf(folder: string): RootKeys {
  const path = join(folder, KEYS_FILE);
  if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as RootKeys;
  const keys = {
    accessKey: `cugro-${randomBytes(9).toString("hex")}`,
    secretKey: randomBytes(30).toString("base64url"),
  };
  writeFileSync(path, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  return keys;
}
