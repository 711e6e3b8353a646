/**
 * A gateway for tests: a real store in a folder of its own, a real bus, three tokens.
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEmbeddedBus, type EmbeddedBus, type IncomingHint } from "@cugro/bus";
import { createLog, type Metrics } from "@cugro/telemetry";
import { createMetrics } from "@cugro/telemetry/metrics";
import { openFilesystemStore, type Store } from "@cugro/store";
import { openEventLog } from "../events/event_log.ts";
import { openEventFeed } from "../events/event_stream.ts";
import { followLive } from "../live/mod.ts";
import { createGateway, type GatewayOptions } from "../app.ts";
import { openAuthenticator } from "../auth.ts";
import { addToken, issueToken, type Scope } from "../tokens.ts";

/** What a test works with. */
export interface TestGateway {
  store: Store;
  bus: EmbeddedBus;
  metrics: Metrics;
  /** Log lines, parsed. */
  lines: Record<string, unknown>[];
  /** Hints the bus carried. */
  hints: IncomingHint[];
  /** Secrets by name: `reader`, `submitter`, `admin` see all learners, `team` (admin) sees `team-*`. */
  tokens: Record<"reader" | "submitter" | "admin" | "team", string>;
  tokensFile: string;
  fetch(request: Request): Response | Promise<Response>;
  /** A request as `admin`, or as `as` ("": without a token); `body` other than bytes and streams goes as JSON. */
  ask(
    method: string,
    path: string,
    options?: Ask,
  ): Promise<{ status: number; body: unknown; headers: Headers }>;
}

/** Sends a request to the gateway under test. */
export interface Ask {
  as?: keyof TestGateway["tokens"] | "";
  body?: unknown;
  headers?: Record<string, string>;
}

/** The secret that S3 notifications need in tests. */
export const NOTIFICATION_SECRET = "s3-secret-of-the-test";

/** Runs a test on a fresh gateway. */
export async function withGateway(
  test: (gateway: TestGateway) => Promise<void>,
  options: Partial<GatewayOptions> = {},
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "cugro-gateway-"));
  const store = await openFilesystemStore({ root: join(folder, "store") });
  const bus = createEmbeddedBus();
  const closing: (() => Promise<void>)[] = [];
  try {
    await test(await build({ folder, store, bus, options, closing }));
  } finally {
    for (const close of closing) await close();
    await bus.close();
    await store.close();
    await rm(folder, { recursive: true });
  }
}

async function build(
  { folder, store, bus, options, closing }: {
    folder: string;
    store: Store;
    bus: EmbeddedBus;
    options: Partial<GatewayOptions>;
    closing: (() => Promise<void>)[];
  },
): Promise<TestGateway> {
  const tokensFile = join(folder, "tokens.json");
  const tokens = await makeTokens(tokensFile);
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ write: (line) => void lines.push(JSON.parse(line)) });
  const hints: IncomingHint[] = [];
  await bus.subscribe("incoming", (hint) => void hints.push(hint));
  const auth = await openAuthenticator({ path: tokensFile, log });
  const metrics = createMetrics("gateway");
  const feed = await openEventFeed({ bus, log: await openEventLog({ bus, log }) });
  closing.push(() => feed.close());
  const live = await followLive(bus);
  closing.push(() => live.close());
  const app = createGateway({
    feed,
    live,
    store,
    bus,
    auth,
    log,
    metrics,
    notificationSecret: NOTIFICATION_SECRET,
    ...options,
  });
  const fetch = (request: Request) => app.fetch(request);
  return {
    ...{ store, bus, metrics, lines, hints, tokens, tokensFile, fetch },
    ask: askOf(fetch, tokens),
  };
}

async function makeTokens(path: string): Promise<TestGateway["tokens"]> {
  const make = async (name: string, scope: Scope, learners = "*") => {
    const { secret, entry } = issueToken({ name, scopes: [scope], learners: [learners] });
    await addToken(path, entry);
    return secret;
  };
  return {
    reader: await make("reader", "read"),
    submitter: await make("submitter", "submit"),
    admin: await make("admin", "admin"),
    team: await make("team", "admin", "team-*"),
  };
}

function askOf(fetch: TestGateway["fetch"], tokens: TestGateway["tokens"]): TestGateway["ask"] {
  return async (method, path, { as = "admin", body, headers = {} } = {}) => {
    const raw = body instanceof Uint8Array || body instanceof ReadableStream || typeof body === "string";
    const request = new Request(`http://gateway${path}`, {
      method,
      headers: {
        ...(as === "" ? {} : { authorization: `Bearer ${tokens[as]}` }),
        ...(body === undefined || raw ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: raw ? body as BodyInit : JSON.stringify(body), duplex: "half" }),
    } as RequestInit);
    const response = await fetch(request);
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
  };
}
