/**
 * The gateway from its configuration to its end. SIGTERM drains: the process says that it is not ready, so that
 * balancers turn to others, and goes once what was asked has been answered.
 * @module
 */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type Config, ConfigError, type Seams } from "@cugro/platform";
import { createGateway } from "./app.ts";
import { type Authenticator, openAuthenticator } from "./auth.ts";
import { createInFlight } from "./requests.ts";

/** Requests under way get this long after SIGTERM. */
const DRAIN_MS = 20_000;
/** So long balancers may still send requests after it. */
const NOTICE_MS = 500;

/** Serves until the signal, then drains. */
export async function serveGateway(seams: Seams): Promise<void> {
  const { config, store, bus, metrics, log, signal, setReady, mount } = seams;
  const auth = await openTokens(seams);
  setReady("tokens", true);
  const inFlight = createInFlight();
  const secret = await notificationSecret(config);
  const limits = { uploadBytes: config.uploadMaxBytes, ...rateOf(config) };
  const seamsOfApp = { store, bus, auth, metrics, log, inFlight, limits };
  mount(createGateway({ ...seamsOfApp, ...(secret === undefined ? {} : { notificationSecret: secret }) }));
  if (!config.nats) log.warn("CUGRO_NATS is not set: no coordinator hears what this gateway is told");
  await aborted(signal);
  setReady("process", "is stopping");
  await sleep(NOTICE_MS);
  const left = await inFlight.idle(DRAIN_MS);
  if (left > 0) log.warn("requests are cut off", { requests: left });
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

async function notificationSecret({ notificationSecretFile: path }: Config): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const secret = (await readFile(path, "utf8")).trim();
  if (/^[A-Za-z0-9._~+/=-]{16,512}$/.test(secret)) return secret;
  throw new ConfigError(
    `CUGRO_NOTIFICATION_SECRET_FILE names ${path}, which must hold 16 to 512 letters, digits and . _ ~ + / = -`,
  );
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
