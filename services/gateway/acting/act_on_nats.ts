/**
 * Acting over NATS: a request to `act.<learner>` is answered by one of the gateways.
 * @module
 */
import type { Answered, Asked, NatsBus } from "@cugro/bus";
import type { ProblemDetails } from "@cugro/client/schemas";
import { ACT_QUEUE, ACT_SUBJECTS, learnerOfActSubject } from "@cugro/protocol";
import { Problem } from "../problem.ts";
import { type ActMessageAnswer, type AnswerActMessage, refusal } from "./act_messages.ts";

/** Requests under way in one process; one more is told to come again. */
const MOST_UNDER_WAY = 1_000;

/**
 * Begins to answer.
 *
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

/** What the server would not carry is refused: it would be silence for who waits. */
function fitting({ status, document, headers }: ActMessageAnswer, asked: Asked): Answered {
  const body = JSON.stringify(document);
  if (status !== 200) return { body, headers: { ...headers, ...faultHeaders(status, document) } };
  // Headers have room beside it.
  if (body.length <= asked.maxBytes - 1_024) return { body, headers };
  const problem = new Problem(
    413,
    `The answer has ${body.length} bytes, and NATS carries ${asked.maxBytes}: ask about fewer observations at a time, ` +
      "or over HTTP",
  );
  const refused = refusal(problem).document;
  return { body: JSON.stringify(refused), headers: faultHeaders(413, refused) };
}

/** As services on NATS say that an answer is a fault (ADR-32). */
function faultHeaders(status: number, document: object): Record<string, string> {
  // cast: what has such a status is a problem document.
  const { detail } = document as ProblemDetails;
  // A header ends with its line.
  return {
    "Nats-Service-Error-Code": String(status),
    "Nats-Service-Error": detail.replace(/[^\x20-\x7e]+/g, " ").slice(0, 500),
  };
}
