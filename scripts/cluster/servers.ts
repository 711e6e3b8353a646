/**
 * NATS and MinIO on this machine: found, installed or refused with a sentence, started on a free loopback port, stopped.
 * For the local cluster and for tests.
 * @module
 */
import { sleep, waitAtMost } from "@cugro/async";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import process from "node:process";
import { buildGoProgram, findGoProgram, type GoProgram } from "../setup/go_programs.ts";

/** A server that has not stopped this long after SIGTERM is killed. */
const GRACE_MS = 5_000;
/** A server program. */
export type ServerProgram = Extract<GoProgram, "nats-server" | "minio">;

/** A server that runs. */
export interface RunningServer {
  /** `nats://127.0.0.1:4222` or `http://127.0.0.1:9000`. */
  url: string;
  pid: number;
  /** What it has written so far, for error messages. */
  output(): string;
  /** Sends a signal to the process (SIGKILL, SIGSTOP, SIGCONT, ...). */
  signal(name: NodeJS.Signals): void;
  /** Ends it (SIGTERM, after 5 s SIGKILL) and waits until it is gone. */
  stop(): Promise<void>;
}

/**
 * Path of a server program: found, else built (once, minutes).
 *
 * @throws {Error} saying what to install where there is neither the program nor Go.
 */
export async function findProgram(
  program: ServerProgram,
  say: (line: string) => void = () => {},
): Promise<string> {
  return findGoProgram(program) ?? await buildGoProgram(program, say);
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** How nats-server is started. */
export interface NatsOptions {
  /** JetStream's folder. */
  folder: string;
  /** @default a free one */
  port?: number;
  /** A configuration file with users and permissions; port and store folder given here win. */
  configFile?: string;
  /** Port of the monitoring endpoint. @default none */
  monitorPort?: number;
  /** Whether Ctrl-C in the terminal does not reach it, so that the process that started it can stop it last. @default false */
  detached?: boolean;
}

/** Starts nats-server with JetStream and waits until it answers. */
export async function startNats(options: NatsOptions): Promise<RunningServer> {
  const { folder, port = await freePort(), configFile, monitorPort, detached } = options;
  const program = await findProgram("nats-server");
  await mkdir(folder, { recursive: true });
  const args = ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", folder];
  if (configFile !== undefined) args.push("-c", configFile);
  if (monitorPort !== undefined) args.push("-m", String(monitorPort));
  const server = run(program, args, {}, `nats://127.0.0.1:${port}`, detached);
  await untilReady(server, "nats-server", () => server.output().includes("Server is ready"));
  return server;
}

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
  /** See {@link NatsOptions}. */
  detached?: boolean;
}

/** Name and password of MinIO's administrator unless options say otherwise. */
export const MINIO_ROOT = { user: "cugro-root", password: "cugro-root-secret" } as const;

/** Starts MinIO on one folder and waits until it answers. */
export async function startMinio(options: MinioOptions): Promise<RunningServer> {
  const { folder, port = await freePort(), environment = {} } = options;
  const { rootUser = MINIO_ROOT.user, rootPassword = MINIO_ROOT.password } = options;
  const program = await findProgram("minio");
  await mkdir(folder, { recursive: true });
  const console = await freePort();
  const args = [
    "server",
    folder,
    "--address",
    `127.0.0.1:${port}`,
    "--console-address",
    `127.0.0.1:${console}`,
  ];
  const credentials = { MINIO_ROOT_USER: rootUser, MINIO_ROOT_PASSWORD: rootPassword };
  const quiet = { MINIO_BROWSER: "off", MINIO_UPDATE: "off", ...credentials, ...environment };
  const server = run(program, [...args, "--quiet"], quiet, `http://127.0.0.1:${port}`, options.detached);
  await untilReady(server, "minio", async () => {
    const answer = await fetch(`${server.url}/minio/health/ready`).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.ok === true;
  });
  return server;
}

function run(
  program: string,
  args: string[],
  environment: Record<string, string>,
  url: string,
  detached = false,
): RunningServer {
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    detached,
    env: { ...process.env, ...environment },
  });
  let output = "";
  const keep = (piece: unknown) => output = (output + piece).slice(-20_000);
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  child.on("error", keep);
  return {
    url,
    pid: child.pid ?? 0,
    output: () => output,
    signal: (name) => signalTo(child, name),
    stop: () => stop(child),
  };
}

/** By pid: `ChildProcess.kill` of Deno 2.9 marks the child as dead, and its end is then never reported. */
function signalTo(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(child.pid, name);
  } catch {
    // It is gone; its end is about to be reported.
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("close", resolve));
  signalTo(child, "SIGCONT");
  signalTo(child, "SIGTERM");
  if (await waitAtMost(GRACE_MS, gone)) return;
  signalTo(child, "SIGKILL");
  await gone;
}

async function untilReady(server: RunningServer, name: string, ready: () => boolean | Promise<boolean>) {
  const deadline = performance.now() + 30_000;
  while (!await ready()) {
    if (performance.now() > deadline) {
      await server.stop();
      throw new Error(
        `${name} at ${server.url} did not become ready within 30 s: ${server.output().slice(-500)}`,
      );
    }
    await sleep(25);
  }
}
