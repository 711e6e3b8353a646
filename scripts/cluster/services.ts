/**
 * Services as child processes: with the permissions of the table of services, with their output line by line, and
 * started again when they die.
 * @module
 */
import { backoffMs, waitAtMost } from "@cugro/async";
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Service, type ServiceName, SERVICES, type Services } from "../../services/services.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FIRST_RESTART_MS = 250;
const LONGEST_RESTART_MS = 10_000;
/** A process that lived this long was not ill from the start. */
const HEALTHY_MS = 10_000;
/** Longer than a gateway drains (`CUGRO_DRAIN_SECONDS`). */
const GRACE_MS = 60_000;
const LAST_LINES = 30;

/** The order in which services are started: workers before those that give them work. */
export function startOrder<Name extends string = ServiceName>(
  services: Readonly<Record<Name, Service>> = SERVICES as Services,
): Name[] {
  const names = Object.keys(services) as Name[];
  const workers = names.filter((name) => services[name].kinds.length > 0);
  return [...workers, ...names.filter((name) => services[name].kinds.length === 0).reverse()];
}

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
  /** Ends it for good: SIGTERM, after a minute SIGKILL. The exit status, or null if it was killed. */
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
  /** With all permissions of Deno instead of its own. @default false */
  unconfined?: boolean;
  onLine: (service: ServiceName, index: number, line: string) => void;
}

/** Arguments of Deno that a service is run with. `unconfined`: with all permissions instead of its own. */
export function serviceArguments(
  service: string,
  { unconfined = false, services = SERVICES as Services } = {},
): string[] {
  const { permissions } = services[service]!;
  return ["run", ...(unconfined ? ["-A"] : permissions), `services/${service}/main.ts`];
}

/** Starts a service and keeps it running until stopped. */
export function startService(options: ProcessOptions): ClusterProcess {
  const one = new SupervisedProcess(options);
  one.start();
  return one;
}

class SupervisedProcess implements ClusterProcess {
  readonly service: ServiceName;
  readonly index: number;
  readonly url: string;
  restarts = 0;
  #child: ChildProcess | undefined;
  #ended: Promise<number | null> = Promise.resolve(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopping = false;
  #deaths = 0;
  #lines: string[] = [];

  constructor(private readonly options: ProcessOptions) {
    this.service = options.service;
    this.index = options.index;
    this.url = `http://127.0.0.1:${options.port}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  output(): string {
    return this.#lines.join("\n");
  }

  kill(signal: NodeJS.Signals): void {
    signalProcess(this.pid, signal);
  }

  start(): void {
    const { service, port, environment, unconfined } = this.options;
    this.#stopping = false;
    const began = performance.now();
    const args = serviceArguments(service, unconfined === undefined ? {} : { unconfined });
    const own = { OTEL_SERVICE_NAME: service, ...environment, CUGRO_HTTP_PORT: String(port) };
    const child = spawnService(args, own, (line) => this.#say(line));
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.on("error", (error) => this.#say(`cannot be started: ${error.message}`));
      child.on("close", (code, signal) => {
        this.#child = undefined;
        resolve(code);
        if (!this.#stopping) this.#restart(performance.now() - began, signal ?? `status ${code}`);
      });
    });
  }

  async stop(): Promise<number | null> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const { pid } = this;
    signalProcess(pid, "SIGCONT");
    signalProcess(pid, "SIGTERM");
    if (!await waitAtMost(GRACE_MS, this.#ended)) signalProcess(pid, "SIGKILL");
    return await this.#ended;
  }

  #restart(livedMs: number, end: string): void {
    if (livedMs > HEALTHY_MS) this.#deaths = 0;
    const delayMs = backoffMs(++this.#deaths, { firstMs: FIRST_RESTART_MS, longestMs: LONGEST_RESTART_MS });
    this.#say(`ended with ${end}; started again in ${delayMs} ms`);
    this.#timer = setTimeout(() => {
      this.restarts++;
      this.start();
    }, delayMs);
  }

  #say(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > LAST_LINES) this.#lines.shift();
    this.options.onLine(this.service, this.index, line);
  }
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
