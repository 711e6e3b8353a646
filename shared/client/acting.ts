/**
 * Acting over NATS, for programs in the cluster that decide often.
 * @module
 */
import { type ActAnswer, actSubject } from "@cugro/protocol";
import { type ActInput, refusalOf } from "./act_refusal.ts";

/** What is needed of a connection to NATS: that of `@nats-io/transport-node` and its siblings has it. */
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
 * @throws {GatewayError} if the gateway refuses, as over HTTP
 * @throws {RangeError} if it is no learner's name
 * @throws what the connection throws: nobody answers, no answer in time, no such right
 */
export async function actOverNats(
  connection: NatsRequester,
  learner: string,
  request: ActInput,
  { timeoutMs = 5_000 }: NatsActOptions = {},
): Promise<ActAnswer> {
  const { data } = await connection.request(actSubject(learner), JSON.stringify(request), {
    timeout: timeoutMs,
  });
  const answer = JSON.parse(new TextDecoder().decode(data)) as ActAnswer;
  const refused = refusalOf(answer);
  if (refused) throw refused;
  return answer;
}
