/**
 * The client itself: the gateway's routes as methods.
 * @module
 */
import { type ActAnswer, fieldMapTexts, gymnasiumText, type Reading } from "@cugro/protocol";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { ActInput } from "./act_refusal.ts";
import { actOverWebSocket, type ActSocket, type ActSocketOptions } from "./act_socket.ts";
import { type WatchedEvent, watchEvents, type WatchOptions } from "./events.ts";
import { type ClientOptions, createRequester, type PathOf, type Reason, type Requester } from "./requests.ts";
import { createVersionClient, type VersionClient } from "./versions.ts";
import { createWebhookClient, type WebhookClient } from "./webhooks.ts";
import type {
  Arrival,
  Config,
  Fidelity,
  JobDetail,
  JobSummary,
  Learner,
  NewLabel,
  NewLearner,
  Relabelled,
  Results,
  StandingProblem,
  Task,
} from "./schemas/mod.ts";

type Overrides = Record<string, string | number | boolean>;
/** Bytes of a file: all of them, or as they come. */
export type FileBody =
  | Uint8Array<ArrayBuffer>
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;
/** A file that was handed over; `added` is false if its content had arrived before. */
export type HandedOver = Arrival & { added: boolean };

/** What a file is to become. */
export interface Becoming {
  /** A task of its own, also if it holds the episodes of a task or is part of one. @default it becomes a revision of that task */
  asNewTask?: boolean;
}

/** Every method throws a `GatewayError` when the gateway refuses, and what `fetch` throws otherwise. */
export interface GatewayClient {
  learners: {
    list(): Promise<string[]>;
    create(settings: NewLearner): Promise<Learner>;
    show(name: string): Promise<Learner>;
    /** New knobs for the tasks that have not been started. */
    configure(
      name: string,
      change: { preset?: string; overrides: Overrides },
    ): Promise<Config>;
    /** Stops a learner and its running jobs; it can be restored until garbage collection, 24 hours later at the earliest. */
    delete(name: string): Promise<void>;
    restore(name: string): Promise<Learner>;
  };
  tasks: {
    list(name: string): Promise<{ tasks: Task[]; waiting: Arrival[] }>;
    show(name: string, task: number): Promise<Task>;
    /** Hands over a dataset, streamed. */
    upload(
      name: string,
      file: { fileName: string; body: FileBody; reading?: Reading } & Becoming,
    ): Promise<HandedOver>;
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
    /** Puts right what is said of a task beside its rows: `{ set: { goal: 2 } }`. */
    relabel(name: string, task: number, label: NewLabel): Promise<Relabelled>;
  };
  jobs: {
    /** All of them, page by page. */
    list(name: string, filter?: { state?: JobSummary["state"]; task?: number }): Promise<JobSummary[]>;
    show(name: string, job: string): Promise<JobDetail>;
  };
  versions: VersionClient;
  webhooks: WebhookClient;
  problems: {
    /** Everything that is wrong and that the token may see. @param filter.all also what was acknowledged */
    list(filter?: { all?: boolean }): Promise<StandingProblem[]>;
    /** Somebody has seen it: it is not shown any more until it comes up again. */
    acknowledge(id: string, options?: Reason): Promise<StandingProblem>;
  };
  results(name: string): Promise<Results>;
  fidelity(name: string): Promise<Fidelity["fidelity"]>;
  /** An HTML page. */
  report(name: string): Promise<string>;
  act(name: string, request: ActInput): Promise<ActAnswer>;
  /** A connection to act over, for control loops. */
  actOverWebSocket(name: string, options?: ActSocketOptions): ActSocket;
  /** Events of a learner (of all, without a name), until `signal`; goes on by itself after a lost connection. */
  events(name?: string, options?: WatchOptions): AsyncGenerator<WatchedEvent>;
}
/** Makes a client of one gateway, with one token. */
export function createClient(options: ClientOptions): GatewayClient {
  const requests = createRequester(options);
  const of = (name: string, rest = "") => `/v1/learners/${encodeURIComponent(name)}${rest}`;
  return {
    learners: learnersOf(requests, of),
    tasks: tasksOf(requests, of),
    jobs: jobsOf(requests, of),
    versions: createVersionClient(requests, of),
    webhooks: createWebhookClient(requests),
    problems: {
      async list({ all = false } = {}) {
        return (await requests.get<{ problems: StandingProblem[] }>(`/v1/problems?all=${all}`)).problems;
      },
      acknowledge: (id, options = {}) =>
        requests.post(`/v1/problems/${encodeURIComponent(id)}/acknowledge`, options),
    },
    results: (name) => requests.get(of(name, "/results")),
    fidelity: async (name) => (await requests.get<Fidelity>(of(name, "/fidelity"))).fidelity,
    report: async (name) => await (await requests.send("GET", of(name, "/report"))).text(),
    act: (name, request) => requests.post(of(name, "/act"), request),
    actOverWebSocket: (name, more = {}) => actOverWebSocket(options, name, more),
    events: (name, watch = {}) =>
      watchEvents(requests, name === undefined ? "/v1/events" : of(name, "/events"), watch),
  };
}

