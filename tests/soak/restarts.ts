/**
 * Which process is restarted after which task, and how: every one of them in turn, by SIGTERM and by SIGKILL.
 * @module
 */
import { sleep } from "@cugro/async";
import type { Cluster } from "../../scripts/cluster/cluster.ts";
import type { Supervised } from "../../scripts/cluster/supervised.ts";
import { untilReplaced } from "../faults/campaign/cluster/strike.ts";

/** A restart. */
export interface Restart {
  /** Of the process. */
  name: string;
  signal: "SIGTERM" | "SIGKILL";
}

/** In the second half a server is restarted after this many tasks: all that are connected connect again. */
const CALM_EVERY = 4;

/**
 * What is restarted after the n-th task of a half. In the first half every task is followed by a restart, of services and
 * servers in turn; in the second half only servers are restarted, so that each service has a long life.
 *
 * @param n from 1
 */
export function restartAfter(
  n: number,
  half: "first" | "second",
  { servers, services }: { servers: readonly string[]; services: readonly string[] },
): Restart | undefined {
  if (half === "first") return turn([...services, ...servers], n - 1);
  return n % CALM_EVERY === 0 ? turn(servers, n / CALM_EVERY - 1) : undefined;
}

/** One after the other; each is ended by SIGTERM and by SIGKILL in turn. */
function turn(names: readonly string[], index: number): Restart {
  const round = Math.floor(index / names.length);
  const place = index % names.length;
  return { name: names[place]!, signal: (place + round) % 2 === 0 ? "SIGTERM" : "SIGKILL" };
}

/** From when a process was ended until its successor was ready, in ms of `performance.now()`. */
export interface Restarted extends Restart {
  from: number;
  to: number;
}

/** Restarts one after the other, as they are asked for, each at some moment of the work that follows. */
export function createRestarter(cluster: Cluster, report: (sentence: string) => void) {
  const done: Restarted[] = [];
  let last: Promise<void> = Promise.resolve();
  return {
    done: done as readonly Restarted[],
    /** `afterMs`: not at once, so that not always the same kind of work is struck. */
    ask(restart: Restart, afterMs: number): void {
      last = last.then(async () => {
        await sleep(afterMs);
        const from = performance.now();
        await end(cluster.child(restart.name), restart.signal);
        done.push({ ...restart, from, to: performance.now() });
        report(
          `${restart.name} was ended by ${restart.signal} and is ready again after ${
            Math.round(performance.now() - from)
          } ms`,
        );
      });
      // Those who wait for `settled` get the error.
      last.catch(() => {});
    },
    /** @throws {Error} if a process did not come back */
    settled: () => last,
  };
}

async function end(child: Supervised, signal: NodeJS.Signals): Promise<void> {
  const { pid } = child;
  child.kill(signal);
  await untilReplaced(child, pid, `was ended by ${signal}`);
}
