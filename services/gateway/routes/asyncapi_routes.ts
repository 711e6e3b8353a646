/**
 * What travels as messages, as an AsyncAPI 3 document: subjects and payloads on NATS, and what webhooks send. Made from the
 * schemas that services check messages with, and from the functions that name subjects.
 * @module
 */
import { consumerName, eventSubject, progressOfKind } from "@cugro/bus";
import { evaluationSchema, problemSchema } from "@cugro/client/schemas";
import {
  ACT_SUBJECTS,
  actRequestSchema,
  cloudEventSchema,
  EVALUATIONS_WANTED,
  EVENT_DATA,
  EVENT_TYPES,
  type EventType,
  HAND_IN_SUBJECTS,
  JOB_KINDS,
  type JobKind,
  type JsonObject,
  progressSchema,
  wantedAnswerSchema,
  wantedRequestSchema,
  WEBHOOK_EVENT_TYPES,
} from "@cugro/protocol";
import { version } from "@cugro/telemetry";
import { z } from "zod";
import { answerSchema } from "./act_routes.ts";
import { handInSchema } from "../evaluators_on_nats.ts";
import type { Gateway } from "../gateway.ts";

/** Adds `/asyncapi.json`. */
export function registerAsyncapi(app: Gateway): void {
  let document: string | undefined;
  app.get("/asyncapi.json", (context) => {
    document ??= JSON.stringify(asyncapiDocument());
    return context.body(document, 200, { "content-type": "application/json" });
  });
}

const DESCRIPTION =
  "Who only listens does so on NATS as the user `observer`, by server-sent events (`/v1/events` of the HTTP API), or by a " +
  "webhook. Events are CloudEvents 1.0 in JSON and arrive at least once: drop ids that you have seen. Members and types may be " +
  "added: ignore what you do not know. Events are also in the JetStream stream EVENTS for 7 days; progress is not stored.";

/** The document. */
export function asyncapiDocument(): JsonObject {
  const events = EVENT_TYPES.filter((type) => !isProblem(type));
  return {
    asyncapi: "3.0.0",
    info: { title: "CuGRO: events, progress, acting and evaluations", version, description: DESCRIPTION },
    defaultContentType: "application/json",
    channels: {
      ...Object.fromEntries(events.map((type) => [nameOf(type), eventChannel(type)])),
      progress: {
        address: progressOfKind(ANY_KIND).replace(consumerName(ANY_KIND), "{kind}").replace("*", "{job}"),
        parameters: { ...KIND, job: { description: "Its id" } },
        description: "How far running jobs are, at most twice a second for each",
        messages: { progress: message("progress") },
      },
      ...answeredChannels(),
      webhook: {
        address: null,
        description:
          "POST to the URL of a webhook, as Standard Webhooks has it: `webhook-signature` is `v1,` and the base64 " +
          "HMAC-SHA256, by the bytes after `whsec_`, of `<webhook-id>.<webhook-timestamp>.<body>`",
        messages: Object.fromEntries(
          WEBHOOK_EVENT_TYPES.map((type) => [nameOf(type), message(nameOf(type))]),
        ),
      },
    },
    operations: operations(events),
    components: { messages: messages() },
  };
}

/** Requests that a gateway answers, and where it does. */
function answeredChannels(): JsonObject {
  return {
    act: {
      address: ACT_SUBJECTS.replace("*", "{learner}"),
      parameters: { learner: { description: "Its name" } },
      description: "Asks one of the gateways for actions, as the user `robot`",
      messages: { actRequest: message("actRequest") },
    },
    evaluationsWanted: {
      address: EVALUATIONS_WANTED,
      description:
        "Asks one of the gateways which versions lack scores in which tasks, as the user `evaluator`. Ask every some " +
        "seconds: nothing is kept of who has asked, so two evaluators of one environment may both measure a version",
      messages: { wantedRequest: message("wantedRequest") },
    },
    evaluationsWantedReply: {
      address: null,
      description: "The subject that the request named for its answer",
      messages: { wantedAnswer: message("wantedAnswer"), refusal: message("refusal") },
    },
    evaluationsHandIn: {
      address: HAND_IN_SUBJECTS.replace("*", "{learner}"),
      parameters: { learner: { description: "Its name" } },
      description:
        "Hands in episodes that were run with a version, as the user `evaluator`. The same once more is not taken twice",
      messages: { handIn: message("handIn") },
    },
    evaluationsHandInReply: {
      address: null,
      description: "The subject that the request named for its answer",
      messages: { evaluation: message("evaluation"), refusal: message("refusal") },
    },
    actReply: {
      address: null,
      description: "The subject that the request named for its answer",
      messages: { actAnswer: message("actAnswer"), refusal: message("refusal") },
    },
  };
}

