/**
 * Events and progress as they come; one stream at a time, since a browser has few connections to one place.
 * @module
 */
import { signal } from "@preact/signals";
import { GatewayError, type WatchedEvent } from "@cugro/client";
import { client, sentenceOf } from "./page_session.ts";

/** Whether the view is up to date. */
export const connection = signal<"connecting" | "live" | "lost">("connecting");

/** Handlers of what arrives. */
export interface StreamHandlers {
  /** From here on no event is missed; called again after a lost connection. */
  onOpen: () => void;
  onNews: (news: WatchedEvent) => void;
  /** The gateway refuses, for instance because there is no such learner. */
  onFault: (sentence: string) => void;
}

/** The stream of a learner, or of all, until it is closed. */
export function openStream(
  learner: string | undefined,
  { onOpen, onNews, onFault }: StreamHandlers,
): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  connection.value = "connecting";
  void follow();
  return () => stop.abort();

  async function follow(): Promise<void> {
    const watch = {
      ...{ signal, progress: true },
      onOpen() {
        connection.value = "live";
        onOpen();
      },
      onLost: () => void (connection.value = "lost"),
    };
    try {
      for await (const news of client.value.events(learner, watch)) onNews(news);
    } catch (error) {
      if (signal.aborted) return;
      connection.value = "lost";
      onFault(sentenceOf(error));
      // Too many streams of this token, say: the gateway says when to come again, and a later one may find room.
      if (!(error instanceof GatewayError) || error.status !== 429) return;
      setTimeout(() => signal.aborted || void follow(), 30_000);
    }
  }
}
