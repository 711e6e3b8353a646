/**
 * WebSockets of `cugro serve`: one learner, no tokens.
 * @module
 */
import { createInFlight } from "@cugro/gateway";
import { actOnWebSockets, type ActSockets, createActMessages } from "@cugro/gateway/acting";
import { actSocketPath } from "@cugro/protocol/act-socket";
import type { Acting } from "@cugro/serving";
import type { Log } from "@cugro/telemetry";
import { createMetrics } from "@cugro/telemetry/metrics";
import { problem } from "./serve_problem.ts";

const THIS_MACHINE = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** Acts over WebSockets as the gateway does. */
export function openServeSockets(learner: string, acting: Pick<Acting, "act">, log: Log): ActSockets {
  const metrics = createMetrics("serve");
  const knows = (name: string) => Promise.resolve(name === learner);
  const answer = createActMessages({ acting: { act: acting.act, knows }, metrics, log });
  return actOnWebSockets({
    ...{ answer, metrics, log, inFlight: createInFlight(), rate: { take: () => 0 } },
    admit(request, door) {
      const refusal = refusalOf(request, learner);
      if (!refusal) {
        const standing = () => Promise.resolve(undefined);
        door.enter({ learner, requestId: crypto.randomUUID(), standing });
      }
      return Promise.resolve(refusal ?? new Response(null, { status: 204 }));
    },
  });
}

/** Pages of other sites must not act here: without tokens only the origin distinguishes them from the user's own programs. */
function refusalOf({ url, headers }: Request, learner: string): Response | undefined {
  if (new URL(url).pathname !== actSocketPath(learner)) {
    return problem(404, "Not found", `Only ${learner} is served here`);
  }
  const origin = headers.get("origin");
  if (origin === null || THIS_MACHINE.test(origin)) return undefined;
  return problem(403, "Not allowed", `Pages of ${JSON.stringify(origin.slice(0, 200))} may not connect here`);
}
