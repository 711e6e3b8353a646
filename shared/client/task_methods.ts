/**
 * Tasks: files handed over and judged, labels, retries.
 * @module
 */
import type { Reading } from "@cugro/protocol";
import { fieldMapTexts, gymnasiumText } from "@cugro/protocol/reading-texts";
import type { PathOf, Reason, Requester } from "./send_requests.ts";
import type { Arrival, Memory, MemoryRows, NewLabel, Relabelled, Task, Validation } from "./schemas/mod.ts";

/** Knob to value. */
export type Overrides = Record<string, string | number | boolean>;
/** Bytes of a file: all of them, or as they come. */
export type FileBody =
  | Uint8Array<ArrayBuffer>
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;
/** A file that was handed over; `added` is false if its content had arrived before. */
export type HandedOver = Arrival & { added: boolean };

/** A file with its name; `reading`: how it is to be read. */
export interface OfferedFile {
  fileName: string;
  body: FileBody;
  reading?: Reading;
}

/** What a file is to become. */
export interface Becoming {
  /** A task of its own, also if it holds the episodes of a task or is part of one. @default it becomes a revision of that task */
  asNewTask?: boolean;
}

/** Tasks of learners, and files that become some. */
export interface TaskClient {
  list(name: string): Promise<{ tasks: Task[]; waiting: Arrival[] }>;
  show(name: string, task: number): Promise<Task>;
  /** What is known of its real rows, and which versions remember it. */
  memory(name: string, task: number): Promise<Memory>;
  /** Pseudo-samples of it as a version's generators make them; seconds the first time. */
  pseudoRows(name: string, task: number, version: number, options?: { rows?: number }): Promise<MemoryRows>;
  /** Its real rows where they still exist, evenly spaced, or one episode (from 0). */
  rows(name: string, task: number, options?: { rows?: number; episode?: number }): Promise<MemoryRows>;
  /** Hands over a dataset, streamed. */
  upload(name: string, file: OfferedFile & Becoming): Promise<HandedOver>;
  /** What is right and wrong with a file of at most 256 MiB; nothing is kept of it. */
  validate(name: string, file: OfferedFile): Promise<Validation>;
  /** Hands over a file of this machine, with flat memory. `reading`: how it is to be read. */
  uploadFile(name: string, path: string, reading?: Reading, options?: Becoming): Promise<HandedOver>;
  /** Hands over an object that is in the store already: `incoming/<name>/<file>`. */
  adopt(name: string, object: string, options?: Becoming): Promise<HandedOver>;
  arrival(name: string, seq: number): Promise<Arrival>;
  retry(
    name: string,
    task: number,
    options?: Reason & { overrides?: Overrides },
  ): Promise<"continued" | "new attempt">;
  cancel(name: string, task: number, options?: Reason): Promise<Task>;
  /** Corrects a task's labels: `{ set: { goal: 2 } }`. */
  relabel(name: string, task: number, label: NewLabel): Promise<Relabelled>;
}

function becoming({ asNewTask }: Becoming): Record<string, string> {
  return asNewTask ? { asNewTask: "true" } : {};
}

/**
 * Makes the part of the client that is about tasks and files.
 *
 * @param requests with the gateway's address and token
 * @param of the path of a learner
 * @returns methods that throw a GatewayError where the gateway refuses
 */
export function tasksOf(requests: Requester, of: PathOf): TaskClient {
  const handOver = async (path: string, body: BodyInit, type: string): Promise<HandedOver> => {
    const response = await requests.send("POST", path, { body, type });
    return { ...await response.json() as Arrival, added: response.status === 202 };
  };
  const upload: TaskClient["upload"] = (name, { body, ...file }) => {
    return handOver(of(name, `/tasks?${fileQuery(file)}`), toBody(body), BYTES);
  };
  return {
    list: (name) => requests.get(of(name, "/tasks")),
    show: (name, task) => requests.get(of(name, `/tasks/${task}`)),
    ...memoryOf(requests, of),
    upload,
    async validate(name, { body, ...file }) {
      const sent = { body: toBody(body), type: BYTES };
      return await (await requests.send("POST", of(name, `/validate?${fileQuery(file)}`), sent)).json();
    },
    async uploadFile(name, path, reading, options = {}) {
      const file = { ...await openFile(path), ...options };
      return await upload(name, reading === undefined ? file : { ...file, reading });
    },
    adopt: (name, object, options = {}) => {
      const query = new URLSearchParams(becoming(options)).toString();
      const path = of(name, query === "" ? "/tasks" : `/tasks?${query}`);
      return handOver(path, JSON.stringify({ object }), "application/json");
    },
    arrival: (name, seq) => requests.get(of(name, `/arrivals/${seq}`)),
    async retry(name, task, options = {}) {
      return (await requests.post<{ how: "continued" | "new attempt" }>(
        of(name, `/tasks/${task}/retry`),
        options,
      )).how;
    },
    cancel: (name, task, options = {}) => requests.post(of(name, `/tasks/${task}/cancel`), options),
    relabel: (name, task, label) => requests.patch(of(name, `/tasks/${task}`), label),
  };
}

/** A file of this machine. Node's modules are loaded when they are wanted: a browser has none of them. */
async function openFile(path: string): Promise<OfferedFile> {
  const { createReadStream } = await import("node:fs");
  const { stat } = await import("node:fs/promises");
  const { basename } = await import("node:path");
  // A stream whose file is not there says so only when it is read, as a broken connection.
  await stat(path);
  return { fileName: basename(path), body: createReadStream(path) };
}

const BYTES = "application/octet-stream";

function fileQuery(
  { fileName, reading = {}, ...options }: Omit<OfferedFile, "body"> & Becoming,
): URLSearchParams {
  const query = new URLSearchParams({ fileName, ...becoming(options) });
  const { map = {}, environment, ...flags } = reading;
  for (const [flag, value] of Object.entries(flags)) query.set(flag, String(value));
  for (const text of fieldMapTexts(map)) query.append("map", text);
  if (environment !== undefined) query.set("gymnasium", gymnasiumText(environment));
  return query;
}

function toBody(body: FileBody): BodyInit {
  if (body instanceof Uint8Array || body instanceof Blob || body instanceof ReadableStream) return body;
  const pieces = body[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async (reason) => void await pieces.return?.(reason),
  });
}

function memoryOf(requests: Requester, of: PathOf): Pick<TaskClient, "memory" | "pseudoRows" | "rows"> {
  return {
    memory: (name, task) => requests.get(of(name, `/tasks/${task}/memory`)),
    pseudoRows: (name, task, version, { rows = 256 } = {}) =>
      requests.get(of(name, `/tasks/${task}/memory/${version}?rows=${rows}`)),
    rows(name, task, { rows = 256, episode } = {}) {
      const which = episode === undefined ? "" : `&episode=${episode}`;
      return requests.get(of(name, `/tasks/${task}/rows?rows=${rows}${which}`));
    },
  };
}
