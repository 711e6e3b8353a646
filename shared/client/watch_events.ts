/**
 * The gateway's stream of events as an async iterator.
 * @module
 */
import { pause } from "@cugro/async";
import type { CloudEvent, EventType, ProgressMessage } from "@cugro/protocol";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { GatewayError, type Requester } from "./send_requests.ts";

/** What is watched. */
export interface WatchOptions {
  /** Ends the iteration. */
  signal?: AbortSignal;
  /** @default all */
  types?: readonly EventType[];
  /** Whether progress of jobs and traffic come too. @default false */
  progress?: boolean;
  /** Begin after this event; its `place`. @default what happens from now on */
  after?: string;
  /** Called when the stream is open: what happens from here on is not missed. Also after a lost connection. */
  onOpen?: () => void;
  /** Called when the connection is lost, and again each time that it cannot be had. */
  onLost?: () => void;
}

/** An event, progress, `traffic` (policies of a learner were asked by this gateway), or `gap`: some were missed and are gone, so read the state again. */
export type WatchedEvent =
  | { type: EventType; event: CloudEvent; place: string }
  | { type: "progress"; progress: ProgressMessage }
  | { type: "traffic"; learner: string }
  | { type: "gap" };

const RETRY_MS = 1_000;

/**
 * Events until `signal`.
 *
 * @param path of the gateway's stream of events
 * @param options `after`: the place to go on behind; `onLost` is called at each loss of the connection
 * @yields events with their places, each once, over as many connections as it takes
 * @throws {GatewayError} when the gateway refuses.
 */
export async function* watchEvents(
  requests: Requester,
  path: string,
  { signal, types, progress = false, after, onOpen, onLost }: WatchOptions,
): AsyncGenerator<WatchedEvent> {
  let place = after;
  const query = new URLSearchParams({ progress: String(progress) });
  if (types) query.set("types", types.join(","));
  while (!signal?.aborted) {
    try {
      const response = await requests.send("GET", `${path}?${query}`, {
        headers: { accept: "text/event-stream", ...(place === undefined ? {} : { "last-event-id": place }) },
        ...(signal ? { signal } : {}),
      });
      onOpen?.();
      for await (const { id, event, data } of parseStream(response.body!, signal)) {
        if (id !== undefined) place = id;
        if (event === undefined || data === undefined) continue;
        const watched = toWatched(event, data, place ?? "");
        if (watched) yield watched;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof GatewayError && error.status < 500) throw error;
      onLost?.();
      await pause(RETRY_MS, signal);
    }
  }
}

function toWatched(event: string, data: string, place: string): WatchedEvent | undefined {
  if (event === "gap") return { type: "gap" };
  if (event === "progress") return { type: "progress", progress: JSON.parse(data) };
  if (event === "traffic") return { type: "traffic", ...JSON.parse(data) };
  if (!event.startsWith("cugro.")) return undefined;
  return { type: event as EventType, event: JSON.parse(data), place };
}

/**
 * Server-sent events, and each `id` before what came with it: one may come alone, a place before anything has happened. The
 * signal ends a stream that is silent, too: not every `fetch` does so once it has answered.
 */
async function* parseStream(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Partial<EventSourceMessage>> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  // The library's own stream would read ahead, and a lost connection would drop events whose `id` was seen already.
  const parsed: Partial<EventSourceMessage>[] = [];
  const parser = createParser({
    onId: (id) => void parsed.push({ id }),
    onEvent: (message) => void parsed.push(message),
  });
  const end = () => void reader.cancel().catch(() => {});
  signal?.addEventListener("abort", end);
  try {
    while (!signal?.aborted) {
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* parsed.splice(0);
    }
  } finally {
    signal?.removeEventListener("abort", end);
    await reader.cancel().catch(() => {});
  }
}
