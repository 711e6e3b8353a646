/**
 * Delivers events to webhooks. The deliveries to make follow from the facts, and how far it is lies in the store: news
 * on the bus only makes it quick. Any number of gateways may do this at once.
 * @module
 */
import { createWakeup, mapConcurrently, sleep } from "@cugro/async";
import { type FactCache, REQUESTS_AT_ONCE } from "@cugro/learners";
import type { Bus } from "@cugro/bus";
import type { Log, Metrics } from "@cugro/telemetry";
import type { Store } from "@cugro/store";
import {
  LEARNER_EVENT_TYPES,
  learnerPrefix,
  parseDeliveryKey,
  pendingKey,
  pendingPrefix,
  type Problem,
} from "@cugro/protocol";
import { randomUUID } from "node:crypto";
import { deliveryId } from "./delivery_id.ts";
import { createWebhookReader, settingsOf, type Webhook } from "./hooks.ts";
import { type Attempt, begin, claim, settle } from "./records.ts";
import { DELIVERY_OPTIONS, type DeliveryOptions, FAULT_PAUSE_MS, MAX_RUNNING, SWEEP_MS } from "./pacing.ts";
import { createProblemNews } from "./webhook_problems.ts";
import { createReconciler } from "./reconcile.ts";
import { listByLearner, sweepRecords, type Wanted } from "./scan.ts";
import { send } from "./send.ts";

/** Store, bus, limits and log of a deliverer. */
export interface DelivererDeps {
  store: Store;
  bus: Pick<Bus, "subscribe">;
  cache: FactCache;
  log: Log;
  metrics: Pick<Metrics, "webhookDeliveries">;
  options?: Partial<DeliveryOptions>;
}

/** Delivers until it is closed. */
export interface Deliverer {
  /** Webhooks or pending deliveries have changed: look now. */
  wake(): void;
  /** Takes the current problems; events about changes are delivered to webhooks that want them. */
  notifyOfProblems(problems: readonly Problem[]): void;
  /** Begins nothing more, and waits for what is under way. */
  close(): Promise<void>;
}

/** News that comes within this time (ms) is one look. */
const COALESCE_MS = 20;

/**
 * Starts to deliver.
 * @param deps store, cache, log, and times in milliseconds
 * @returns must be closed
 * @throws {RangeError} when a claim would lapse before its request has ended
 */
export async function startDeliverer(deps: DelivererDeps): Promise<Deliverer> {
  const options = { ...DELIVERY_OPTIONS, ...deps.options };
  const { leaseMs, timeoutMs } = options;
  if (leaseMs <= timeoutMs) {
    throw new RangeError(
      `leaseMs must be more than timeoutMs: current values are ${leaseMs} and ${timeoutMs}`,
    );
  }
  const deliverer = new LoopingDeliverer(deps, options);
  const unsubscribe = await deps.bus.subscribe("events", ({ type, subject }) => {
    if ((LEARNER_EVENT_TYPES as readonly string[]).includes(type)) deliverer.look(subject);
  });
  const loop = deliverer.run();
  return {
    wake: () => deliverer.wake(),
    notifyOfProblems: (problems) => deliverer.notifyOfProblems(problems),
    async close() {
      await unsubscribe();
      deliverer.stop();
      await loop;
    },
  };
}

class LoopingDeliverer {
  #hooks = new Map<string, Webhook>();
  /** By key of the pending record. */
  #tasks = new Map<string, Attempt>();
  #running = new Map<string, Promise<void>>();
  /** Learners that news was about. */
  #news = new Set<string>();
  #nextScan = 0;
  #nextSweep = Date.now() + SWEEP_MS;
  #wakeup = createWakeup();
  #stopped = false;
  /** In a row. */
  #faults = 0;
  readonly #claimant;
  readonly #reconciler;
  readonly #webhooks;
  readonly #problems;

  constructor(private readonly deps: DelivererDeps, private readonly options: DeliveryOptions) {
    this.#claimant = { by: randomUUID(), leaseMs: options.leaseMs };
    this.#reconciler = createReconciler(deps);
    this.#webhooks = createWebhookReader(deps);
    this.#problems = createProblemNews(deps.store);
  }

  look(learner: string): void {
    this.#news.add(learner);
    this.#wakeup.wake();
  }

  wake(): void {
    this.#nextScan = 0;
    this.#wakeup.wake();
  }

