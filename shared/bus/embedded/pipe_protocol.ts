/**
 * What parent and worker process say to each other: JSON lines over the worker's stdin and stdout. A line that is not
 * one of ours is something the worker printed; it is passed on as such.
 * @module
 */
import type { CloudEvent, JobKind, ProgressMessage } from "@cugro/protocol";
import type { IncomingHint, JobMessage, News, Subject } from "../bus.ts";
import type { Handout } from "./job_queue.ts";

/** From the worker. Those with an `id` are answered. */
export type Request =
  | { call: "submit"; id: number; message: JobMessage }
  | { call: "fetch"; id: number; kinds: readonly JobKind[] }
  | { call: "cancelFetch"; fetch: number }
  | { call: "working"; token: number }
  | { call: "ack"; id: number; token: number }
  | { call: "nak"; id: number; token: number; delayMs: number }
  | { call: "announce"; id: number; event: CloudEvent }
  | { call: "progress"; progress: ProgressMessage }
  | { call: "hint"; incoming: IncomingHint }
  | { call: "subscribe"; id: number; subject: Subject };

/** From the parent: the answer to a request, or news the worker subscribed to. */
export type Reply =
  | { reply: number; value: null | "queued" | "present" | Handout }
  | { subject: Subject; news: News[Subject] };

/**
 * One line. It starts with a line break, so that text printed without one before it does not spoil it; the break
 * before and the empty line in between are ignored by the reader.
 *
 * @param frame a question of the process, or its parent's answer
 * @returns a line of JSON between two line breaks
 */
export function encodeFrame(frame: Request | Reply): string {
  return `\n${JSON.stringify({ cugro: 1, ...frame })}\n`;
}

/**
 * The frame of a line, or undefined if the line is something else.
 *
 * @param line without its break
 * @returns the frame
 */
export function decodeFrame<F extends Request | Reply>(line: string): F | undefined {
  if (!line.startsWith('{"cugro":1,')) return undefined;
  try {
    return JSON.parse(line) as F;
  } catch {
    return undefined;
  }
}

/**
 * Cuts chunks of UTF-8 into lines; empty ones are left out.
 *
 * @param onLine called with each line, without its break
 * @returns takes the next chunk
 */
export function createLineReader(onLine: (line: string) => void): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder();
  let rest = "";
  return (chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") onLine(line);
  };
}
