/**
 * The gateway from its configuration to its end. SIGTERM drains: the process says that it is not ready, so that
 * balancers turn to others, and goes once what was asked has been answered.
 * @module
 */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type Config, ConfigError, type Seams } from "@cugro/platform";
import { createCache } from "@cugro/learners";
import { openActing } from "@cugro/serving";
import { createGateway } from "./app.ts";
import { type Authenticator, openAuthenticator } from "./auth.ts";
import { openEventLog } from "./events/event_log.ts";
import { openEventFeed } from "./events/event_stream.ts";
import { createInFlight } from "./requests.ts";
import { startDeliverer } from "./webhooks/deliverer.ts";

/** Requests under way get this long after SIGTERM. */
const DRAIN_MS = 20_000;
/** So long balancers may still send requests after it. */
const NOTICE_MS = 2_000;

/** Serves until the signal, then drains. */
export async function serveGateway(seams: Seams): Promise<void> {
  const { config, store, bus, metrics, log, signal, setReady, mount } = seams;
  const auth = await openTokens(seams);
  const cache = createCache();
  const acting = await openActing({
    store,
    bus,
    cache,
    log,
    maxPolicies: config.actLearners,
    onBatch: ({ requests }) => metrics.actBatchSize.observe(requests),
  });
  const feed = await openEventFeed({ bus, log: await openEventLog({ bus, log }) });
  const addresses = { privateAddresses: config.webhooksPrivate };
  const deliverer = await startDeliverer({ store, bus, cache, log, metrics, options: addresses });
  const inFlight = createInFlight();
  mount(createGateway({
    ...{ store, bus, auth, metrics, log, inFlight, cache, acting, feed },
    webhooks: { deliverer, addresses },
    ...await notificationSecret(config),
    limits: { uploadBytes: config.uploadMaxBytes, ...rateOf(config) },
  }));
  setReady("tokens", true);
  if (!config.nats) log.warn("CUGRO_NATS is not set: no coordinator hears what this gateway is told");
  await aborted(signal);
  setReady("process", "is stopping");
  await sleep(NOTICE_MS);
  await feed.close();
  const left = await inFlight.idle(DRAIN_MS);
  if (left > 0) log.warn("requests are cut off", { requests: left });
  await Promise.all([acting.close(), deliverer.close()]);
}

function rateOf({ requestsPerSecond }: Config) {
  return { requestsPerSecond, requestBurst: Math.ceil(2 * requestsPerSecond) };
}

async function openTokens({ config, log }: Seams): Promise<Authenticator> {
  const path = config.tokensFile;
  if (path !== undefined) return await openAuthenticator({ path, log });
  throw new ConfigError(
    "CUGRO_TOKENS_FILE must name the file of bearer tokens. " +
      "Make one with: deno task cugro token create --name NAME --scopes admin --learners '*' --file FILE",
  );
}

async function notificationSecret({ notificationSecretFile: path }: Config) {
  if (path === undefined) return {};
  const secret = (await readFile(path, "utf8")).trim();
  if (/^[A-Za-z0-9._~+/=-]{16,512}$/.test(secret)) return { notificationSecret: secret };
  throw new ConfigError(
    `CUGRO_NOTIFICATION_SECRET_FILE names ${path}, which must hold 16 to 512 letters, digits and . _ ~ + / = -`,
  );
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
