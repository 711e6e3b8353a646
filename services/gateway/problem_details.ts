/**
 * Faults as problem details (RFC 9457): one shape for every error the gateway answers with.
 * @module
 */
import { KnobError } from "@cugro/algorithm/arrays";
import type { FieldFault, ProblemDetails } from "@cugro/client/schemas";
import { ActError } from "@cugro/serving";
import { StoreError, StoreFull } from "@cugro/store";
import { HTTPException } from "hono/http-exception";

const TITLES: Record<number, string> = {
  400: "Bad request",
  401: "Not authenticated",
  403: "Not allowed",
  404: "Not found",
  405: "Method not allowed",
  408: "Request too slow",
  409: "Conflict",
  413: "Too large",
  415: "Unsupported media type",
  422: "Cannot be done",
  426: "Upgrade required",
  429: "Too many requests",
  500: "Internal error",
  499: "Gone",
  501: "Not supported",
  503: "Unavailable",
  507: "No room left",
};

/** Thrown anywhere below the gateway to answer with a problem document. */
export class Problem extends Error {
  override name = "Problem";
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly more: { errors?: FieldFault[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, more.cause === undefined ? {} : { cause: more.cause });
  }
}

/** Only bodies that are JSON are looked at by their type. */
const JSON_WANTED = "The body must be JSON, and say so: send the header content-type: application/json";

/** As proxies log a request whose client did not wait for the answer. */
const CLIENT_GONE = 499;

/**
 * The problem that an error amounts to. What is nobody's fault but ours says nothing of our inside.
 *
 * @param error anything that was thrown
 * @param signal aborted once the client has gone
 * @returns with the status of its answer; 500 for what is not known
 */
export function problemOf(error: unknown, signal?: AbortSignal): Problem {
  if (error instanceof Problem) return error;
  // Nobody reads it, and it is no fault of ours: log and metrics would count it as one.
  if (signal?.aborted && error === signal.reason) {
    return new Problem(CLIENT_GONE, "The client has gone", { cause: error });
  }
  if (error instanceof HTTPException) {
    const detail = error.status === 415 ? JSON_WANTED : error.message;
    return new Problem(error.status, detail, { cause: error });
  }
  if (error instanceof ActError) return problemOfAct(error);
  if (error instanceof StoreFull) return new Problem(507, "The store has no room left", { cause: error });
  if (error instanceof StoreError) {
    const headers = { "retry-after": "5" };
    return new Problem(503, "The store cannot be reached or used now: try again", { headers, cause: error });
  }
  return new Problem(500, "Something went wrong here; the log has it under this request's id", {
    cause: error,
  });
}

function problemOfAct(error: ActError): Problem {
  const { status, message, retryAfterSeconds, field } = error;
  const wait = retryAfterSeconds === undefined
    ? {}
    : { headers: { "retry-after": String(retryAfterSeconds) } };
  const errors = field === undefined ? {} : { errors: [{ field: `body.${field}`, detail: message }] };
  return new Problem(status, message, { ...wait, ...errors, cause: error });
}

/**
 * A problem as the document that every way in answers with.
 *
 * @param requestId by which the log is found
 * @param problem what is wrong
 * @returns a document of RFC 9457
 */
export function problemDocument({ status, detail, more }: Problem, requestId: string): ProblemDetails {
  return {
    type: "about:blank",
    title: TITLES[status] ?? "Error",
    status,
    detail,
    instance: `urn:cugro:request:${requestId}`,
    ...(more.errors ? { errors: more.errors } : {}),
  };
}

/**
 * A problem as a response.
 *
 * @param problem what is wrong
 * @param requestId by which the log is found
 * @returns with the headers of the problem
 */
export function problemResponse(problem: Problem, requestId: string): Response {
  const headers = { "content-type": "application/problem+json", ...problem.more.headers };
  return new Response(JSON.stringify(problemDocument(problem, requestId)), {
    status: problem.status,
    headers,
  });
}

/**
 * Runs an act of a person; what its facts do not allow is a conflict.
 *
 * @param act throws a RangeError where it is not allowed
 * @returns what the act gives
 */
export async function judged<T>(act: () => Promise<T>): Promise<T> {
  return await refusing(409, act);
}

/**
 * Runs `work`; a `RangeError`, which says what is wrong with what was asked, becomes a problem of this status. Knobs that
 * cannot be turned so are a fault of the request, whatever else is judged beside them.
 *
 * @param status of the problem
 * @param work throws a RangeError for what is wrong
 * @param field of the request that is at fault
 * @returns what the work gives
 * @throws {Problem} for a RangeError; other errors as they are
 */
export async function refusing<T>(status: number, work: () => T | Promise<T>, field?: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const ofKnobs = error instanceof KnobError;
    const named = field ?? (ofKnobs ? "body.overrides" : undefined);
    const errors = named === undefined ? {} : { errors: [{ field: named, detail: error.message }] };
    throw new Problem(ofKnobs ? 422 : status, error.message, { ...errors, cause: error });
  }
}
