/**
 * The dashboard of a gateway that learns, for tests in a browser: a store in a folder, the real coordinator, a real worker process,
 * and a gateway that can be ended and started again behind the same address.
 * @module
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Bus } from "@cugro/bus";
import { runCoordinator } from "@cugro/coordinator";
import { createCache, createReader } from "@cugro/learners";
import { startHttpBase } from "@cugro/process";
import { type Acting, openActing } from "@cugro/serving";
import { openFilesystemStore, type Store } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import { createMetrics } from "@cugro/telemetry/metrics";
import { openSession } from "../../scripts/cli/embedded/run_session.ts";
import { createGateway } from "../../services/gateway/app.ts";
import { openAuthenticator } from "../../services/gateway/auth.ts";
import { openEventLog } from "../../services/gateway/events/event_log.ts";
import { openEventFeed } from "../../services/gateway/events/event_stream.ts";
import { followLive } from "../../services/gateway/live/mod.ts";
import { addToken, issueToken, type Scope } from "../../services/gateway/tokens.ts";
import { withFolder } from "../fakes/test_folder.ts";

const log = createLog({ level: "silent" });

/** What a test works with. */
export interface ServedDashboard {
  /** Stays, whatever becomes of the gateway. */
  url: string;
  tokens: Record<Scope, string>;
  folder: string;
  store: Store;
  /** The address with a token in it, as `deno task cluster` prints it. */
  addressFor(scope: Scope, place?: string): string;
  stopGateway(): Promise<void>;
  startGateway(): Promise<void>;
}

/**
 * Runs a test on a fresh one.
 *
 * @param learns whether a coordinator plans and a worker works
 */
export async function withDashboard(
  test: (served: ServedDashboard) => Promise<void>,
  { learns = true }: { learns?: boolean } = {},
): Promise<void> {
  await withFolder(async (folder) => {
    const root = join(folder, "store");
    const store = await openFilesystemStore({ root });
    const session = openSession({ folder: root, workers: learns ? 1 : 0, onOutput: () => {} });
    const stop = new AbortController();
    const planning = { store, bus: session.bus, signal: stop.signal, intervalMs: 500 };
    const coordinating = learns ? runCoordinator(planning) : undefined;
    const { tokens, path } = await makeTokens(folder);
    const front = await openFront();
    const gateway = gatewayBehind(front, { store, bus: session.bus, tokensFile: path });
    await gateway.startGateway();
    try {
      await test({
        ...{ url: front.url, tokens, folder, store, ...gateway },
        addressFor: (scope, place = "/") =>
          `${front.url}/#token=${tokens[scope]}&to=${encodeURIComponent(place)}`,
      });
    } finally {
      await gateway.stopGateway();
      await front.close();
      stop.abort();
      await coordinating;
      await session.close();
      await store.close();
    }
  });
}

async function makeTokens(folder: string) {
  const path = join(folder, "tokens.json");
  const tokens = {} as Record<Scope, string>;
  for (const scope of ["read", "submit", "admin"] as const) {
    const { secret, entry } = issueToken({ name: scope, scopes: [scope], learners: ["*"] });
    await addToken(path, entry);
    tokens[scope] = secret;
  }
  return { tokens, path };
}

/** An address that stays while what stands behind it comes and goes. */
interface Front {
  url: string;
  /** Port that it leads to; undefined: nothing is there. */
  target: number | undefined;
  close(): Promise<void>;
}

async function openFront(): Promise<Front> {
  const sockets = new Set<Socket>();
  const front: Front = {
    url: "",
    target: undefined,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const server: Server = createServer((socket) => {
    if (front.target === undefined) return void socket.destroy();
    const behind = connect(front.target, "127.0.0.1");
    for (const one of [socket, behind]) {
      sockets.add(one);
      one.on("error", () => {});
      one.on("close", () => {
        sockets.delete(one);
        socket.destroy();
        behind.destroy();
      });
    }
    socket.pipe(behind).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  front.url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  return front;
}

function gatewayBehind(
  front: Front,
  { store, bus, tokensFile }: { store: Store; bus: Bus; tokensFile: string },
) {
  let running: { acting: Acting; close: () => Promise<void> } | undefined;
  return {
    async startGateway() {
      running = await serve({ store, bus, tokensFile }, (port) => front.target = port);
    },
    async stopGateway() {
      front.target = undefined;
      await running?.close();
      running = undefined;
    },
  };
}

async function serve(
  { store, bus, tokensFile }: { store: Store; bus: Bus; tokensFile: string },
  onPort: (port: number) => void,
) {
  const metrics = createMetrics("gateway");
  const live = await followLive(bus);
  const onJudged = ({ learner, task, outOfDistribution }: Parameters<Judged>[0]) =>
    live.traffic.note(learner, task, outOfDistribution);
  const acting = await openActing({ store, bus, log, onJudged });
  const feed = await openEventFeed({ bus, log: await openEventLog({ bus, log }) });
  const cache = createCache();
  const learners = createReader({ store, cache });
  const auth = await openAuthenticator({ path: tokensFile, log });
  const app = createGateway({ store, bus, auth, log, metrics, acting, feed, live, cache, learners });
  const server = await startHttpBase({
    port: 0,
    ready: () => Promise.resolve({}),
    metrics,
    extra: { fetch: (request) => app.fetch(request) },
  });
  onPort(server.port);
  return {
    acting,
    async close() {
      await feed.close();
      await live.close();
      await server.close();
      await acting.close();
    },
  };
}

type Judged = NonNullable<Parameters<typeof openActing>[0]["onJudged"]>;
