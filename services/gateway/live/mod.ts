/**
 * What happens now and is no fact: progress of running jobs, and what policies are asked.
 * @module
 */
import type { Bus } from "@cugro/bus";
import { type ActTraffic, createActTraffic } from "./act_traffic.ts";
import { createProgressMemory, type ProgressMemory } from "./progress_memory.ts";

export { type ActTraffic, type AskedMinute, createActTraffic, MINUTES } from "./act_traffic.ts";
export {
  createProgressMemory,
  type KeptProgress,
  MOST_POINTS,
  type ProgressMemory,
} from "./progress_memory.ts";

/** What one process of the gateway has seen. */
export interface LiveFigures {
  progress: Pick<ProgressMemory, "last" | "losses">;
  traffic: Pick<ActTraffic, "of" | "since">;
  /** Calls when policies of a learner have been asked, at most every 2 s a learner. */
  onAsked(handler: (learner: string) => void): void;
}

/** From a question to when it is told that there were some (ms). */
const NOTICE_MS = 2_000;

/**
 * Where nobody follows the bus.
 *
 * @returns figures that stay empty
 */
export function noLiveFigures(): LiveFigures {
  return { progress: createProgressMemory(), traffic: createActTraffic(), onAsked: () => {} };
}

/** What is followed until it is closed. Traffic is noted by those who answer. */
export interface FollowedFigures extends LiveFigures {
  traffic: ActTraffic;
  close(): Promise<void>;
}

/**
 * Follows the bus.
 *
 * @param bus whose progress is followed
 * @param noticeMs see {@link LiveFigures.onAsked}.
 * @returns must be closed
 * @default 2 s
 */
export async function followLive(bus: Bus, noticeMs = NOTICE_MS): Promise<FollowedFigures> {
  const progress = createProgressMemory();
  const traffic = createActTraffic();
  const handlers: ((learner: string) => void)[] = [];
  const due = new Map<string, ReturnType<typeof setTimeout>>();
  const notify = (learner: string) => {
    due.delete(learner);
    for (const handler of handlers) handler(learner);
  };
  const unsubscribe = await bus.subscribe("progress", (one) => progress.note(one));
  return {
    progress,
    traffic: {
      ...traffic,
      note(learner, task, outOfDistribution) {
        traffic.note(learner, task, outOfDistribution);
        if (!due.has(learner)) due.set(learner, setTimeout(() => notify(learner), noticeMs));
      },
    },
    onAsked: (handler) => void handlers.push(handler),
    async close() {
      for (const timer of due.values()) clearTimeout(timer);
      await unsubscribe();
    },
  };
}
