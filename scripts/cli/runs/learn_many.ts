/**
 * Many runs, some at a time: one that fails does not keep the others from being learnt, and Ctrl-C stops all that are left.
 * @module
 */
import { mapConcurrently } from "@cugro/async";
import { RunFailed } from "./learn_one.ts";

/** How they ended. `failed`: why, in sentences. */
export interface Ended {
  stopped: boolean;
  failed: string[];
}

/**
 * Learns them.
 *
 * @param finish one run; false where it was stopped
 * @returns finished runs, and reasons of failed ones
 * @throws {Error} that `finish` throws, but for a {@link RunFailed}
 */
export async function learnMany<Run>(
  runs: readonly Run[],
  parallel: number,
  finish: (run: Run) => Promise<boolean>,
): Promise<Ended> {
  const ended: Ended = { stopped: false, failed: [] };
  await mapConcurrently([...runs], parallel, async (run) => {
    if (ended.stopped) return;
    try {
      if (!await finish(run)) ended.stopped = true;
    } catch (error) {
      if (!(error instanceof RunFailed)) throw error;
      ended.failed.push(error.message);
    }
  });
  return ended;
}