const isProblem = (type: EventType): boolean => type.startsWith("cugro.problem.");
const isOfJob = (type: EventType): boolean => type.startsWith("cugro.job.");

/** `cugro.version.published` -> `versionPublished`. */
function nameOf(type: EventType): string {
  const [, about, what] = type.split(".") as [string, string, string];
  return about + what[0]!.toUpperCase() + what.slice(1);
}

const message = (name: string) => ({ $ref: `#/components/messages/${name}` });
const channel = (name: string) => ({ $ref: `#/channels/${name}` });
const inChannel = (name: string, of = name) => ({ $ref: `#/channels/${of}/messages/${name}` });

const ANY_KIND: JobKind = "states.train";
const KIND = {
  kind: { description: "Of the job, with a dash for its point", enum: JOB_KINDS.map(consumerName) },
};

function eventChannel(type: EventType): JsonObject {
  const messages = { [nameOf(type)]: message(nameOf(type)) };
  if (!isOfJob(type)) return { address: eventSubject({ type, data: {} }), messages };
  const subject = eventSubject({ type, data: { kind: ANY_KIND } });
  return { address: subject.replace(consumerName(ANY_KIND), "{kind}"), parameters: KIND, messages };
}

function operations(events: readonly EventType[]): JsonObject {
  const sent = [...events.map(nameOf), "progress"];
  const capital = (name: string) => name[0]!.toUpperCase() + name.slice(1);
  return {
    ...Object.fromEntries(
      sent.map((name) => [
        `send${capital(name)}`,
        { action: "send", channel: channel(name), messages: [inChannel(name)] },
      ]),
    ),
    sendToWebhook: { action: "send", channel: channel("webhook") },
    act: asked("act", "actRequest", "actAnswer"),
    evaluationsWanted: asked("evaluationsWanted", "wantedRequest", "wantedAnswer"),
    evaluationsHandIn: asked("evaluationsHandIn", "handIn", "evaluation"),
  };
}

/** A request that a gateway answers, or refuses. */
function asked(name: string, request: string, answer: string): JsonObject {
  const reply = `${name}Reply`;
  return {
    action: "receive",
    channel: channel(name),
    messages: [inChannel(request, name)],
    reply: { channel: channel(reply), messages: [inChannel(answer, reply), inChannel("refusal", reply)] },
  };
}

function messages(): JsonObject {
  const events = EVENT_TYPES.map((type) => [nameOf(type), { title: type, ...payload(eventSchema(type)) }]);
  return {
    ...Object.fromEntries(events),
    progress: { title: "Progress of a job", ...payload(progressSchema) },
    actRequest: { title: "Observations to act on", ...payload(z.strictObject(actRequestSchema.shape)) },
    actAnswer: { title: "Actions", ...payload(answerSchema) },
    wantedRequest: { title: "What an evaluator can run", ...payload(wantedRequestSchema) },
    wantedAnswer: { title: "What is wanted", ...payload(wantedAnswerSchema) },
    handIn: { title: "Episodes of a version in a task", ...payload(handInSchema) },
    evaluation: { title: "An evaluation that was taken", ...payload(evaluationSchema) },
    refusal: { title: "A problem document (RFC 9457)", ...payload(problemSchema) },
  };
}

function eventSchema(type: EventType): z.ZodType {
  return cloudEventSchema.extend({ type: z.literal(type), data: EVENT_DATA[type] });
}

function payload(schema: z.ZodType): JsonObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", target: "draft-7" });
  // cast: a JSON Schema is JSON.
  return {
    payload: { schemaFormat: "application/schema+json;version=draft-07", schema: rest as JsonObject },
  };
}