  notifyOfProblems(problems: readonly Problem[]): void {
    this.#problems.onProblems(problems);
    if (this.#problems.isPending()) this.#wakeup.wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#wakeup.wake();
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#scan();
        this.#faults = 0;
      } catch (error) {
        this.deps.log[this.#faults++ === 0 ? "error" : "debug"]("webhooks cannot be looked through", {
          error,
        });
        this.#nextScan = Date.now() + Math.min(FAULT_PAUSE_MS, this.options.scanMs);
      }
      this.#start();
      await this.#rest();
    }
    await Promise.all(this.#running.values());
  }

  async #scan(): Promise<void> {
    const { store } = this.deps;
    const whole = Date.now() >= this.#nextScan;
    if (!whole && this.#news.size === 0 && !this.#problems.isPending()) return;
    const news = [...this.#news];
    this.#news.clear();
    if (whole) this.#nextScan = Date.now() + this.options.scanMs;
    const { hooks, ids } = await this.#webhooks.read();
    this.#hooks = new Map(hooks.map((hook) => [hook.fact.id, hook]));
    if (hooks.length === 0) return;
    const groups = whole
      ? await listByLearner(store)
      : await mapConcurrently(news, REQUESTS_AT_ONCE, async (name) =>
        [name, await store.list(learnerPrefix(name))] as const);
    if (whole) {
      for (const { key } of await store.list(pendingPrefix())) this.#addPending(key);
      if (Date.now() >= this.#nextSweep) {
        this.#nextSweep = Date.now() + SWEEP_MS;
        await sweepRecords(store, ids);
      }
    }
    await this.#problems.look(hooks, (wanted) => this.#addNew(wanted));
    await this.#reconciler.look(hooks, groups, (wanted) => this.#addNew(wanted));
  }

  #addNew({ webhook, event }: Wanted): void {
    const key = pendingKey(webhook, event.id);
    if (this.#tasks.has(key)) return;
    const take = () => begin(this.deps.store, this.#claimant, webhook, event);
    this.#tasks.set(key, { webhook, due: 0, take });
  }

  #addPending(key: string): void {
    const parsed = parseDeliveryKey(key);
    if (!parsed || this.#tasks.has(key)) return;
    const take = () => claim(this.deps.store, this.#claimant, key);
    this.#tasks.set(key, { webhook: parsed.webhook, due: 0, take });
  }

  /** Begins what is due, as far as its webhook may have more requests. */
  #start(): void {
    for (const [key, task] of this.#tasks) {
      if (this.#stopped) return;
      if (!this.#hooks.has(task.webhook)) this.#tasks.delete(key);
      else if (task.due <= Date.now() && !this.#running.has(key) && this.#mayStart(task.webhook)) {
        const done = this.#attempt(key, task).finally(() => {
          this.#running.delete(key);
          this.#wakeup.wake();
        });
        this.#running.set(key, done);
      }
    }
  }

  #mayStart(webhook: string): boolean {
    if (this.#running.size >= MAX_RUNNING) return false;
    const hook = this.#hooks.get(webhook)!;
    const busy = [...this.#running.keys()].filter((key) => this.#tasks.get(key)?.webhook === webhook).length;
    return settingsOf(hook).active && busy < this.options.perWebhook;
  }

  async #attempt(key: string, task: Attempt): Promise<void> {
    const { store, log, metrics } = this.deps;
    try {
      const taken = await task.take();
      if (taken === undefined) return void this.#tasks.delete(key);
      if (typeof taken === "number") return void (task.due = taken);
      const hook = this.#hooks.get(task.webhook);
      if (!hook) return;
      const { event } = taken.record;
      const { url } = settingsOf(hook);
      const { fact: { secret } } = hook;
      const sent = await send({ url, secret, id: deliveryId(event.id), event }, this.options);
      const { outcome, next } = await settle(store, taken, sent, this.options.delaysMs);
      metrics.webhookDeliveries.inc({ outcome });
      const { status, error } = sent.attempt;
      const fields = {
        webhook: task.webhook,
        event: event.id,
        status,
        ...(error === null ? {} : { reason: error }),
      };
      log[outcome === "delivered" ? "info" : "warn"](`webhook ${outcome}`, fields);
      if (next === undefined) this.#tasks.delete(key);
      else this.#tasks.set(key, { ...task, due: next, take: () => claim(store, this.#claimant, key) });
    } catch (error) {
      log.error("a delivery could not be made", { key, error });
      // What the store says then is what counts.
      this.#tasks.delete(key);
      this.#nextScan = Math.min(this.#nextScan, Date.now() + FAULT_PAUSE_MS);
    }
  }

  /** Until there is something to do. */
  async #rest(): Promise<void> {
    const waiting = [...this.#tasks].filter(([key, { webhook }]) =>
      !this.#running.has(key) && this.#mayStart(webhook)
    );
    const next = Math.min(this.#nextScan, ...waiting.map(([, { due }]) => due));
    const milliseconds = Math.min(Math.max(next - Date.now(), 0), this.options.scanMs);
    await this.#wakeup.wait({ milliseconds });
    if (this.#stopped) return;
    await sleep(COALESCE_MS);
    // What has been told by now is seen by the look that follows.
    this.#wakeup.reset();
  }
}
