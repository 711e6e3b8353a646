/**
 * Acting over NATS, for programs in the cluster that decide often.
 * @module
 */
import { type ActAnswer, actSubject } from "@cugro/protocol";
import { type ActInput, refusalOf } from "./act_refusal.ts";

/** The part of a NATS connection that is needed, as in `@nats-io/transport-node` and its siblings. */
export interface NatsRequester {
  request(
    subject: string,
    payload: string,
    options: { timeout: number },
  ): Promise<{ data: Uint8Array }>;
}

/** How long an answer is waited for. */
export interface NatsActOptions {
  /** @default 5000 */
  timeoutMs?: number;
}

/**
 * Actions of a learner's serving policy, asked of the gateways over NATS. The connection's user needs the right to publish
 * `act.*` (in the rendered configuration `robot`, whose inboxes begin with `_INBOX_robot`).
 *
 * @param connection to NATS
 * @param learner its name
 * @param request task, observations `[n, S]`, seed
 * @param options time to wait in ms
 * @returns actions `[n, A]`, raw units
 * @throws {GatewayError} if the gateway refuses, as over HTTP
 * @throws {RangeError} if it is no learner's name
 * @throws {Error} called `TimeoutError` without an answer in time; else what the connection throws: nobody listens, no such right
 */
export async function actOverNats(
  connection: NatsRequester,
  learner: string,
  request: ActInput,
  { timeoutMs = 5_000 }: NatsActOptions = {},
): Promise<ActAnswer> {
  const subject = actSubject(learner);
  const asked = connection.request(subject, JSON.stringify(request), { timeout: timeoutMs });
  const { data } = await asked.catch((cause: unknown) => {
    if (!(cause instanceof Error) || cause.name !== "TimeoutError") throw cause;
    const words =
      `No answer to ${subject} within ${timeoutMs / 1000} s: the first request opens the learner's policy, ` +
      "which may take longer; ask again, or with a larger timeoutMs";
    throw Object.assign(new Error(words, { cause }), { name: cause.name });
  });
  const answer = JSON.parse(new TextDecoder().decode(data)) as ActAnswer;
  const refused = refusalOf(answer);
  if (refused) throw refused;
  return answer;
}
