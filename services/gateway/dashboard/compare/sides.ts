/**
 * The two sides of a comparison, kept up to date: what is known of each learner and of the version that is looked at.
 * @module
 */
import { batch, signal } from "@preact/signals";
import type { History, Learner, Version } from "@cugro/client";
import { createRefresher } from "../state/refresh.ts";
import { client, sentenceOf } from "../state/page_session.ts";
import { openStream } from "../state/stream.ts";

/** One side of the comparison. `version`: null where the learner has none. */
export interface KnownSide {
  learner: Learner;
  history: History;
  version: Version | null;
}

/** Which learner and version; the serving one, or else the newest, unless one is chosen. */
export interface Chosen {
  name: string;
  version: number | undefined;
}

/** Names of learners that can be chosen. */
export const names = signal<readonly string[] | undefined>(undefined);
/** Left and right side; undefined until they are loaded. */
export const sides = signal<{ left: KnownSide | undefined; right: KnownSide | undefined }>({
  left: undefined,
  right: undefined,
});
/** Why something is missing. */
export const fault = signal<string | undefined>(undefined);

/** Keeps both sides up to date until closed. */
export function openSides(left: Chosen | undefined, right: Chosen | undefined): () => void {
  let isClosed = false;
  const looked = [left?.name, right?.name];
  const refresher = createRefresher(async () => {
    try {
      const [all, one, other] = await Promise.all([
        client.value.learners.list(),
        readSide(left, sides.value.left),
        readSide(right, sides.value.right),
      ]);
      if (isClosed) return;
      batch(() => {
        names.value = all;
        sides.value = { left: one, right: other };
        fault.value = undefined;
      });
    } catch (error) {
      if (!isClosed) fault.value = sentenceOf(error);
    }
  });
  const close = openStream(undefined, {
    onOpen: refresher.news,
    onFault: (sentence) => void (fault.value = sentence),
    onNews(news) {
      if ("event" in news ? looked.includes(news.event.subject) : news.type === "gap") refresher.news();
    },
  });
  return () => {
    isClosed = true;
    close();
    refresher.close();
  };
}

async function readSide(
  chosen: Chosen | undefined,
  before: KnownSide | undefined,
): Promise<KnownSide | undefined> {
  if (!chosen) return undefined;
  const { learners, versions, history } = client.value;
  const known = before?.learner.name === chosen.name ? before.history : undefined;
  const [learner, all] = await Promise.all([learners.show(chosen.name), history(chosen.name, known)]);
  const number = chosen.version ?? learner.head ?? all.versions.version.at(-1);
  return {
    ...{ learner, history: all },
    version: number === undefined ? null : await versions.show(chosen.name, number),
  };
}
