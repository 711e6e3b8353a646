/**
 * The gateway's stream of events as an async iterator.
 * @module
 */
import type { CloudEvent, EventType, ProgressMessage } from "@cugro/protocol";
import { GatewayError, type Requester } from "./client_requests.ts";

/** What is watched. */
export interface WatchOptions {
  /** Ends the iteration. */
  signal?: AbortSignal;
  /** @default all */
  types?: readonly EventType[];
  /** Whether progress of jobs comes too. @default false */
  progress?: boolean;
  /** Begin after this event; its `place`. @default what happens from now on */
  after?: string;
  /** Called when the stream is open: what happens from here on is not missed. Also after a lost connection. */
  onOpen?: () => void;
}

/** An event, progress, or `gap`: some were missed and are gone, so read the state again. */
export type WatchedEvent =
  | { type: EventType; event: CloudEvent; place: string }
  | { type: "progress"; progress: ProgressMessage }
  | { type: "gap" };

const RETRY_MS = 1_000;

/** Events until `signal`. @throws {GatewayError} when the gateway refuses. */
export async function* watchEvents(
  requests: Requester,
  path: string,
  { signal, types, progress = false, after, onOpen }: WatchOptions,
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
      for await (const { event, data, id } of parseStream(response.body!)) {
        if (id !== undefined) place = id;
        const watched = toWatched(event, data.join("\n"), place ?? "");
        if (watched) yield watched;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof GatewayError && error.status < 500) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function toWatched(event: string, data: string, place: string): WatchedEvent | undefined {
  if (event === "gap") return { type: "gap" };
  if (event === "progress") return { type: "progress", progress: JSON.parse(data) };
  if (!event.startsWith("cugro.")) return undefined;
  return { type: event as EventType, event: JSON.parse(data), place };
}

interface Block {
  event: string;
  data: string[];
  id: string | undefined;
}

/** Server-sent events as blocks of fields. */
async function* parseStream(body: ReadableStream<Uint8Array>): AsyncGenerator<Block> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = "";
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      rest = blocks.pop()!;
      yield* blocks.map(parseBlock);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** A block may hold an `id` alone: a place to go on from, before anything has happened. */
function parseBlock(text: string): Block {
  const block: Block = { event: "message", data: [], id: undefined };
  for (const line of text.split(/\r?\n/)) {
    const [, name, value = ""] = /^([a-z]+):? ?(.*)$/.exec(line) ?? [];
    if (name === "event") block.event = value;
    else if (name === "data") block.data.push(value);
    else if (name === "id") block.id = value;
  }
  return block;
}
