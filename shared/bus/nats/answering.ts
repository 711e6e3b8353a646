/**
 * Requests that are answered: one of a queue group takes each. Nobody waits in silence: what is too much to be taken, or
 * to be sent back, is answered as such by the serving side.
 * @module
 */
import { headers, type Msg } from "@nats-io/transport-node";
import type { Log } from "@cugro/telemetry";
import type { Link } from "./link.ts";

/** A request. */
export interface Asked {
  subject: string;
  /** A copy: the client's own buffer is used again. */
  data: Uint8Array;
  /** How many others this process has under way. */
  underWay: number;
  /** Largest answer that the server carries, bytes. */
  maxBytes: number;
}

/** An answer; `headers` beside it. */
export interface Answered {
  body: string;
  headers?: Readonly<Record<string, string>>;
}

/** Who answers, as which part of which group. */
export interface AnsweringOptions {
  subject: string;
  queue: string;
  /** Must not throw. */
  answer: (asked: Asked) => Promise<Answered>;
}

/**
 * Answers from now on, also after outages.
 *
 * @param link the connection, which comes back by itself after an outage
 * @param log where requests are named that could not be answered
 * @returns a function that takes no more requests, and resolves when those under way have been answered
 * @throws {Error} where the server does not allow it
 */
export async function answerRequests(
  link: Link,
  { subject, queue, answer }: AnsweringOptions,
  log: Log,
): Promise<() => Promise<void>> {
  const { connection } = link;
  const open = new Set<Promise<void>>();
  let refusal: Error | undefined;
  const take = async (message: Msg) => {
    const maxBytes = connection.info?.max_payload ?? Infinity;
    const asked = { subject: message.subject, data: message.data.slice(), underWay: open.size, maxBytes };
    const { body, headers: fields = {} } = await answer(asked);
    const head = headers();
    for (const [name, value] of Object.entries(fields)) head.set(name, value);
    message.respond(body, { headers: head });
  };
  const subscription = connection.subscribe(subject, {
    queue,
    callback: (error, message) => {
      if (error) return void (refusal = error);
      // Somebody who publishes waits for nothing.
      if (!message.reply) return;
      const done: Promise<void> = take(message)
        .catch((error) => log.error("a request could not be answered", { subject: message.subject, error }))
        .finally(() => void open.delete(done));
      open.add(done);
    },
  });
  await connection.flush().catch((error) => log.debug("answering starts with the connection", { error }));
  if (refusal) throw new Error(`NATS does not let this service answer ${subject}`, { cause: refusal });
  return async () => {
    // Requests that the server sent before it processed the unsubscribe are still answered.
    await (link.connected ? subscription.drain().catch(() => {}) : subscription.unsubscribe());
    while (open.size > 0) await Promise.all(open);
  };
}
