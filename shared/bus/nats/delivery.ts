/**
 * A job message in one worker's hands. What it says to the server is a courtesy: if it is lost, the message comes
 * again and finds its job done.
 * @module
 */
import type { Msg } from "@nats-io/transport-node";
import type { Delivery, JobMessage } from "../bus.ts";
import type { Log } from "@cugro/telemetry";
import type { Link } from "./link.ts";
import type { Topology } from "./streams.ts";

/** How long ack, nak and term are repeated through an outage before the message is left to come again. */
const PATIENCE_MS = 10_000;

/** Dependencies of deliveries. */
export interface DeliveryContext {
  link: Link;
  topology: Topology;
  ackWaitMs: number;
  log: Log;
}

/**
 * Takes `message` out of `msg` into a worker's hands.
 *
 * @param msg as the server sent it; its reply subject is where acknowledgements go
 * @param message what `msg` holds, decoded
 * @returns whose `working()` and `nak()` do nothing once the ack wait has passed: the message may be
 *   another worker's
 */
export function createDelivery(
  { link, topology, ackWaitMs, log }: DeliveryContext,
  msg: Msg,
  message: JobMessage,
): Delivery {
  const { reply = "" } = msg;
  const { epoch } = topology;
  let renewedAt = performance.now();
  let settled = false;
  // The server does not check whose nak or heartbeat it is: after the ack wait the message may be another worker's.
  const isOurs = () => !settled && performance.now() - renewedAt < ackWaitMs;
  const settle = async (word: string) => {
    settled = true;
    await topology.settled();
    // If the stream was made again, this number is another job's by now, or nobody's.
    if (topology.epoch === epoch) await confirmEnd(link, reply, word, log.with({ jobId: message.jobId }));
  };
  return {
    message,
    deliveries: deliveriesOf(reply),
    working() {
      if (!isOurs()) return;
      renewedAt = performance.now();
      link.publish(reply, "+WPI");
    },
    ack: () => settle("+ACK"),
    nak: async (delayMs = 0) => {
      if (isOurs()) await settle(nakOf(delayMs));
    },
    term: () => settle("+TERM"),
  };
}

/** Says how the job ended, and waits until the server has heard it; gives up quietly. */
async function confirmEnd(link: Link, reply: string, word: string, log: Log): Promise<void> {
  try {
    await link.persist(`say ${word}`, () => link.ask(reply, word), { patienceMs: PATIENCE_MS });
  } catch (error) {
    log.debug("the bus did not take a job's end; the message will come again", { word, error });
  }
}

const nakOf = (delayMs: number) =>
  delayMs > 0 ? `-NAK ${JSON.stringify({ delay: Math.round(delayMs * 1e6) })}` : "-NAK";

/**
 * Gives a message back at once that nobody here wants.
 *
 * @param msg the message; one without a reply subject is left alone
 */
export function refuse(link: Link, msg: Msg): void {
  if (msg.reply) link.publish(msg.reply, "-NAK");
}

/**
 * From the reply subject: `$JS.ACK.<stream>.<consumer>.<deliveries>...`, or with domain and account in front of the
 * stream.
 */
function deliveriesOf(reply: string): number {
  const tokens = reply.split(".");
  return Number(tokens.length < 11 ? tokens[4] : tokens[6]);
}
