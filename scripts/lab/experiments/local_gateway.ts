/**
 * A gateway in this process on a real socket, as a cluster's answers requests to act: for measurements.
 * @module
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Bus } from "@cugro/bus";
import { createGateway, createInFlight, DEFAULT_LIMITS, openAuthenticator, rateOf } from "@cugro/gateway";
import { actOnWebSockets, admitByRoutes, createActMessages, createDirectAct } from "@cugro/gateway/acting";
import { addToken, issueToken } from "@cugro/gateway/tokens";
import { startHttpBase } from "@cugro/process";
import { type Acting, type ActingOptions, openActing } from "@cugro/serving";
import type { Log } from "@cugro/telemetry";
import { createMetrics } from "@cugro/telemetry/metrics";

/** What it serves. */
export interface LocalGatewayOptions extends ActingOptions {
  bus: Bus;
  log: Log;
  /** For its tokens alone. */
  folder: string;
}

/** A gateway that answers. */
export interface LocalGateway {
  url: string;
  /** May read all learners. */
  token: string;
  acting: Acting;
  /** What answers messages, over NATS and WebSockets. */
  messages: ReturnType<typeof createActMessages>;
  close(): Promise<void>;
}

/**
 * Starts one, without limits on how often may be asked.
 *
 * @param options its folder and store
 * @returns address, token, and how it is closed
 */
export async function openLocalGateway(
  { folder, ...options }: LocalGatewayOptions,
): Promise<LocalGateway> {
  const { store, bus, log } = options;
  const metrics = createMetrics("gateway");
  const acting = await openActing(options);
  const { secret, entry } = issueToken({ name: "bench", scopes: ["read"], learners: ["*"] });
  await mkdir(folder, { recursive: true });
  const tokens = join(folder, "tokens.json");
  await addToken(tokens, entry);
  const auth = await openAuthenticator({ path: tokens, log });
  const limits = { ...DEFAULT_LIMITS, requestsPerSecond: 1e6, requestBurst: 1e6 };
  const [rate, inFlight] = [rateOf(limits), createInFlight()];
  const app = createGateway({ store, bus, auth, log, metrics, acting, limits, rate, inFlight });
  const shared = { acting, auth, rate, inFlight, metrics, log };
  const [direct, messages] = [await createDirectAct(shared), createActMessages(shared)];
  const sockets = actOnWebSockets({ ...shared, answer: messages, admit: admitByRoutes(app) });
  const fetch = (request: Request) => app.fetch(request);
  const extra = { fetch, direct: () => direct, upgrade: () => sockets };
  const server = await startHttpBase({ port: 0, ready: () => Promise.resolve({}), metrics, extra });
  return {
    ...{ url: `http://127.0.0.1:${server.port}`, token: secret, acting },
    messages,
    async close() {
      await sockets.close(0);
      await server.close();
      await acting.close();
    },
  };
}
