/**
 * The gateway from its configuration to its end.
 *
 * SIGTERM drains. At once: not ready, so that balancers turn to others; answers say `connection: close`, so that clients
 * that stay on one connection turn to others as well; no delivery to a webhook is begun. After a moment the server
 * closes. What was asked is answered, policies included, for as long as the configuration allows; then all is closed.
 * @module
 */
import { readFile } from "node:fs/promises";
import { sleep, waitAtMost } from "@cugro/async";
import { type Config, ConfigError, type Direct, type Seams } from "@cugro/process";
import { createCache, createReader } from "@cugro/learners";
import { type Acting, openActing } from "@cugro/serving";
import type { Bus, NatsBus } from "@cugro/bus";
import { type AnswerActMessage, createActMessages } from "./acting/act_messages.ts";
import { createDirectAct } from "./acting/act_directly.ts";
import { actOnNats } from "./acting/act_on_nats.ts";
import { actOnWebSockets, type ActSockets, admitByRoutes } from "./acting/act_on_websocket.ts";
import { createGateway } from "./app.ts";
import { type Authenticator, openAuthenticator } from "./auth.ts";
import { evaluateOnNats, type EvaluatorDeps } from "./evaluators_on_nats.ts";
import { openEventLog } from "./events/event_log.ts";
import { type EventFeed, openEventFeed } from "./events/event_stream.ts";
import type { Gateway } from "./gateway.ts";
import { followLive } from "./live/mod.ts";
import { DEFAULT_LIMITS, type Limits, rateOf } from "./limits.ts";
import { parseQuotas, QUOTAS, type Quotas } from "./quotas.ts";
import { type ProblemWatch, startProblemWatch } from "./problems/watch_problems.ts";
import { countUnusual, createUnusualWatch } from "./problems/unusual_questions.ts";
import { createReportLinks, keyInStore } from "./report_links.ts";
import { createInFlight, type InFlight } from "./around_requests.ts";
import { type Deliverer, startDeliverer } from "./webhooks/deliverer.ts";
import { failingWebhooks } from "./webhooks/webhook_problems.ts";

/** So long balancers may still send requests after SIGTERM. */
const NOTICE_MS = 2_000;
/** Requests that are cut off delay the end by no more than this (ms). */
const CUT_MS = 2_000;

/**
 * Serves until the signal, then drains.
 *
 * @param notice ends when balancers have heard that it stops. @default 2 s
 */
export async function serveGateway(
  seams: Seams,
  notice: () => Promise<unknown> = () => sleep(Math.min(NOTICE_MS, seams.config.drainMs)),
): Promise<void> {
  const { config, store, bus, metrics, log, signal, setReady } = seams;
  const auth = await openTokens(seams);
  const [cache, unusual] = [createCache(), createUnusualWatch()];
  const live = await followLive(bus);
  const acting = await openActing({
    ...{ store, bus, cache, log, ...boundsOfActing(config) },
    onBatch: ({ requests }) => metrics.actBatchSize.observe(requests),
    onJudged: countUnusual([unusual, live.traffic], metrics),
  });
  const feed = await openEventFeed({ bus, log: await openEventLog({ bus, log }) });
  const addresses = { privateAddresses: config.webhooksPrivate };
  const deliverer = await startDeliverer({ store, bus, cache, log, metrics, options: addresses });
  const learners = createReader({ store, cache });
  const others = async () => [...await failingWebhooks(store, cache), ...unusual.problems()];
  const problems = await startProblemWatch({ store, bus, cache, learners, metrics, log, others });
  problems.onChange((events, all) => {
    for (const event of events) feed.publish(event);
    deliverer.notifyOfProblems(all);
  });
  const [inFlight, limits] = [createInFlight(), limitsFrom(config)];
  const shared = { auth, metrics, log, inFlight, acting, rate: rateOf(limits) };
  const app = createGateway({
    ...{ ...shared, store, bus, cache, learners, problems, feed, limits, live, origins: config.actOrigins },
    webhooks: { deliverer, addresses },
    links: createReportLinks({ auth, key: keyInStore(store) }),
    ...await notificationSecret(config),
  });
  const answer = createActMessages({ acting, metrics, log });
  const sockets = actOnWebSockets({ ...shared, answer, admit: admitByRoutes(app), signal });
  mountLastAnswers(seams, app, await createDirectAct(shared), sockets);
  const unanswer = await answerOnNats(bus, answer, { store, bus, learners, log });
  setReady("tokens", true);
  if (!config.nats) log.warn("CUGRO_NATS is not set: no coordinator hears what this gateway is told");
  await aborted(signal);
  await drain(seams, { notice, feed, acting, sockets, unanswer, deliverer, problems, live, inFlight });
}

