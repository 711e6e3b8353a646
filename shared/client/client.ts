/**
 * The client itself: the gateway's routes as methods.
 * @module
 */
import type { ActAnswer } from "@cugro/protocol";
import type { ActInput } from "./act_refusal.ts";
import { actOverWebSocket, type ActSocket, type ActSocketOptions } from "./act_over_websocket.ts";
import { type WatchedEvent, watchEvents, type WatchOptions } from "./watch_events.ts";
import {
  type ClientOptions,
  createRequester,
  type PathOf,
  type Reason,
  type Requester,
} from "./send_requests.ts";
import { type Overrides, type TaskClient, tasksOf } from "./task_methods.ts";
import { createVersionClient, type VersionClient } from "./version_methods.ts";
import { createWebhookClient, type WebhookClient } from "./webhook_methods.ts";
import type {
  Config,
  Curves,
  Fidelity,
  History,
  JobDetail,
  JobSummary,
  Learner,
  Losses,
  NewLearner,
  ReportLinkView,
  Results,
  StandingProblem,
  TokenView,
  Traffic,
} from "./schemas/mod.ts";

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
  tasks: TaskClient;
  jobs: {
    /** All of them, page by page. */
    list(name: string, filter?: { state?: JobSummary["state"]; task?: number }): Promise<JobSummary[]>;
    show(name: string, job: string): Promise<JobDetail>;
    /** Its losses, also while it runs. */
    curves(name: string, job: string): Promise<Curves>;
  };
  versions: VersionClient;
  webhooks: WebhookClient;
  problems: {
    /**
     * Everything that is wrong and that the token may see.
     *
     * @param filter.all also what was acknowledged
     */
    list(filter?: { all?: boolean }): Promise<StandingProblem[]>;
    /** Somebody has seen it: it is not shown any more until it comes up again. */
    acknowledge(id: string, options?: Reason): Promise<StandingProblem>;
  };
  results(name: string): Promise<Results>;
  /**
   * All versions in columns, for pictures of many.
   *
   * @param known what was answered before: if nothing has changed since, it is returned, and hardly anything is sent
   */
  history(name: string, known?: History): Promise<History>;
  /** @param filter.last only this many, the newest; else all of them */
  fidelity(name: string, filter?: { last?: number }): Promise<Fidelity["fidelity"]>;
  /** Losses of all trainings that are done. */
  losses(name: string): Promise<Losses["losses"]>;
  /** One of these as a file for other tools: `parquet` or `csv`. */
  table(
    name: string,
    what: "results" | "fidelity" | "losses",
    format: "csv" | "parquet",
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Requests to its policies in the last hour. */
  traffic(name: string): Promise<Traffic>;
  /** The rights of this token. */
  token(): Promise<TokenView>;
  /** An HTML page. */
  report(name: string): Promise<string>;
  /** An address that opens the report in a browser, without a token, for ten minutes and as long as this token is valid. */
  reportLink(name: string): Promise<{ url: string; expires: string }>;
  act(name: string, request: ActInput): Promise<ActAnswer>;
  /** A connection to act over, for control loops. */
  actOverWebSocket(name: string, options?: ActSocketOptions): ActSocket;
  /** Events of a learner (of all, without a name), until `signal`; goes on by itself after a lost connection. */
  events(name?: string, options?: WatchOptions): AsyncGenerator<WatchedEvent>;
}
/**
 * Makes a client of one gateway, with one token.
 *
 * @param options address, token, `fetch`
 * @returns methods by what they are about
 *
 * @example
 * ```ts
 * import { createClient } from "@cugro/client";
 * import { assertEquals } from "@std/assert";
 *
 * // `fetch` is the runtime's unless another one is given; this one answers as a gateway without learners does.
 * const fetch = () => Promise.resolve(Response.json({ learners: [] }));
 * const client = createClient({ url: "https://cugro.example.org", token: "TOKEN", fetch });
 * assertEquals(await client.learners.list(), []);
 * ```
 */
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
    history: (name, known) => historyOf(requests, of(name, "/history"), known),
    fidelity: async (name, { last } = {}) =>
      (await requests.get<Fidelity>(of(name, `/fidelity${last === undefined ? "" : `?last=${last}`}`)))
        .fidelity,
    losses: async (name) => (await requests.get<Losses>(of(name, "/losses"))).losses,
    async table(name, what, format) {
      const response = await requests.send("GET", of(name, `/${what}?format=${format}`));
      return new Uint8Array(await response.arrayBuffer());
    },
    traffic: (name) => requests.get(of(name, "/traffic")),
    token: () => requests.get("/v1/token"),
    report: async (name) => await (await requests.send("GET", of(name, "/report"))).text(),
    async reportLink(name) {
      const { path, expires } = await requests.post<ReportLinkView>(of(name, "/report/link"), {});
      return { url: requests.url(path), expires };
    },
    act: (name, request) => requests.post(of(name, "/act"), request),
    actOverWebSocket: (name, more = {}) => actOverWebSocket(options, name, more),
    events: (name, watch = {}) =>
      watchEvents(requests, name === undefined ? "/v1/events" : of(name, "/events"), watch),
  };
}

async function historyOf(requests: Requester, path: string, known: History | undefined): Promise<History> {
  const headers = known && { "if-none-match": `W/"${known.mark}"` };
  const response = await requests.send("GET", path, headers ? { headers } : {});
  if (known && response.status === 304) return known;
  return await response.json();
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
    curves: (name, job) => requests.get(of(name, `/jobs/${job}/curves`)),
  };
}
