/**
 * Services as child processes: started as their task in deno.json says, with their output line by line, and started
 * again when they die.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FIRST_RESTART_MS = 250;
const LONGEST_RESTART_MS = 10_000;
/** A process that lived this long was not ill from the start. */
const HEALTHY_MS = 10_000;
const GRACE_MS = 30_000;
const LAST_LINES = 30;

/** The seven services, as their folders are called; workers before those who give them work. */
export const SERVICES = [
  "dataset-import",
  "state-generation",
  "behavior-generation",
  "critic-training",
  "policy-evaluation",
  "coordinator",
  "gateway",
] as const;
/** See {@link SERVICES}. */
export type ServiceName = typeof SERVICES[number];

/** A service's process, the one after the other. */
export interface ClusterProcess {
  service: ServiceName;
  /** 0-based, among those of its service. */
  index: number;
  /** Process id now; undefined while it is being started again. */
  readonly pid: number | undefined;
  /** Of healthz, readyz and metrics; the API's in the gateway. */
  url: string;
  /** How often it was started again. */
  readonly restarts: number;
  /** The last lines it wrote. */
  output(): string;
  /** Sends a signal to the process of now (SIGKILL, SIGSTOP, ...). */
  kill(signal: NodeJS.Signals): void;
  /** Ends it for good: SIGTERM, after 30 s SIGKILL. The exit status, or null if it was killed. */
  stop(): Promise<number | null>;
  /** Starts it again after {@link stop}. */
  start(): void;
}

/** How a service's process is started. */
export interface ProcessOptions {
  service: ServiceName;
  index: number;
  port: number;
  /** Added to this process's environment. */
  environment: Record<string, string>;
  onLine: (service: ServiceName, index: number, line: string) => void;
}

/**
 * Arguments of Deno that a service's task runs it with; the set-up that tasks begin with is left out. The tasks'
 * permissions are those of a cluster with a bucket: a folder's locks look at processes, which takes all of them.
 */
export function serviceArguments(service: ServiceName, store = "s3://"): string[] {
  const { tasks } = JSON.parse(readFileSync(`${ROOT}/deno.json`, "utf8"));
  const command = String(tasks[`start:${service}`].command).split("&&").at(-1)!.trim();
  const args = command.split(/\s+/).slice(1);
  if (store.startsWith("s3://")) return args;
  return ["run", "-A", ...args.filter((arg) => arg !== "run" && !arg.startsWith("--allow-") && arg !== "-A")];
}

/** Starts a service and keeps it running until stopped. */
export function startService(options: ProcessOptions): ClusterProcess {
  const { service, index, port } = options;
  const args = serviceArguments(service, options.environment.CUGRO_STORE);
  let child: ChildProcess | undefined;
  let ended: Promise<number | null> = Promise.resolve(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopping = false;
  let restarts = 0;
  let deaths = 0;
  const lines: string[] = [];
  const keep = (line: string) => {
    lines.push(line);
    if (lines.length > LAST_LINES) lines.shift();
    options.onLine(service, index, line);
  };
  const start = () => {
    stopping = false;
    const began = performance.now();
    const born = spawnService(args, {
      OTEL_SERVICE_NAME: service,
      ...options.environment,
      CUGRO_HTTP_PORT: String(port),
    }, keep);
    child = born;
    ended = new Promise((resolve) => {
      born.on("error", (error) => keep(`cannot be started: ${error.message}`));
      born.on("close", (code, signal) => {
        child = undefined;
        resolve(code);
        if (stopping) return;
        if (performance.now() - began > HEALTHY_MS) deaths = 0;
        const delayMs = Math.min(LONGEST_RESTART_MS, FIRST_RESTART_MS * 2 ** deaths++);
        keep(`ended with ${signal ?? `status ${code}`}; started again in ${delayMs} ms`);
        timer = setTimeout(() => (restarts++, start()), delayMs);
      });
    });
  };
  start();
  return {
    service,
    index,
    url: `http://127.0.0.1:${port}`,
    get pid() {
      return child?.pid;
    },
    get restarts() {
      return restarts;
    },
    output: () => lines.join("\n"),
    kill: (signal) => signalProcess(child?.pid, signal),
    start,
    async stop() {
      stopping = true;
      clearTimeout(timer);
      const { pid } = child ?? {};
      signalProcess(pid, "SIGCONT");
      signalProcess(pid, "SIGTERM");
      const killer = setTimeout(() => signalProcess(pid, "SIGKILL"), GRACE_MS);
      const code = await ended;
      clearTimeout(killer);
      return code;
    },
  };
}

/** In a process group of its own: Ctrl-C in the terminal reaches the command alone, which stops all in order. */
function spawnService(
  args: string[],
  environment: Record<string, string>,
  onLine: (line: string) => void,
): ChildProcess {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  for (const stream of [child.stdout, child.stderr]) {
    const decoder = new TextDecoder();
    let rest = "";
    stream.on("data", (chunk: Uint8Array) => {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) if (line.trim() !== "") onLine(line);
    });
  }
  return child;
}

/** `ChildProcess.kill` of Deno reports the exit before it happened; a signal by process id does not. */
function signalProcess(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
