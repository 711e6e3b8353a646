/**
 * What travels as messages, as an AsyncAPI 3 document: subjects and payloads on NATS, and what webhooks send. Made from the
 * schemas that services check messages with, and from the functions that name subjects.
 * @module
 */
import { consumerName, eventSubject, progressOfKind } from "@cugro/bus";
import { problemSchema } from "@cugro/client/schemas";
import {
  ACT_SUBJECTS,
  actRequestSchema,
  cloudEventSchema,
  EVENT_DATA,
  EVENT_TYPES,
  type EventType,
  JOB_KINDS,
  type JobKind,
  type JsonObject,
  progressSchema,
  WEBHOOK_EVENT_TYPES,
} from "@cugro/protocol";
import { version } from "@cugro/telemetry";
import { z } from "zod";
import { answerSchema } from "./act.ts";
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
    info: { title: "CuGRO: events, progress and acting", version, description: DESCRIPTION },
    defaultContentType: "application/json",
    channels: {
      ...Object.fromEntries(events.map((type) => [nameOf(type), eventChannel(type)])),
      progress: {
        address: progressOfKind(ANY_KIND).replace(consumerName(ANY_KIND), "{kind}").replace("*", "{job}"),
        parameters: { ...KIND, job: { description: "Its id" } },
        description: "How far running jobs are, at most twice a second for each",
        messages: { progress: message("progress") },
      },
      act: {
        address: ACT_SUBJECTS.replace("*", "{learner}"),
        parameters: { learner: { description: "Its name" } },
        description: "Asks one of the gateways for actions, as the user `robot`",
        messages: { actRequest: message("actRequest") },
      },
      actReply: {
        address: null,
        description: "The subject that the request named for its answer",
        messages: { actAnswer: message("actAnswer"), refusal: message("refusal") },
      },
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
    act: {
      action: "receive",
      channel: channel("act"),
      messages: [inChannel("actRequest", "act")],
      reply: {
        channel: channel("actReply"),
        messages: [inChannel("actAnswer", "actReply"), inChannel("refusal", "actReply")],
      },
    },
  };
}

function messages(): JsonObject {
  const events = EVENT_TYPES.map((type) => [nameOf(type), { title: type, ...payload(eventSchema(type)) }]);
  return {
    ...Object.fromEntries(events),
    progress: { title: "Progress of a job", ...payload(progressSchema) },
    actRequest: { title: "Observations to act on", ...payload(z.strictObject(actRequestSchema.shape)) },
    actAnswer: { title: "Actions", ...payload(answerSchema) },
    refusal: { title: "A problem document (RFC 9457)", ...payload(problemSchema) },
  };
}

function eventSchema(type: EventType): z.ZodType {
  return cloudEventSchema.extend({ type: z.literal(type), data: EVENT_DATA[type] });
}

function payload(schema: z.ZodType): JsonObject {
  const { $schema: _, ...told } = z.toJSONSchema(schema, { io: "input", target: "draft-7" });
  // cast: a JSON Schema is JSON.
  return {
    payload: { schemaFormat: "application/schema+json;version=draft-07", schema: told as JsonObject },
  };
}
