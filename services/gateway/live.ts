/**
 * What runs beside the requests: policies, the log of events, deliveries to webhooks. Opened before the application, closed
 * after its last request.
 * @module
 */
import { createCache } from "@cugro/learners";
import type { Bus, Log, Metrics, Store } from "@cugro/platform";
import { type Acting, openActing } from "@cugro/serving";
import { openEventLog } from "./events/event_log.ts";
import { type EventFeed, openEventFeed, type StreamTimes } from "./events/event_stream.ts";
import type { Gateway, RouteDeps } from "./gateway.ts";
import { registerAct } from "./routes/act.ts";
import { registerEvents } from "./routes/events.ts";
import { registerWebhooks } from "./routes/webhooks.ts";
import { type Deliverer, startDeliverer } from "./webhooks/deliverer.ts";
import { DELIVERY_OPTIONS, type DeliveryOptions } from "./webhooks/options.ts";

/** What {@link openLive} needs. */
export interface LiveOptions {
  store: Store;
  bus: Bus;
  log: Log;
  metrics: Metrics;
  /** Policies that are open at a time. @default 8 */
  maxPolicies?: number;
  streams?: Partial<StreamTimes>;
  webhooks?: Partial<DeliveryOptions>;
}

/** See the module. */
export interface Live {
  acting: Acting;
  feed: EventFeed;
  deliverer: Deliverer;
  /** Adds the routes that need these. */
  register(app: Gateway, deps: RouteDeps): void;
  /** Ends streams at once, then what is under way: so that nobody waits for those who only listen. */
  close(): Promise<void>;
}

/** Opens all of it. */
export async function openLive(options: LiveOptions): Promise<Live> {
  const { store, bus, log, metrics, maxPolicies } = options;
  const cache = createCache();
  const acting = await openActing({
    ...{ store, bus, cache, log },
    ...(maxPolicies === undefined ? {} : { maxPolicies }),
    onBatch: ({ requests }) => metrics.actBatchSize.observe(requests),
  });
  const feed = await openEventFeed({
    bus,
    log: await openEventLog({ bus, log }),
    times: options.streams ?? {},
  });
  const webhooks = { ...DELIVERY_OPTIONS, ...options.webhooks };
  const deliverer = await startDeliverer({ store, bus, cache, log, metrics, options: webhooks });
  return {
    ...{ acting, feed, deliverer },
    register(app, deps) {
      registerAct(app, { ...deps, acting, metrics });
      registerEvents(app, { ...deps, feed });
      registerWebhooks(app, { ...deps, deliverer, addresses: webhooks });
    },
    async close() {
      await feed.close();
      await Promise.all([deliverer.close(), acting.close()]);
    },
  };
}
