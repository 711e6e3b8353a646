/**
 * What is wrong in the cluster, said by its command: each problem once, and once that it is over.
 * @module
 */
import { pause } from "@cugro/async";
import { createClient } from "@cugro/client";
import { sayProblems } from "@cugro/problems";
import type { Cluster } from "./cluster.ts";

/** The gateway is asked this often. */
const INTERVAL_MS = 2_000;

/** Says them until `signal` aborts; nothing without a gateway. */
export async function sayClusterProblems(
  { gatewayUrl: url, adminToken: token }: Pick<Cluster, "gatewayUrl" | "adminToken">,
  { say, signal, intervalMs = INTERVAL_MS }: {
    say: (line: string) => void;
    signal: AbortSignal;
    intervalMs?: number;
  },
): Promise<void> {
  if (url === undefined) return;
  const client = createClient({ url, token, retries: 0 });
  const tell = sayProblems(say, { named: true });
  while (!signal.aborted) {
    // A gateway that gives no answer is being started again: whoever starts it says so.
    const problems = await client.problems.list().catch(() => undefined);
    if (problems) tell(problems);
    await pause(intervalMs, signal);
  }
}
