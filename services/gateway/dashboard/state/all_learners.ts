/**
 * All learners that the token may see, and their running jobs.
 * @module
 */
import { batch, signal } from "@preact/signals";
import type { Learner, ProgressMessage } from "@cugro/client";
import { client, sentenceOf } from "./page_session.ts";
import { createRefresher } from "./refresh.ts";
import { openStream } from "./stream.ts";

/** Learners asked about at a time. */
const AT_ONCE = 4;
/** A job without progress for this long (ms) does not run. */
const SILENT_MS = 15_000;

/** By name; undefined until they are known. */
export const learners = signal<ReadonlyMap<string, Learner> | undefined>(undefined);
/** Why they cannot be shown. */
export const learnersFault = signal<string | undefined>(undefined);
/** The last progress of each job that runs, by learner. */
export const runningJobs = signal<ReadonlyMap<string, readonly ProgressMessage[]>>(new Map());

/** Whether a key has asked for the field that filters them, which may not be on the page yet. */
export const filterWanted = signal(false);

/** Keeps them up to date until closed. */
export function openLearners(): () => void {
  const changed = new Set<string>();
  let isWhole = true;
  const latest = new Map<string, { progress: ProgressMessage; at: number }>();
  const refresher = createRefresher(async () => {
    const names = isWhole ? undefined : [...changed];
    isWhole = false;
    changed.clear();
    await readLearners(names);
  });
  const close = openStream(undefined, {
    onOpen() {
      isWhole = true;
      refresher.news();
    },
    onFault: (sentence) => void (learnersFault.value = sentence),
    onNews(news) {
      if (news.type === "progress") {
        latest.set(news.progress.jobId, { progress: news.progress, at: performance.now() });
        return showRunning(latest);
      }
      if (news.type === "traffic") return;
      if (news.type === "gap") isWhole = true;
      else if (!learners.value?.has(news.event.subject)) isWhole = true;
      else changed.add(news.event.subject);
      refresher.news();
    },
  });
  return () => {
    close();
    refresher.close();
    runningJobs.value = new Map();
  };
}

/** Reads those of these names, or all. */
async function readLearners(names: readonly string[] | undefined): Promise<void> {
  try {
    const all = names ?? await client.value.learners.list();
    const known = new Map(names ? learners.value : []);
    await inTurn(all, AT_ONCE, async (name) => {
      known.set(name, await client.value.learners.show(name));
    });
    batch(() => {
      learners.value = new Map([...known].sort(([a], [b]) => (a < b ? -1 : 1)));
      learnersFault.value = undefined;
    });
  } catch (error) {
    learnersFault.value = sentenceOf(error);
  }
}

async function inTurn<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const one = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, one));
}

function showRunning(latest: Map<string, { progress: ProgressMessage; at: number }>): void {
  const oldest = performance.now() - SILENT_MS;
  const running = new Map<string, ProgressMessage[]>();
  for (const [id, { progress, at }] of latest) {
    if (at < oldest || progress.step >= progress.steps) latest.delete(id);
    else running.set(progress.learner, [...running.get(progress.learner) ?? [], progress]);
  }
  runningJobs.value = running;
}
