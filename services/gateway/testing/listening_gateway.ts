/**
 * A gateway for tests that listens: real store, bus, HTTP; policies, events and webhooks included. And a receiver.
 * @module
 */
import { sleep } from "@cugro/async";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCache, createLearner, createReader, putOnce } from "@cugro/learners";
import { type Bus, createEmbeddedBus } from "@cugro/bus";
import { createLog, type Metrics } from "@cugro/telemetry";
import { createMetrics } from "@cugro/telemetry/metrics";
import { openFilesystemStore, type Store } from "@cugro/store";
import { startHttpBase } from "@cugro/process";
import { rejectionKey } from "@cugro/protocol";
import { type Acting, openActing, type OpenPolicy } from "@cugro/serving";
import { createDirectAct } from "../acting/act_directly.ts";
import type { ConnectionBounds } from "../acting/act_connection.ts";
import { createActMessages } from "../acting/act_messages.ts";
import { actOnWebSockets, type ActSockets, admitByRoutes } from "../acting/act_on_websocket.ts";
import { createGateway } from "../app.ts";
import { followLive } from "../live/mod.ts";
import { DEFAULT_LIMITS, type Limits, rateOf } from "../limits.ts";
import { createInFlight } from "../around_requests.ts";
import { openAuthenticator } from "../auth.ts";
import { type EventFeed, openEventFeed, type StreamTimes } from "../events/event_stream.ts";
import { openEventLog } from "../events/event_log.ts";
import { countUnusual, createUnusualWatch } from "../problems/unusual_questions.ts";
import { startProblemWatch, type WatchTimes } from "../problems/watch_problems.ts";
import { QUOTAS, type Quotas } from "../tokens.ts";
import { type Deliverer, startDeliverer } from "../webhooks/deliverer.ts";
import type { DeliveryOptions } from "../webhooks/pacing.ts";
import { failingWebhooks } from "../webhooks/webhook_problems.ts";
import { asker, makeTokens } from "./live_tokens.ts";

/** How the gateway is made. */
export interface LiveOptions {
  streams?: Partial<StreamTimes>;
  webhooks?: Partial<DeliveryOptions>;
  openPolicy?: OpenPolicy;
  /** How often (ms) heads are looked at. @default 1000 */
  pollMs?: number;
  /** What the gateway and its policies ask instead of the folder. */
  wrapStore?: (store: Store) => Store;
  /** @default an embedded one */
  bus?: Bus;
  /** What tokens may have, where that is not what they may have usually. */
  quotas?: Partial<Quotas>;
  /** What requests may cost, where that is not what they may cost usually. */
  limits?: Partial<Limits>;
  /** What WebSockets may cost, where that is not what they may cost usually. */
  sockets?: Partial<ConnectionBounds>;
  /** Pages of these may act over WebSockets. */
  origins?: readonly string[];
  /** Gets each line of the log. @default nobody does */
  onLine?: (line: Record<string, unknown>) => void;
  /** Bus and store are watched, this often. @default nobody watches them */
  problems?: WatchTimes;
}

/** What a test works with. */
export interface LiveGateway {
  url: string;
  /** The store, and its folder. */
  store: Store;
  folder: string;
  bus: Bus;
  acting: Acting;
  feed: EventFeed;
  sockets: ActSockets;
  metrics: Metrics;
  /** Secrets: `admin` and `reader` see all learners, `team` (admin) sees `team-*`. */
  tokens: Record<"admin" | "reader" | "team", string>;
  tokensFile: string;
  /** One more deliverer on the same store, as another gateway has it. */
  anotherDeliverer(options?: Partial<DeliveryOptions>): Promise<Deliverer>;
  ask(
    method: string,
    path: string,
    body?: unknown,
    as?: "admin" | "reader" | "team",
    // deno-lint-ignore no-explicit-any -- tests look into answers
  ): Promise<{ status: number; body: any; headers: Headers }>;
}

/** Quick, and allowed to reach this machine. */
export const QUICK: Partial<DeliveryOptions> = {
  privateAddresses: true,
  scanMs: 60,
  delaysMs: [20, 20, 20],
  timeoutMs: 20_000,
  leaseMs: 30_000,
};

