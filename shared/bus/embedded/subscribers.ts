/**
 * Who listens to which subject in this process. A subscriber's fault or slowness reaches nobody else: it is called
 * later, as over a network, and what it throws is logged.
 * @module
 */
import type { News, Subject } from "../bus.ts";
import { createLog, type Log } from "@cugro/telemetry";

/** The subscribers of this process, by subject; each is called in a turn of its own. */
export class Subscribers {
  #handlers: { [S in Subject]: Set<(news: News[S]) => void> } = {
    events: new Set(),
    progress: new Set(),
    incoming: new Set(),
  };

  constructor(private readonly log: Log = createLog()) {}

  /** A function that ends the subscription. */
  add<S extends Subject>(subject: S, handler: (news: News[S]) => void): () => void {
    // The same handler may listen twice.
    const own = (news: News[S]) => handler(news);
    this.#handlers[subject].add(own);
    return () => void this.#handlers[subject].delete(own);
  }

  publish<S extends Subject>(subject: S, news: News[S]): void {
    const handlers = this.#handlers[subject];
    for (const handler of handlers) {
      queueMicrotask(() => {
        try {
          if (handlers.has(handler)) handler(news);
        } catch (error) {
          this.log.error("subscriber failed", { subject, error });
        }
      });
    }
  }

  clear(): void {
    this.#handlers.events.clear();
    this.#handlers.progress.clear();
    this.#handlers.incoming.clear();
  }
}
