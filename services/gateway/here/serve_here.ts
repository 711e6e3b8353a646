/**
 * Serves the gateway's routes on this machine alone, from a process that does something else besides: a command that learns, or that
 * only looks. One token, which is made here and kept in memory; no webhooks, no file of tokens, no bus of its own.
 * @module
 */
import type { Bus } from "@cugro/bus";
import { createCache, createReader } from "@cugro/learners";
import { startHttpBase } from "@cugro/process";
import { openActing } from "@cugro/serving";
import type { Store } from "@cugro/store";
import type { Log } from "@cugro/telemetry";
import { createMetrics } from "@cugro/telemetry/metrics";
import { createGateway } from "../app.ts";
import { type Authenticator, bearerOf } from "../auth.ts";
import { openEventLog } from "../events/event_log.ts";
import { openEventFeed } from "../events/event_stream.ts";
import { followLive } from "../live/mod.ts";
import { createInFlight } from "../around_requests.ts";
import { findNamed, findToken, issueToken, type Scope } from "../tokens.ts";
import { addressOfPage } from "./page_address.ts";
import { watchStore } from "./watch_store.ts";

/** The store that is served, and the rights on it. */
export interface HereOptions {
  store: Store;
  bus: Bus;
  log: Log;
  /** The rights of the page. */
  scope: Scope;
  /** The viewer's name on the page: letters, digits and . _ - */
  name: string;
  /** Others write the store, without a message on this process's bus. */
  isWatched?: boolean;
}

/** A page that is served until it is closed. */
export interface Here {
  url: string;
  token: string;
  /** The address of a place of the page, with the token, which the page takes out of it. */
  addressOf(place?: string): string;
  close(): Promise<void>;
}

/** How long open requests may take at the end (ms). */
const GRACE_MS = 2_000;

/**
 * Serves the page of a store from this process.
 *
 * @param options store and bus; `isWatched`: whether others write the store
 * @returns the page's address, and its token; must be closed
 */
export async function serveHere(options: HereOptions): Promise<Here> {
  const { store, bus, log, isWatched = false } = options;
  const { secret, auth } = oneToken(options);
  const metrics = createMetrics("gateway");
  const live = await followLive(bus);
  const acting = await openActing({
    ...{ store, bus, log },
    onJudged: ({ learner, task, outOfDistribution }) => live.traffic.note(learner, task, outOfDistribution),
  });
  const feed = await openEventFeed({ bus, log: await openEventLog({ bus, log }) });
  const cache = createCache();
  const learners = createReader({ store, cache });
  const watch = isWatched
    ? watchStore({ store, bus, learners, isWanted: () => feed.clients() > 0 })
    : undefined;
  const app = createGateway({
    ...{ store, bus, auth, log, metrics, acting, feed, live, cache, learners, inFlight: createInFlight() },
  });
  const server = await startHttpBase({
    ...{ port: 0, metrics, ready: () => Promise.resolve({}) },
    extra: { fetch: (request) => app.fetch(request) },
  });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    ...{ url, token: secret },
    addressOf: (place) => addressOfPage(url, secret, place),
    async close() {
      await watch?.close();
      await Promise.all([feed.close(), live.close(), server.close(GRACE_MS)]);
      await acting.close();
    },
  };
}

function oneToken({ name, scope }: HereOptions): { secret: string; auth: Authenticator } {
  const { secret, entry } = issueToken({ name, scopes: [scope], learners: ["*"] });
  return {
    secret,
    auth: {
      authenticate(authorization) {
        const shown = bearerOf(authorization);
        return Promise.resolve(
          shown === undefined ? undefined : findToken([entry], shown, Date.now())?.token,
        );
      },
      named: (wanted) => Promise.resolve(findNamed([entry], wanted, Date.now())),
    },
  };
}
