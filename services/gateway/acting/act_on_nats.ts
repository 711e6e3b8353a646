/**
 * Acting over NATS: a request to `act.<learner>` is answered by one of the gateways.
 * @module
 */
import type { Asked, NatsBus } from "@cugro/bus";
import { ACT_QUEUE, ACT_SUBJECTS, learnerOfActSubject } from "@cugro/protocol";
import { Problem } from "../problem_details.ts";
import { type ActMessageAnswer, type AnswerActMessage, refusal } from "./act_messages.ts";
import { fitting } from "./nats_answer.ts";

/** Requests under way in one process; one more is told to come again. */
const MOST_UNDER_WAY = 1_000;

/**
 * Begins to answer.
 *
 * @param bus that requests come from
 * @param answer makes an answer of a message
 * @param options `mostUnderWay`: more are refused
 * @returns a function that takes no more requests, and resolves when those under way have been answered
 */
export function actOnNats(
  bus: Pick<NatsBus, "answer">,
  answer: AnswerActMessage,
  { mostUnderWay = MOST_UNDER_WAY }: { mostUnderWay?: number } = {},
): Promise<() => Promise<void>> {
  return bus.answer({
    subject: ACT_SUBJECTS,
    queue: ACT_QUEUE,
    answer: async (asked) => fitting(await answerOne(asked, answer, mostUnderWay), asked),
  });
}

async function answerOne(
  { subject, data, underWay }: Asked,
  answer: AnswerActMessage,
  mostUnderWay: number,
): Promise<ActMessageAnswer> {
  if (underWay >= mostUnderWay) {
    const headers = { "retry-after": "1" };
    return refusal(new Problem(503, `${underWay} requests are under way here: try again`, { headers }));
  }
  const message = new TextDecoder().decode(data);
  return await answer({ via: "nats", learner: learnerOfActSubject(subject), message });
}
