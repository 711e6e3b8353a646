/**
 * A service as a process, from its environment to its exit. One whose event loop stands still ends itself. SIGTERM drains:
 * work in progress is given back or finished, connections are closed, the status is 0. An uncaught exception is logged: 1.
 * Without `CUGRO_NATS` it is a child of a command, on a pipe: Ctrl-C reaches the group, and the parent decides by SIGTERM.
 * @module
 */
import process from "node:process";
import { type Bus, type NatsBus, openPipeBus } from "@cugro/bus";
import { type Config, ConfigError, readConfig } from "./config.ts";
import type { HttpServer, Mounted } from "./http/http_server.ts";
import { type Readiness, startHttpBase } from "./http/base_app.ts";
import { createLog, type Log, logWriter, type Metrics } from "@cugro/telemetry";
import { createMetrics } from "@cugro/telemetry/metrics";
import { watchForHang } from "./hang_watch.ts";
import { openConfiguredBus, openConfiguredStore, openPatiently, probeStore } from "./open_seams.ts";
import type { Store } from "@cugro/store";

/** Dependencies of a service's work. */
export interface Seams {
  config: Config;
  log: Log;
  bus: Bus;
  store: Store;
  metrics: Metrics;
  /** Aborted by SIGTERM (and Ctrl-C, where no parent decides): give back or finish, then return. */
  signal: AbortSignal;
  /** Says how something the service itself needs is doing; part of `/readyz`. */
  setReady(name: string, state: string | true): void;
  /** Serves an application beside healthz, readyz and metrics. */
  mount(app: Mounted): void;
  /** Closes the HTTP server, as {@link HttpServer} says. Happens in the end in any case. */
  stopListening(graceMs: number): Promise<void>;
}

/** A service. */
export interface ServiceOptions {
  /** As its folder is called. */
  name: string;
  /** Port of HTTP where `CUGRO_HTTP_PORT` does not name one. @default none */
  httpPort?: number;
  /** The bus without `CUGRO_NATS`. @default the pipe to the parent command */
  openBus?: (log: Log) => Bus;
  /** Dependencies besides bus and store that readiness waits for. @default nothing */
  needs?: readonly string[];
  /** Variables that it cannot do without, and what each must be. @default none but those of every service */
  required?: Readonly<Record<string, string>>;
  /** Whether it has answers without bus and store once it had them: `/readyz` keeps its 200 then. @default false */
  outlives?: boolean;
}

/**
 * Runs a service until its work returns, then ends the process with status 0; 1 if it cannot start or breaks.
 * @param work from when bus and store are open until `signal` of its seams is aborted
 */
export async function runService(
  options: ServiceOptions,
  work: (seams: Seams) => Promise<void>,
): Promise<never> {
  // First: the pipe redirects what is printed, and notices the parent's end.
  const pipe = (process.env.CUGRO_NATS ?? "") !== "" || options.openBus ? undefined : openPipe();
  const common = { fields: { service: options.name, worker: process.pid }, write: logWriter() };
  let log = createLog(common);
  const trap = trapFaults(() => log);
  try {
    const config = readConfig(undefined, options.required);
    log = createLog({ level: config.logLevel, ...common });
    watchForHang(config.hangMs, common.fields, log);
    const state = createState(options, config, log, onSignals(pipe !== undefined));
    const server = await startServer(options, state);
    const opened = await openSeams(options, state, pipe, trap);
    let stopped: Promise<void> | undefined;
    const stopListening = (graceMs?: number) => stopped ??= server?.close(graceMs) ?? Promise.resolve();
    if (opened) await work({ ...state, ...opened, stopListening });
    state.setReady("process", "is stopping");
    await stopListening();
    for (const seam of [opened?.bus, opened?.store]) await seam?.close();
  } catch (error) {
    const shown = error instanceof ConfigError ? error.message : error;
    if (shown !== error && process.stderr.isTTY) console.error(shown);
    else log.error("the service cannot go on", { error: shown });
    process.exit(1);
  }
  return process.exit(0);
}

function openPipe(): Bus {
  if (process.stdin.isTTY) {
    console.error(
      "CUGRO_NATS is not set, and this process is nobody's child: set CUGRO_NATS to nats://host:port, " +
        "or use `deno task cluster`, or `deno task cugro run`",
    );
    process.exit(1);
  }
  return openPipeBus();
}

function onSignals(parentDecides: boolean): AbortSignal {
  const stop = new AbortController();
  process.on("SIGTERM", () => stop.abort());
  process.on("SIGINT", () => {
    if (parentDecides) return;
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  });
  return stop.signal;
}

type State = Omit<Seams, "bus" | "store" | "stopListening"> & {
  readiness: Map<string, () => Promise<string | true>>;
  /** Dependencies that were available once, and are checked from then on. */
  outlived: Set<string>;
  mounted: Mounted;
};

