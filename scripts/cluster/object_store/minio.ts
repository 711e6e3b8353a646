/**
 * MinIO's community build: as a program, and behind the filter that it needs.
 * @module
 */
import { mkdir } from "node:fs/promises";
import { answers, type Program } from "../program.ts";
import { findProgram, freePort, GRACE_MS, READY_MS, type RunningServer, startServer } from "../servers.ts";
import { startFilter } from "./filter.ts";

const ASK_MS = 2_000;

/** How MinIO is started. */
export interface MinioOptions {
  folder: string;
  /** @default a free one */
  port?: number;
  /** @default "cugro-root" */
  rootUser?: string;
  /** @default "cugro-root-secret" */
  rootPassword?: string;
  /** More environment, e.g. `MINIO_NOTIFY_NATS_...`. */
  environment?: Record<string, string>;
  /** Whether Ctrl-C in the terminal does not reach it, so that the process that started it can stop it last. @default false */
  detached?: boolean;
}

/** Name and password of MinIO's administrator unless options say otherwise. */
export const MINIO_ROOT = { user: "cugro-root", password: "cugro-root-secret" } as const;

/**
 * MinIO on one folder, as a program, with nothing in front of it: anyone who can reach it can write without a secret, and needs only
 * an access key's name. The folder is made.
 */
export async function minioProgram(options: MinioOptions): Promise<Program> {
  const { folder, port = await freePort(), environment = {} } = options;
  const { rootUser = MINIO_ROOT.user, rootPassword = MINIO_ROOT.password } = options;
  const command = await findProgram("minio");
  await mkdir(folder, { recursive: true });
  const [address, console] = [`127.0.0.1:${port}`, `127.0.0.1:${await freePort()}`];
  const credentials = { MINIO_ROOT_USER: rootUser, MINIO_ROOT_PASSWORD: rootPassword };
  const url = `http://${address}`;
  return {
    name: "minio",
    command,
    args: ["server", folder, "--address", address, "--console-address", console, "--quiet"],
    environment: { MINIO_BROWSER: "off", MINIO_UPDATE: "off", ...credentials, ...environment },
    url,
    isReady: () => answers(`${url}/minio/health/ready`, ASK_MS),
    isAlive: (_, timeoutMs) => answers(`${url}/minio/health/live`, timeoutMs),
    graceMs: GRACE_MS,
    readyMs: READY_MS,
  };
}

/** Starts MinIO behind the filter, which has the port, and waits until it answers. */
export async function startMinio({ port, ...options }: MinioOptions): Promise<RunningServer> {
  const minio = await startUnprotectedMinio(options);
  try {
    const filter = await startFilter(minio.url, port);
    const stop = async () => {
      // First what stands before it: a server that is asked to stop waits for open connections.
      await filter.close();
      await minio.stop();
    };
    return { ...minio, url: filter.url, stop };
  } catch (error) {
    await minio.stop();
    throw error;
  }
}

/** Starts MinIO with nothing before it. */
export async function startUnprotectedMinio(options: MinioOptions): Promise<RunningServer> {
  return await startServer(await minioProgram(options), options);
}