function boundsOfActing({ actStaleMs, actLearners, actBytes }: Seams["config"]) {
  return { maxStaleMs: actStaleMs, maxPolicies: actLearners, maxBytes: actBytes };
}

/** Where the bus is NATS, requests to act and evaluators come over it, too. */
async function answerOnNats(
  bus: Bus & Partial<Pick<NatsBus, "answer">>,
  messages: AnswerActMessage,
  deps: EvaluatorDeps,
): Promise<() => Promise<void>> {
  const { answer } = bus;
  if (!answer) return () => Promise.resolve();
  const nats = { answer: answer.bind(bus) };
  const stops = [await actOnNats(nats, messages), await evaluateOnNats(nats, deps)];
  return async () => void await Promise.all(stops.map((stop) => stop()));
}

/** Answers; from the signal on each of them says that it is the last on its connection. */
function mountLastAnswers(
  { signal, mount }: Seams,
  app: Gateway,
  direct: Direct,
  upgrade: ActSockets,
): void {
  mount({
    upgrade,
    async fetch(request) {
      const answer = await app.fetch(request);
      if (signal.aborted) answer.headers.set("connection", "close");
      return answer;
    },
    direct: {
      ...direct,
      async answer(request) {
        const answer = await direct.answer(request);
        if (answer && signal.aborted) answer.headers.connection = "close";
        return answer;
      },
    },
  });
}

async function drain(
  { config, log, setReady, stopListening }: Seams,
  { notice, feed, acting, sockets, unanswer, deliverer, problems, live, inFlight }: {
    notice: () => Promise<unknown>;
    feed: EventFeed;
    acting: Acting;
    sockets: ActSockets;
    /** Takes no more requests from NATS. */
    unanswer: () => Promise<void>;
    deliverer: Deliverer;
    problems: ProblemWatch;
    live: { close(): Promise<void> };
    inFlight: InFlight;
  },
): Promise<void> {
  const deadline = performance.now() + config.drainMs;
  setReady("process", "is stopping");
  // Others of the queue group take what comes from now on.
  const delivered = Promise.allSettled([deliverer.close(), problems.close(), live.close(), unanswer()]);
  await notice();
  const graceMs = Math.max(deadline - performance.now(), 0);
  let left = 0;
  const late = setTimeout(() => {
    left = inFlight.count();
    if (left > 0) log.warn("requests are cut off", { requests: left });
  }, graceMs);
  const answered = stopListening(graceMs);
  // Streams of events and WebSockets would never end by themselves.
  await Promise.all([feed.close(), sockets.close(graceMs)]);
  await answered;
  clearTimeout(late);
  const closed = Promise.all([acting.close(), delivered]);
  if (left === 0) return void await closed;
  // Policies stay open until the last request that uses them is answered.
  await waitAtMost(CUT_MS, closed);
}

function limitsFrom(config: Config): Limits {
  const { requestsPerSecond, uploadMaxBytes: uploadBytes } = config;
  const rate = { requestsPerSecond, requestBurst: Math.ceil(2 * requestsPerSecond) };
  return { ...DEFAULT_LIMITS, uploadBytes, ...rate, quotas: quotasFrom(config) };
}

function quotasFrom({ tokenQuotas }: Config): Quotas {
  try {
    return { ...QUOTAS, ...parseQuotas(tokenQuotas) };
  } catch (cause) {
    throw new ConfigError(`CUGRO_TOKEN_QUOTAS: ${(cause as Error).message}`, { cause });
  }
}

/** The rule for `CUGRO_TOKENS_FILE`, and how to make one. */
export const TOKENS_FILE = "must name the file of bearer tokens. Make one with: " +
  "deno task cugro token create --name NAME --scopes admin --learners '*' --file FILE";

async function openTokens({ config, log }: Seams): Promise<Authenticator> {
  const path = config.tokensFile;
  if (path !== undefined) return await openAuthenticator({ path, log });
  throw new ConfigError(`CUGRO_TOKENS_FILE ${TOKENS_FILE}`);
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
