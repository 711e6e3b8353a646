/**
 * Who is connected all the while: a client that acts at a steady pace, one that follows events by SSE, and a receiver of
 * webhooks.
 * @module
 */
import { sleep } from "@cugro/async";
import type { GatewayClient } from "@cugro/client";
import { createServer } from "node:http";
import { type ActingClient, startActing } from "../faults/acting/acting_client.ts";
import { actedOf, type ActedShare, unanswered } from "../faults/campaign/cluster/acted.ts";
import { steadyNow } from "../faults/campaign/run_history.ts";
import type { Restarted } from "./restarts.ts";

const ACT_EVERY_MS = 200;
/** An act without an answer by then is not answered. Trainings and starting processes have the same few cores. */
const ACT_DEADLINE_MS = 30_000;
const STATES = 8;
/** Webhooks that wait for a gateway's restart are delivered within this. */
const LAST_EVENTS_MS = 30_000;

/** What followers saw. */
export interface Followed {
  acts: ActedShare;
  /** Sentences; of those that were sent while no gateway was being restarted. */
  unanswered: string[];
  /** Different events by way. */
  events: { sse: number; webhook: number };
  /** Events of learners that came by one of both ways only. */
  missed: string[];
}

/** Starts them. */
export async function startFollowers(
  { client, url, token }: { client: GatewayClient; url: string; token: string },
): Promise<{ actWith(learner: string): void; stop(gone: readonly Restarted[]): Promise<Followed> }> {
  const [bySse, byWebhook] = [new Set<string>(), new Set<string>()];
  const receiver = await receive(byWebhook);
  await client.webhooks.create({ url: receiver.url, description: "soak" });
  const stop = new AbortController();
  const following = followEvents(client, bySse, stop.signal);
  let acting: ActingClient | undefined;
  return {
    actWith(learner) {
      const body = { task: 1, observations: [Array(STATES).fill(0)] };
      const place = { url: `${url}/v1/learners/${learner}`, token, body };
      acting ??= startActing({ ...place, everyMs: ACT_EVERY_MS, deadlineMs: ACT_DEADLINE_MS });
    },
    async stop(gone) {
      const asked = await acting?.stop() ?? [];
      const deadline = performance.now() + LAST_EVENTS_MS;
      while (missing(bySse, byWebhook).length > 0 && performance.now() < deadline) await sleep(500);
      stop.abort();
      await following;
      await receiver.close();
      const toWall = steadyNow() - performance.now();
      const spans = gone.map(({ name, from, to }) => ({
        what: name,
        from: from + toWall,
        to: to + toWall + ACT_DEADLINE_MS,
      }));
      return {
        acts: actedOf(asked, [], spans).all,
        unanswered: unanswered(asked, spans),
        events: { sse: bySse.size, webhook: byWebhook.size },
        missed: missing(bySse, byWebhook),
      };
    },
  };
}

/** Events that one has, and the other should have. */
function missing(bySse: ReadonlySet<string>, byWebhook: ReadonlySet<string>): string[] {
  return [...bySse].filter((id) => !byWebhook.has(id)).map((id) => `${id} (webhook)`)
    .concat([...byWebhook].filter((id) => !bySse.has(id)).map((id) => `${id} (SSE)`));
}

/** Of learners; ends of jobs are news that is not kept for everybody. */
async function followEvents(client: GatewayClient, seen: Set<string>, signal: AbortSignal): Promise<void> {
  for await (const watched of client.events(undefined, { signal })) {
    if (
      "event" in watched && !watched.type.startsWith("cugro.job.") &&
      !watched.type.startsWith("cugro.problem.")
    ) {
      seen.add(watched.event.id);
    }
  }
}

async function receive(seen: Set<string>): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => text += chunk);
    request.on("end", () => {
      seen.add((JSON.parse(text) as { id: string }).id);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
