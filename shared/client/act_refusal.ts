/**
 * Answers to acting that came as messages: a refusal is a problem document, told by its status.
 * @module
 */
import type { ActRequest } from "@cugro/protocol";
import { GatewayError } from "./send_requests.ts";
import type { ProblemDetails } from "./schemas/problem_details_schema.ts";

/** A request to a policy; `seed` is 0 if left out. */
export type ActInput = Omit<ActRequest, "seed"> & { seed?: number };

/**
 * The error that an answer is; undefined for actions.
 *
 * @param answer parsed JSON
 * @returns the error, to be thrown
 */
export function refusalOf(answer: object): GatewayError | undefined {
  if (!("status" in answer)) return undefined;
  // cast: what has a status is the gateway's problem document.
  const { status, detail, errors = [], instance } = answer as ProblemDetails;
  return new GatewayError(status, detail, errors, instance.split(":").at(-1));
}