function learnersOf(requests: Requester, of: PathOf): GatewayClient["learners"] {
  return {
    async list() {
      const { learners } = await requests.get<{ learners: { name: string }[] }>("/v1/learners");
      return learners.map(({ name }) => name);
    },
    create: (settings) => requests.post("/v1/learners", settings),
    show: (name) => requests.get(of(name)),
    configure: (name, change) => requests.post(of(name, "/config"), change),
    delete: async (name) => void await requests.send("DELETE", of(name)),
    restore: (name) => requests.post(of(name, "/restore"), {}),
  };
}

function becoming({ asNewTask }: Becoming): Record<string, string> {
  return asNewTask ? { asNewTask: "true" } : {};
}

function tasksOf(requests: Requester, of: PathOf): GatewayClient["tasks"] {
  const handOver = async (path: string, body: BodyInit, type: string): Promise<HandedOver> => {
    const response = await requests.send("POST", path, { body, type });
    return { ...await response.json() as Arrival, added: response.status === 202 };
  };
  const upload: GatewayClient["tasks"]["upload"] = (name, { fileName, body, reading = {}, ...options }) => {
    const query = new URLSearchParams({ fileName, ...becoming(options) });
    const { map = {}, environment, ...flags } = reading;
    for (const [flag, value] of Object.entries(flags)) query.set(flag, String(value));
    for (const text of fieldMapTexts(map)) query.append("map", text);
    if (environment !== undefined) query.set("gymnasium", gymnasiumText(environment));
    return handOver(of(name, `/tasks?${query}`), toBody(body), "application/octet-stream");
  };
  return {
    list: (name) => requests.get(of(name, "/tasks")),
    show: (name, task) => requests.get(of(name, `/tasks/${task}`)),
    upload,
    async uploadFile(name, path, reading, options = {}) {
      // A stream whose file is not there says so only when it is read, as a broken connection.
      await stat(path);
      const file = { fileName: basename(path), body: createReadStream(path), ...options };
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

function jobsOf(requests: Requester, of: PathOf): GatewayClient["jobs"] {
  return {
    async list(name, { state, task } = {}) {
      const jobs: JobSummary[] = [];
      const query = new URLSearchParams({ limit: "1000" });
      if (state !== undefined) query.set("state", state);
      if (task !== undefined) query.set("task", String(task));
      while (true) {
        query.set("offset", String(jobs.length));
        const page = await requests.get<{ jobs: JobSummary[]; total: number }>(of(name, `/jobs?${query}`));
        jobs.push(...page.jobs);
        if (page.jobs.length === 0 || jobs.length >= page.total) return jobs;
      }
    },
    show: (name, job) => requests.get(of(name, `/jobs/${job}`)),
  };
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
