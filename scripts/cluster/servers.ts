/**
 * Servers on this machine: found, built or refused with a sentence, started on loopback, stopped. For the local cluster,
 * which keeps them running (`supervised.ts`), and for tests, which start them alone. NATS is here, those that hold the
 * objects are in `object_store/`.
 * @module
 */
import { mkdir } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { buildGoProgram, type BuildOptions, findGoProgram, type GoProgram } from "../setup/go_programs.ts";
import { becomesReady, describeEnd, type Program, runProgram, stopRun } from "./program.ts";

/** A server that has not stopped this long after SIGTERM is killed. */
export const GRACE_MS = 5_000;
/** A server that is not ready by then is ill. */
export const READY_MS = 30_000;
/** A server program. */
export type ServerProgram = Extract<GoProgram, "nats-server" | "minio" | "versitygw">;

/** A server that runs. */
export interface RunningServer {
  /** `nats://127.0.0.1:4222` or `http://127.0.0.1:9000`. */
  url: string;
  pid: number;
  /** Its output so far, for error messages. */
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
  options: BuildOptions = { report: () => {} },
): Promise<string> {
  return findGoProgram(program) ?? await buildGoProgram(program, options);
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

/** nats-server with JetStream, as a program. Its folder is made. */
export async function natsProgram(options: NatsOptions): Promise<Program> {
  const { folder, port = await freePort(), configFile, monitorPort } = options;
  const command = await findProgram("nats-server");
  await mkdir(folder, { recursive: true });
  const args = ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", folder];
  if (configFile !== undefined) args.push("-c", configFile);
  if (monitorPort !== undefined) args.push("-m", String(monitorPort));
  return {
    name: "nats-server",
    command,
    args,
    environment: {},
    url: `nats://127.0.0.1:${port}`,
    // It says so itself: another server at this port is not mistaken for it.
    isReady: (run) => run.output().includes("Server is ready"),
    isAlive: (_, timeoutMs) => greets(port, timeoutMs),
    graceMs: GRACE_MS,
    readyMs: READY_MS,
  };
}

/** Whether a NATS server greets who connects. One that hangs still has its connections accepted, by the system. */
function greets(port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    const end = (verdict: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(verdict);
    };
    const timer = setTimeout(() => end(false), timeoutMs);
    socket.on("data", (text) => end(String(text).startsWith("INFO ")));
    for (const event of ["error", "close"]) socket.on(event, () => end(false));
  });
}

/** Starts nats-server with JetStream and waits until it answers. */
export async function startNats(options: NatsOptions): Promise<RunningServer> {
  return await startServer(await natsProgram(options), options);
}

/**
 * Starts one process of a server and waits until it is ready. Nobody starts it again.
 *
 * @throws {Error} with its last words if it ends or is not ready in time; it is stopped then
 */
export async function startServer(
  program: Program,
  { detached = false }: { detached?: boolean } = {},
): Promise<RunningServer> {
  const run = runProgram(program, { detached });
  if (!await becomesReady(program, run)) {
    const what = run.end === undefined
      ? `did not become ready within ${READY_MS / 1000} s`
      : `ended with ${describeEnd(run.end)} before it was ready`;
    await stopRun(run, program.graceMs);
    throw new Error(`${program.name} at ${program.url} ${what}: ${run.output().slice(-500)}`);
  }
  const { url, pid, output, signal } = run;
  return { url, pid, output, signal, stop: async () => void await stopRun(run, program.graceMs) };
}
