/**
 * Requests to act that come as messages, over NATS or a WebSocket: the same JSON in and out as over HTTP, and every
 * message has an answer. A refusal is the same problem document (RFC 9457) that HTTP answers with.
 * @module
 */
import { type ActId, actIdSchema, type ActRequest, actRequestSchema } from "@cugro/protocol";
import { actBody, actHeaders, type Acting } from "@cugro/serving";
import type { Log, Metrics } from "@cugro/telemetry";
import { z } from "zod";
import { noLearner } from "../gateway.ts";
import { Problem, problemDocument, problemOf } from "../problem_details.ts";
import { bodyProblem, refuseReserved } from "../request_body.ts";

/** Dependencies of the answers to messages. */
export interface ActMessageDeps {
  acting: Pick<Acting, "act" | "knows">;
  metrics: Pick<Metrics, "actRequests" | "actMessages">;
  log: Log;
}

/** An answer: its document, and what HTTP would say in the status and the headers. */
export interface ActMessageAnswer {
  status: number;
  document: object;
  headers: Record<string, string>;
  /** The request's id, where messages may have one. */
  id?: ActId;
}

/** A message and where it comes from. */
export interface ActMessage {
  /** How it came, for log and metrics; over a WebSocket it may have an id. */
  via: "nats" | "websocket";
  learner: string | undefined;
  message: string;
  /** Whose it is, where that is known. */
  token?: string;
  signal?: AbortSignal;
}

/** Answers one message; never throws. */
export type AnswerActMessage = (about: ActMessage) => Promise<ActMessageAnswer>;

const requestSchema = z.strictObject(actRequestSchema.shape);
const SCHEMAS = {
  nats: requestSchema,
  websocket: z.strictObject({ ...actRequestSchema.shape, id: actIdSchema.optional() }),
} as const;

/**
 * Makes the function that answers one message: JSON in, JSON or a problem document out.
 *
 * @param deps policies, metrics and log
 * @returns never throws: what is wrong is a problem document
 */
export function createActMessages({ acting, metrics, log }: ActMessageDeps): AnswerActMessage {
  return async ({ via, learner, message, token, signal }) => {
    const began = performance.now();
    metrics.actRequests.inc();
    const read = readMessage(message);
    const named = via === "websocket" ? idOf(read) : {};
    try {
      if (learner === undefined || !await acting.knows(learner)) throw noLearner(learner ?? "");
      const acted = await acting.act(learner, requestOf(read, via), signal);
      metrics.actMessages.observe({ via }, (performance.now() - began) / 1000);
      return { status: 200, document: actBody(acted), headers: actHeaders(acted), ...named };
    } catch (error) {
      const problem = problemOf(error, signal);
      const level = problem.status >= 500 ? "error" : "info";
      const requestId = crypto.randomUUID();
      const about = {
        ...{ requestId, via, learner: learner?.slice(0, 80), status: problem.status, reason: problem.detail },
        ...(token === undefined ? {} : { token }),
      };
      log[level]("request to act refused", level === "error" ? { ...about, error } : about);
      return { ...refusal(problem, requestId), ...named };
    }
  };
}

/**
 * A problem as an answer.
 *
 * @param problem its status is that of the answer
 * @param requestId by default a new one
 * @returns without a body of actions
 */
export function refusal(problem: Problem, requestId: string = crypto.randomUUID()): ActMessageAnswer {
  const { status, more } = problem;
  return { status, document: problemDocument(problem, requestId), headers: { ...more.headers } };
}

/** A parsed message, or its fault. */
type Read = { value: unknown } | { fault: Problem };

function readMessage(message: string): Read {
  try {
    refuseReserved(message);
    return { value: JSON.parse(message) };
  } catch (cause) {
    if (cause instanceof Problem) return { fault: cause };
    return { fault: new Problem(400, "The message is not JSON", { cause }) };
  }
}

/** The id also of what is wrong otherwise, so that its refusal has it. */
function idOf(read: Read): { id?: ActId } {
  const { value } = read as { value?: { id?: unknown } | null };
  const id = actIdSchema.safeParse(value?.id);
  return id.success ? { id: id.data } : {};
}

/** @throws {Problem} 400, naming each field that is wrong */
function requestOf(read: Read, via: ActMessage["via"]): ActRequest {
  if ("fault" in read) throw read.fault;
  const parsed = SCHEMAS[via].safeParse(read.value);
  if (parsed.success) return parsed.data;
  throw bodyProblem("body", parsed.error.issues);
}
