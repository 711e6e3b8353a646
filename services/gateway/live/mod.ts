/**
 * What happens now and is no fact: progress of running jobs, and what policies are asked.
 * @module
 */
import type { Bus } from "@cugro/bus";
import { type ActTraffic, createActTraffic } from "./act_traffic.ts";
import { createProgressKeeper, type ProgressKeeper } from "./progress_keeper.ts";

export { type ActTraffic, type AskedMinute, createActTraffic, MINUTES } from "./act_traffic.ts";
export {
  createProgressKeeper,
  type KeptProgress,
  MOST_POINTS,
  type ProgressKeeper,
} from "./progress_keeper.ts";

/** What one process of the gateway has seen. */
export interface LiveFigures {
  progress: Pick<ProgressKeeper, "last" | "losses">;
  traffic: Pick<ActTraffic, "of" | "since">;
}

/** Where nobody follows the bus. */
export function noLiveFigures(): LiveFigures {
  return { progress: createProgressKeeper(), traffic: createActTraffic() };
}

/** What is followed until it is closed. Traffic is noted by those who answer. */
export interface FollowedFigures extends LiveFigures {
  traffic: ActTraffic;
  close(): Promise<void>;
}

/** Follows the bus. */
export async function followLive(bus: Bus): Promise<FollowedFigures> {
  const progress = createProgressKeeper();
  const traffic = createActTraffic();
  const unsubscribe = await bus.subscribe("progress", (one) => progress.note(one));
  return { progress, traffic, close: async () => await unsubscribe() };
}
