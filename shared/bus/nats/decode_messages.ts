/**
 * What is inside messages: our own JSON, and the notifications of object stores. Whatever cannot be read is told
 * apart here, so that one bad message stops nobody.
 * @module
 */
import {
  type CloudEvent,
  cloudEventSchema,
  incomingPartOf,
  JOB_KINDS,
  progressSchema,
} from "@cugro/protocol";
import { z } from "zod";
import type { IncomingHint, JobMessage, News, Subject } from "../bus.ts";
import { isEventOf, isProgressOf } from "./subjects.ts";

const jobMessageSchema = z.object({
  jobId: z.string().min(1),
  kind: z.enum(JOB_KINDS),
  learner: z.string(),
  traceparent: z.string().exactOptional(),
});

const hintSchema = z.object({
  key: z.string().min(1),
  etag: z.string().exactOptional(),
  size: z.number().exactOptional(),
});

const notificationSchema = z.object({
  Records: z.array(z.object({
    eventName: z.string(),
    s3: z.object({
      object: z.object({ key: z.string(), eTag: z.string().nullish(), size: z.number().nullish() }),
    }),
  })),
});

/** The test message of a server when notifications are set up. */
const testEventSchema = z.object({ Event: z.literal("s3:TestEvent") });

/** UTF-8 to text. What a message holds is a view of a buffer that is used again: nothing else may keep it. */
const text = (data: Uint8Array): string => new TextDecoder().decode(data);

/**
 * Reads a job message.
 *
 * @param data bytes of JSON in UTF-8
 * @returns as its schema reads it
 * @throws {Error} if it is no job message.
 * @throws {Error} if it is no job message
 */
export function decodeJob(data: Uint8Array): JobMessage {
  return jobMessageSchema.parse(JSON.parse(text(data)));
}

/**
 * Reads an event.
 *
 * @param data bytes of JSON in UTF-8
 * @param from the subject that it was published under
 * @returns as its schema reads it
 * @throws {Error} if it is no event, or one that only others may publish.
 * @throws {Error} if it is no event, or one that only others may publish
 */
export function decodeEvent(data: Uint8Array, from: string): CloudEvent {
  const event = cloudEventSchema.parse(JSON.parse(text(data)));
  if (isEventOf(from, event)) return event;
  throw new Error(`${event.id} (${event.type}) was published as ${from}, where only other events belong`);
}

function decodeProgress(data: Uint8Array, from: string): News["progress"] {
  const progress = progressSchema.parse(JSON.parse(text(data))) as News["progress"];
  if (isProgressOf(from, progress)) return progress;
  throw new Error(`Progress of job ${progress.jobId} (${progress.kind}) was published as ${from}`);
}

/** The news in a message, given the subject it was published as, as told to subscribers. Throws where there is none. */
export const DECODERS: { [S in Subject]: (data: Uint8Array, from: string) => readonly News[S][] } = {
  events: (data, from) => [decodeEvent(data, from)],
  progress: (data, from) => [decodeProgress(data, from)],
  incoming: (data) => parseIncoming(JSON.parse(text(data))),
};

function parseIncoming(message: unknown): IncomingHint[] {
  if (testEventSchema.safeParse(message).success) return [];
  const own = hintSchema.safeParse(message);
  return own.success ? [own.data] : parseNotification(message);
}

/**
 * The hints in a notification of S3, MinIO or Versity's gateway (`{Records: [...]}`): objects created, under `incoming/`,
 * with or without a prefix of the store before it. Keys are URL-encoded there, with + for a space; but Versity, which
 * writes etags in quotes, leaves them as they are.
 *
 * @param message parsed JSON
 * @returns key, size in bytes and etag of each object
 * @throws {ZodError} if it is no such notification
 */
export function parseNotification(message: unknown): IncomingHint[] {
  return notificationSchema.parse(message).Records.flatMap(({ eventName, s3 }) => {
    if (!/^(s3:)?ObjectCreated:/.test(eventName)) return [];
    const { key: name, eTag, size } = s3.object;
    const key = incomingPartOf(eTag?.startsWith('"') ? name : decodeKey(name));
    if (key === undefined) return [];
    const etag = eTag?.replaceAll('"', "");
    return [{ key, ...(etag === undefined ? {} : { etag }), ...(typeof size === "number" ? { size } : {}) }];
  });
}

function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll("+", " "));
  } catch {
    // Not URL-encoded after all.
    return encoded;
  }
}
