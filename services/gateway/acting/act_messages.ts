/**
 * Requests to act that come as messages, over NATS or a WebSocket: the same JSON in and out as over HTTP, and every
 * message has an answer. A refusal is the same problem document (RFC 9457) that HTTP answers with.
 * @module
 */
import { type ActRequest, actRequestSchema } from "@cugro/protocol";
import { actBody, actHeaders, type Acting } from "@cugro/serving";
import type { Log, Metrics } from "@cugro/telemetry";
import { z } from "zod";
import { noLearner } from "../gateway.ts";
import { Problem, problemDocument, problemOf } from "../problem.ts";
import { bodyProblem, refuseReserved } from "../request_body.ts";

/** What answers messages. */
export interface ActMessageDeps {
  acting: Pick<Acting, "act" | "knows">;
  metrics: Pick<Metrics, "actRequests" | "actMessages">;
  log: Log;
}

/** An answer: its body, and what HTTP would say in the status and the headers. */
export interface ActMessageAnswer {
  status: number;
  body: string;
  headers: Record<string, string>;
}

/** Answers one message; never throws. `via` is how it came, for log and metrics. */
export type AnswerActMessage = (
  about: { via: "nats" | "websocket"; learner: string | undefined; message: string; signal?: AbortSignal },
) => Promise<ActMessageAnswer>;

const schema = z.strictObject(actRequestSchema.shape);

/** See the module. */
export function createActMessages({ acting, metrics, log }: ActMessageDeps): AnswerActMessage {
  return async ({ via, learner, message, signal }) => {
    const began = performance.now();
    metrics.actRequests.inc();
    try {
      if (learner === undefined || !await acting.knows(learner)) throw noLearner(learner ?? "");
      const acted = await acting.act(learner, readRequest(message), signal);
      metrics.actMessages.observe({ via }, (performance.now() - began) / 1000);
      return { status: 200, body: JSON.stringify(actBody(acted)), headers: actHeaders(acted) };
    } catch (error) {
      const problem = problemOf(error);
      const level = problem.status >= 500 ? "error" : "info";
      const requestId = crypto.randomUUID();
      const about = {
        requestId,
        via,
        learner: learner?.slice(0, 80),
        status: problem.status,
        reason: problem.detail,
      };
      log[level]("request to act refused", level === "error" ? { ...about, error } : about);
      return refusal(problem, requestId);
    }
  };
}

/** A problem as an answer. */
export function refusal(problem: Problem, requestId: string = crypto.randomUUID()): ActMessageAnswer {
  const { status, more } = problem;
  return { status, body: JSON.stringify(problemDocument(problem, requestId)), headers: { ...more.headers } };
}

/** @throws {Problem} 400, naming each field that is wrong */
function readRequest(message: string): ActRequest {
  refuseReserved(message);
  let body: unknown;
  try {
    body = JSON.parse(message);
  } catch (cause) {
    throw new Problem(400, "The message is not JSON", { cause });
  }
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  throw bodyProblem("body", read.error.issues);
}
