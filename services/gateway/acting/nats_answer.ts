/**
 * An answer as NATS carries it.
 * @module
 */
import type { Answered, Asked } from "@cugro/bus";
import type { ProblemDetails } from "@cugro/client/schemas";
import { Problem } from "../problem_details.ts";
import { type ActMessageAnswer, refusal } from "./act_messages.ts";

/**
 * An answer as NATS carries it. One that is larger is refused: it would be silence for the process that waits.
 *
 * @param asked bytes that a message may have
 * @param answer its status, document and headers
 * @returns the answer, or a problem of status 413
 */
export function fitting(
  { status, document, headers }: Omit<ActMessageAnswer, "id">,
  asked: Pick<Asked, "maxBytes">,
): Answered {
  const body = JSON.stringify(document);
  if (status >= 300) return { body, headers: { ...headers, ...faultHeaders(status, document) } };
  // Headers have room beside it.
  if (body.length <= asked.maxBytes - 1_024) return { body, headers };
  const problem = new Problem(
    413,
    `The answer has ${body.length} bytes, and NATS carries ${asked.maxBytes}: ask about fewer observations (or learners) ` +
      "at a time, or over HTTP",
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