function createState(
  { name, needs = [] }: ServiceOptions,
  config: Config,
  log: Log,
  signal: AbortSignal,
): State {
  const readiness: State["readiness"] = new Map();
  const setReady = (what: string, state: string | true) =>
    void readiness.set(what, () => Promise.resolve(state));
  for (const what of ["bus", "store", ...needs]) setReady(what, "is being opened");
  const starting = { type: "about:blank", title: "Starting", status: 503, detail: "see /readyz" };
  const state: State = {
    config,
    log,
    signal,
    metrics: createMetrics(name),
    readiness,
    outlived: new Set(),
    setReady,
    mounted: { fetch: () => Response.json(starting, { status: 503 }) },
    mount: (app) => void (state.mounted = app),
  };
  return state;
}

async function startServer(
  { httpPort, outlives }: ServiceOptions,
  state: State,
): Promise<HttpServer | undefined> {
  const { instance, http: { host, port = httpPort, connections: most } } = state.config;
  if (port === undefined) return undefined;
  const ready = async (): Promise<Readiness> =>
    Object.fromEntries(
      await Promise.all([...state.readiness].map(async ([name, ask]) => [name, await ask()] as const)),
    );
  const extra = {
    fetch: (request: Request) => state.mounted.fetch(request),
    direct: () => state.mounted.direct,
    upgrade: () => state.mounted.upgrade,
  };
  const server = await startHttpBase({
    ...{ host, port, ready, metrics: state.metrics, extra },
    connections: { most },
    ...(instance === undefined ? {} : { instance }),
    ...(outlives ? { outlived: state.outlived } : {}),
  });
  state.log.info("listening", { host, port: server.port });
  return server;
}

/** In a cluster waits for both; elsewhere what is not there is an error. */
async function openSeams(
  { name, openBus }: ServiceOptions,
  { config, log, signal, readiness, outlived, setReady }: State,
  pipe: Bus | undefined,
  trap: FaultTrap,
): Promise<{ bus: Bus; store: Store } | undefined> {
  const { nats } = config;
  if (!nats) {
    const store = await openConfiguredStore(config, log);
    const bus = pipe ?? openBus?.(log);
    if (!bus) throw new ConfigError("CUGRO_NATS must be set: nats://host:port");
    setReady("bus", true);
    readiness.set("store", probeStore(store));
    outlived.add("store");
    return { bus, store };
  }
  const patience = (what: string) => ({
    name: what,
    log,
    signal,
    onWaiting: (reason: string) => setReady(what, reason),
  });
  const [bus, store] = await Promise.all([
    openPatiently(() => trap.during(openConfiguredBus(config, name, log)), patience("bus")),
    openPatiently(() => openConfiguredStore(config, log), patience("store")),
  ]);
  if (!bus || !store) {
    for (const seam of [bus, store]) await seam?.close();
    return undefined;
  }
  watchBus(bus, log, signal);
  readiness.set(
    "bus",
    () => Promise.resolve(bus.connected() || "the connection to NATS is lost; reconnecting"),
  );
  readiness.set("store", probeStore(store));
  for (const what of ["bus", "store"]) outlived.add(what);
  log.info("connected", { nats: nats.servers.join(","), store: config.store });
  return { bus, store };
}

/** The bus reconnects without end; if it closes nevertheless, so does the process, to be restarted. */
function watchBus(bus: NatsBus, log: Log, signal: AbortSignal): void {
  void bus.closed.then((error) => {
    if (signal.aborted) return;
    log.error("the connection to NATS is closed for good", { error });
    process.exit(1);
  });
}

interface FaultTrap {
  /** While this is under way, an uncaught fault of a connection is its failure, and not the process's end. */
  during<T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T>;
}

/**
 * Uncaught errors end the process, with one exception: NATS under Deno answers a wrong key with an uncaught ECONNRESET,
 * and a wrong key must not make a process that is started again and again.
 */
function trapFaults(log: () => Log): FaultTrap {
  const openings = new Set<(error: unknown) => void>();
  const onFault = (event: string) => (error: unknown) => {
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    if (openings.size > 0 && code !== undefined && /^(ECONN|EPIPE|ETIMEDOUT)/.test(code)) {
      for (const reject of openings) reject(error);
      return;
    }
    log().error(event, { error });
    process.exit(1);
  };
  process.on("uncaughtException", onFault("uncaught exception"));
  process.on("unhandledRejection", onFault("unhandled rejection"));
  return {
    during: (opening) =>
      new Promise((resolve, reject) => {
        const fail = (error: unknown) => {
          openings.delete(fail);
          opening.then((late) => late.close(), () => {});
          reject(error);
        };
        openings.add(fail);
        opening.then(resolve, reject).finally(() => openings.delete(fail));
      }),
  };
}
