/**
 * The S3 servers that this machine has, for tests that each of them must pass.
 * @module
 */
import { startVersity } from "../../scripts/cluster/object_store/versity.ts";
import { MINIO_ROOT, startMinio } from "../../scripts/cluster/object_store/minio.ts";
import type { RunningServer } from "../../scripts/cluster/servers.ts";

/** A server under test. */
export interface S3Server {
  name: string;
  start(options: { folder: string; port?: number }): Promise<RunningServer>;
}

/** All of them; the same administrator in each. */
export const S3_SERVERS: readonly S3Server[] = [
  { name: "MinIO", start: startMinio },
  { name: "Versity", start: startVersity },
];

/** The administrator's keys in all of them. */
export const S3_ROOT = { accessKey: MINIO_ROOT.user, secretKey: MINIO_ROOT.password } as const;
