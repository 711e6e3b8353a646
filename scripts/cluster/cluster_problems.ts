/**
 * What is wrong in the cluster, said by its command: each problem once, and once that it is over.
 * @module
 */
import { pause } from "@cugro/async";
import { createClient } from "@cugro/client";
import { announceProblems } from "@cugro/problems";
import { type Place, withPlace } from "../cli/learners/place.ts";
import type { Cluster } from "./cluster.ts";
import { OWN_REQUEST } from "./cluster_output.ts";

/** The gateway is asked this often. */
const INTERVAL_MS = 2_000;

/** Says them until `signal` aborts; nothing without a gateway. */
export async function announceClusterProblems(
  { gatewayUrl: url, adminToken: token }: Pick<Cluster, "gatewayUrl" | "adminToken">,
  { report, signal, intervalMs = INTERVAL_MS }: {
    report: (line: string) => void;
    signal: AbortSignal;
    intervalMs?: number;
  },
): Promise<void> {
  if (url === undefined) return;
  const client = createClient({ url, token, retries: 0, fetch: askInOwnName });
  const place: Place = { kind: "gateway", name: url };
  const announce = announceProblems((line) => report(withPlace(line, place)), { named: true });
  while (!signal.aborted) {
    // A gateway that does not answer is being restarted, and its supervisor says so.
    const problems = await client.problems.list().catch(() => undefined);
    if (problems) announce(problems);
    await pause(intervalMs, signal);
  }
}

const askInOwnName: typeof fetch = (address, init) => {
  const headers = new Headers(init?.headers);
  headers.set("x-request-id", OWN_REQUEST);
  return fetch(address, { ...init, headers });
};