/** Runs a test on a fresh gateway. */
export async function withLiveGateway(
  options: LiveOptions,
  test: (gateway: LiveGateway) => Promise<void>,
): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), "cugro-live-"));
  const folder = join(work, "store");
  const opened = await openFilesystemStore({ root: folder });
  const store = options.wrapStore?.(opened) ?? opened;
  const bus = options.bus ?? createEmbeddedBus();
  const parts = await openParts(store, bus, options);
  const { acting, unusual, live, feed, metrics, deliverers, anotherDeliverer } = parts;
  const { tokens, tokensFile } = await makeTokens(work);
  const deliverer = await anotherDeliverer();
  const cache = createCache();
  const learners = createReader({ store, cache });
  const others = async () => [...await failingWebhooks(store, cache), ...unusual.problems()];
  const watch = options.problems &&
    await startProblemWatch({ store, bus, cache, learners, metrics, log, others, times: options.problems });
  watch?.onChange((events, all) => {
    for (const event of events) feed.publish(event);
    deliverer.notifyOfProblems(all);
  });
  const auth = await openAuthenticator({ path: tokensFile, log });
  const limits = { ...DEFAULT_LIMITS, ...options.limits, quotas: { ...QUOTAS, ...options.quotas } };
  const { origins = [], onLine } = options;
  const ownLog = onLine ? createLog({ write: (line) => onLine(JSON.parse(line)) }) : log;
  const shared = { auth, rate: rateOf(limits), inFlight: createInFlight(), metrics, log: ownLog, acting };
  const direct = await createDirectAct(shared);
  const app = createGateway({
    ...{ ...shared, store, bus, feed, live, cache, learners, ...watch ? { problems: watch } : {} },
    ...{ limits, origins },
    webhooks: {
      deliverer,
      addresses: { privateAddresses: options.webhooks?.privateAddresses ?? true },
    },
  });
  const sockets = actOnWebSockets({
    ...{ ...shared, bounds: options.sockets ?? {}, admit: admitByRoutes(app) },
    answer: createActMessages(shared),
  });
  const server = await startHttpBase({
    port: 0,
    ready: () => Promise.resolve({}),
    metrics,
    extra: { fetch: (request) => app.fetch(request), direct: () => direct, upgrade: () => sockets },
  });
  const url = `http://127.0.0.1:${server.port}`;
  try {
    await test({
      ...{ url, store, folder, bus, acting, feed, sockets, metrics, tokens, tokensFile, anotherDeliverer },
      ask: asker(url, tokens),
    });
  } finally {
    await watch?.close();
    await Promise.all([feed.close(), sockets.close(1_000)]);
    await live.close();
    await server.close();
    await Promise.all([acting.close(), ...deliverers.map((one) => one.close())]);
    if (!options.bus) await bus.close();
    await store.close();
    await rm(work, { recursive: true });
  }
}

const log = createLog({ level: "silent" });

async function openParts(store: Store, bus: Bus, options: LiveOptions) {
  const { openPolicy, pollMs, streams = {}, webhooks = {} } = options;
  const metrics = createMetrics("gateway");
  const chosen = { ...(openPolicy ? { openPolicy } : {}), ...(pollMs === undefined ? {} : { pollMs }) };
  const unusual = createUnusualWatch();
  const live = await followLive(bus);
  const onJudged = countUnusual([unusual, live.traffic], metrics);
  const acting = await openActing({ store, bus, log, onJudged, ...chosen });
  const feed = await openEventFeed({ bus, log: await openEventLog({ bus, log }), times: streams });
  const deliverers: Deliverer[] = [];
  const anotherDeliverer = async (more: Partial<DeliveryOptions> = {}) => {
    const options = { ...QUICK, ...webhooks, ...more };
    const one = await startDeliverer({ store, bus, cache: createCache(), log, metrics, options });
    deliverers.push(one);
    return one;
  };
  return { acting, unusual, live, feed, metrics, deliverers, anotherDeliverer };
}

/** Makes a learner, if need be, and the fact of its n-th refused file: its event is `cugro.arrival.rejected`. */
export async function refuse(store: Store, learner: string, n: number): Promise<string> {
  await createLearner({ store, name: learner, seed: 1, preset: "smoke" }).catch(() => {});
  const key = rejectionKey(learner, n);
  const fact = { schema: 1, seq: n, key: `incoming/${learner}/${n}.hdf5`, reason: "test", failedJob: null };
  await putOnce(store, key, fact);
  return key;
}

/** A request that a receiver got. */
export interface Received {
  path: string;
  headers: Headers;
  body: string;
}

/** Runs a test with a receiver, whose `answer` says what becomes of a request; `over` resolves when the test has ended. */
export async function withReceiver(
  test: (receiver: { url: string; received: Received[] }) => Promise<void>,
  answer: (request: Received, n: number, over: Promise<void>) => Response | Promise<Response> = () =>
    new Response(null, { status: 204 }),
): Promise<void> {
  const received: Received[] = [];
  const over = Promise.withResolvers<void>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const { pathname: path } = new URL(request.url);
    const one = { path, headers: request.headers, body: await request.text().catch(() => "") };
    received.push(one);
    return await answer(one, received.length, over.promise);
  });
  try {
    await test({ url: `http://127.0.0.1:${server.addr.port}/hook`, received });
  } finally {
    over.resolve();
    await server.shutdown();
  }
}

/**
 * Waits until something holds.
 *
 * @throws {Error} after 60 s, for a machine that is busy
 */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!await holds()) {
    if (performance.now() > deadline) throw new Error(`It did not come about that ${what}`);
    await sleep(5);
  }
}
