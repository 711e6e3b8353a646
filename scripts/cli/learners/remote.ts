/**
 * Learners behind a gateway, through its client.
 * @module
 */
import { createClient, type GatewayClient, GatewayError } from "@cugro/client";
import { audienceOf, EVERYONE } from "@cugro/protocol";
import type { ModelName, OnCheck } from "@cugro/export";
import { pickMeasures, trainingSteps } from "@cugro/learners";
import { episodesOf } from "./episode_scores.ts";
import type {
  Exported,
  KnownLearner,
  Learners,
  NewsListener,
  Reason,
  ShownPage,
  WholeStatus,
} from "./learners.ts";

/**
 * Learners at an address.
 *
 * @param url of the gateway
 * @param token bearer token
 * @returns operations on its learners
 */
export function openRemote(url: string, token: string): Learners {
  const client = createClient({ url, token });
  const { learners, tasks, versions } = client;
  return {
    place: { kind: "gateway", name: url.replace(/\/+$/, "") },
    list: () => learners.list(),
    problems: async (name) => {
      const all = await client.problems.list({ all: true });
      return name === undefined ? all : all.filter((one) => [name, EVERYONE].includes(audienceOf(one)));
    },
    acknowledge: (id, reason) => client.problems.acknowledge(id, why(reason)),
    ...shownBy(client),
    find: (name) => findLearner(client, name),
    create: async (settings) => void await learners.create(settings),
    configure: (name, change) => learners.configure(name, change),
    delete: (name) => learners.delete(name),
    restore: async (name) => void await learners.restore(name),
    // Only the gateway knows the tasks' episodes: it says so in the arrival's note, and in an event.
    foresee: () => Promise.resolve(undefined),
    async add(name, path, reading, options) {
      const { packFolder } = await import("@cugro/datasets");
      const packed = await packFolder(path);
      const { seq, added, reason } = packed
        ? await tasks.upload(name, { ...packed, ...reading ? { reading } : {}, ...options })
        : await tasks.uploadFile(name, path, reading, options);
      return { seq, added, reason };
    },
    learn: async (name) => (await import("./follow.ts")).follow(client, name),
    learnOn: () => Promise.resolve(),
    page: () => pageAt(url, token),
    ...actsBy(client),
    act: (name, request) => client.act(name, request),
    export: (name, wanted, onCheck) => exportFrom(client, name, wanted, onCheck),
    losses: (name) => client.losses(name),
    episodes: async (name, version) => episodesOf([await versions.show(name, version)], version),
    report: (name) => client.report(name),
    reportLink: (name) => client.reportLink(name),
    close: () => Promise.resolve(),
  };
}

/** Operator actions on a learner's versions and tasks. */
function actsBy(
  { tasks, versions }: GatewayClient,
): Pick<Learners, "promote" | "rollback" | "retry" | "cancel" | "relabel"> {
  return {
    promote: async (name, version, reason) => void await versions.promote(name, version, why(reason)),
    rollback: (name, version, reason) => versions.rollback(name, version, why(reason)),
    retry: (name, task, reason, overrides) => tasks.retry(name, task, { ...why(reason), overrides }),
    cancel: async (name, task, reason) => void await tasks.cancel(name, task, why(reason)),
    relabel: (name, task, { reason, ...label }) => tasks.relabel(name, task, { ...label, ...why(reason) }),
  };
}

/** Where learners stand, and news of them. */
function shownBy(client: GatewayClient): Pick<Learners, "status" | "look" | "whole" | "news"> {
  return {
    status: (name) => statusOf(client, name),
    look: (name) => statusOf(client, name),
    whole: (name) => statusOf(client, name),
    news: (name, listener) => listen(client, name, listener),
  };
}

async function listen(
  client: GatewayClient,
  name: string | undefined,
  { signal, onNews, onProgress }: NewsListener,
): Promise<void> {
  for await (const one of client.events(name, { signal, progress: true, onOpen: onNews, onLost: onNews })) {
    if (one.type === "progress") onProgress(one.progress);
    else if (one.type !== "traffic") onNews();
  }
}

/** The gateway's own page. */
async function pageAt(url: string, token: string): Promise<ShownPage> {
  const { addressOfPage } = await import("@cugro/gateway/here");
  return {
    addressOf: (place) => addressOfPage(url.replace(/\/+$/, ""), token, place),
    close: () => Promise.resolve(),
  };
}

/** The gateway says in `bundle.json` what it has not written. */
async function exportFrom(
  client: GatewayClient,
  name: string,
  { version, task }: { version?: number | undefined; task?: number | undefined },
  onCheck: OnCheck,
): Promise<Exported> {
  const serving = version ?? (await client.learners.show(name)).head;
  if (serving === null) throw new RangeError(`The learner "${name}" has no published version yet`);
  const zip = await client.versions.bundle(name, serving, {
    ...task === undefined ? {} : { task },
    // cast: models are named as `@cugro/export` names them, by the software that runs there.
    onProgress: ({ model, done, inputs }) => model && onCheck(model as ModelName, done, inputs),
  });
  const { unzipFiles } = await import("@cugro/export");
  const files = unzipFiles(zip);
  const { notWritten } = JSON.parse(new TextDecoder().decode(files.get("bundle.json")));
  return { learner: name, version: serving, files, notWritten };
}

function why(reason: Reason): { reason?: string } {
  return reason === undefined ? {} : { reason };
}

async function findLearner(client: GatewayClient, name: string): Promise<KnownLearner | undefined> {
  try {
    const { seed, config, rejections, tasks } = await client.learners.show(name);
    const cancelled = tasks.filter(({ state }) => state === "cancelled");
    return {
      seed,
      config,
      rejected: rejections.map(({ seq }) => seq),
      cancelled: cancelled.map(({ task, attempt }) => `${task}/${attempt}`),
    };
  } catch (error) {
    if (error instanceof GatewayError && error.status === 404) return undefined;
    throw error;
  }
}

/** In the form of a store, without what the gateway's lists leave out. */
async function statusOf(client: GatewayClient, name: string): Promise<WholeStatus> {
  const [learner, jobs, versions, results, fidelity] = await Promise.all([
    client.learners.show(name),
    client.jobs.list(name),
    client.versions.list(name),
    client.results(name),
    client.fidelity(name),
  ]);
  const { seed, created, ...rest } = learner;
  // Progress of a job is in no store: only the gateway that received it knows it.
  const known = jobs.map(({ progress: _, ...job }) => job);
  return {
    learner: { name, seed, created },
    deleted: false,
    config: rest.config,
    head: rest.head,
    tasks: rest.tasks,
    rejections: rest.rejections,
    versions: versions.map(({ scores, serving: _, decisionText: __, ...version }) => ({
      ...version,
      row: scores.map(({ estimate, ...cell }) => ({ ...cell, ...(estimate ? { estimate } : {}) })),
    })),
    resultsMatrix: results.resultsMatrix,
    valueEstimates: results.valueEstimates,
    estimates: results.estimates,
    remarks: results.remarks,
    validVersions: results.versions,
    ...pickMeasures(rest),
    jobs: known,
    openJobs: known.filter(({ state }) => state !== "done"),
    jobCounts: rest.jobs,
    steps: trainingSteps(known),
    fidelity,
    bytes: rest.bytes,
    secondsPerKind: rest.secondsPerKind,
    problems: rest.problems,
  };
}
