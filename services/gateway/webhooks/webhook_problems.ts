/**
 * Webhooks and problems: events of what is wrong, for those who want them; and webhooks that are themselves a problem.
 *
 * Whether somebody has been told that a problem came up stands in the records of deliveries, and so does whether they are
 * still to be told that it is over: also where the gateway that reported it has ended since.
 * @module
 */
import type { FactCache } from "@cugro/learners";
import {
  audienceOf,
  beganAt,
  type CloudEvent,
  createProblem,
  deliverySchema,
  donePrefix,
  EVERYONE,
  fitsPattern,
  isObserved,
  parseDeliveryKey,
  parseFact,
  parseProblemEventId,
  pendingPrefix,
  type Problem,
  problemDeliveriesPrefix,
  problemEvent,
  problemEventId,
  type WebhookDelivery,
} from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { listWebhooks, settingsOf, type Webhook } from "./hooks.ts";
import { findRecord } from "./records.ts";
import type { Wanted } from "./scan.ts";
import { HORIZON_MS } from "./wanted_events.ts";

/** This many failures in a row of one event are a problem. */
const FAILING_TRIES = 3;
/** Records that are looked at for each webhook. */
const LOOKED_AT = 20;

/** Current problems, and changes that are still to be delivered. */
export interface ProblemNews {
  onProblems(problems: readonly Problem[]): void;
  /** Whether anything was told since the last look. */
  isPending(): boolean;
  /** Events that are wanted and have no record. */
  look(hooks: readonly Webhook[], onMissing: (wanted: Wanted) => void): Promise<void>;
}

/**
 * What is new about problems, for webhooks.
 *
 * @param store where deliveries of problems are recorded
 * @returns nothing is known yet
 */
export function createProblemNews(store: Store): ProblemNews {
  let problems: readonly Problem[] | undefined;
  let lastMark = "";
  let pending = false;
  /** Problems that occurred since the last look: delivered even if they are over by the next, followed by their end. */
  let unseen = new Map<string, Problem>();
  /** Ids of what this gateway itself has observed. */
  const observed = new Set<string>();
  return {
    onProblems(now) {
      const mark = now.map(({ id, since, acknowledged }) => `${id} ${since} ${acknowledged === null}`).join();
      for (const problem of now) {
        if (isObserved(problem)) observed.add(problem.id);
        unseen.set(problem.id, problem);
      }
      problems = now;
      pending ||= mark !== lastMark;
      lastMark = mark;
    },
    isPending: () => pending,
    async look(hooks, onMissing) {
      pending = false;
      if (!problems) return;
      const seen = unseen;
      const standing = new Set(problems.map(({ id }) => id));
      const come = [...problems, ...[...seen.values()].filter(({ id }) => !standing.has(id))];
      unseen = new Map();
      try {
        await findMissing(store, hooks, come, observed, onMissing);
      } catch (error) {
        unseen = new Map([...seen, ...unseen]);
        throw error;
      }
      // What is over already: the next look says so.
      if (come.length > problems.length) pending = true;
    },
  };
}

async function findMissing(
  store: Store,
  hooks: readonly Webhook[],
  problems: readonly Problem[],
  observed: ReadonlySet<string>,
  onMissing: (wanted: Wanted) => void,
): Promise<void> {
  for (const hook of hooks) {
    for (const event of await missingEvents(store, hook, problems, observed)) {
      onMissing({ webhook: hook.fact.id, event });
    }
  }
}

async function missingEvents(
  store: Store,
  hook: Webhook,
  problems: readonly Problem[],
  observed: ReadonlySet<string>,
): Promise<CloudEvent[]> {
  const { active, types, learners } = settingsOf(hook);
  if (!active || !types.some((type) => type.startsWith("cugro.problem."))) return [];
  const sees = (audience: string) =>
    audience === EVERYONE || learners.some((pattern) => fitsPattern(pattern, audience));
  const recorded = await recordedEvents(store, hook.fact.id);
  const from = Math.max(Date.parse(hook.since), Date.now() - HORIZON_MS);
  const raised = problems.filter((problem) =>
    types.includes("cugro.problem.raised") && problem.acknowledged === null && sees(audienceOf(problem)) &&
    beganAt(problem) >= from && !recorded.has(problemEventId(problem.id, beganAt(problem), "raised"))
  );
  const resolved = types.includes("cugro.problem.resolved")
    ? await resolvedSince(store, hook.fact.id, recorded, new Set(problems.map(({ id }) => id)))
    : [];
  return [
    ...raised.map((problem) => problemEvent("cugro.problem.raised", problem)),
    ...resolved.filter((problem) => !isObserved(problem) || observed.has(problem.id))
      .map((problem) => problemEvent("cugro.problem.resolved", problem)),
  ];
}

/** Problems reported to a webhook that are over, which it has not been told yet. */
async function resolvedSince(
  store: Store,
  webhook: string,
  recorded: ReadonlySet<string>,
  standing: ReadonlySet<string>,
): Promise<Problem[]> {
  const newest = new Map<string, number>();
  for (const event of recorded) {
    const { problem, at, end } = parseProblemEventId(event)!;
    if (end === "raised" && !standing.has(problem)) {
      newest.set(problem, Math.max(at, newest.get(problem) ?? 0));
    }
  }
  const open = [...newest].filter(([problem, at]) => !recorded.has(problemEventId(problem, at, "resolved")));
  const records = await Promise.all(
    open.map(([problem, at]) => findRecord(store, webhook, problemEventId(problem, at, "raised"))),
  );
  // cast: the data of such an event is the problem
  return records.flatMap((record) => record ? [record.event.data as unknown as Problem] : []);
}

async function recordedEvents(store: Store, webhook: string): Promise<Set<string>> {
  const events = new Set<string>();
  // Pending first: what becomes done meanwhile is then seen twice rather than not at all.
  for (const state of ["pending", "done"] as const) {
    for (const { key } of await store.list(problemDeliveriesPrefix(state, webhook))) {
      const event = parseDeliveryKey(key)?.event ?? "";
      if (parseProblemEventId(event)) events.add(event);
    }
  }
  return events;
}

/**
 * Webhooks whose receivers do not answer as they should: an event failed again and again, or the last one was given up.
 *
 * @param cache of facts that have been read
 * @returns a problem for each of them
 */
export async function failingWebhooks(store: Store, cache: FactCache): Promise<Problem[]> {
  const hooks = await listWebhooks(store, cache, () => {});
  const found = await Promise.all(
    hooks.filter((hook) => settingsOf(hook).active).map(async (hook) => {
      const failed = await failedDelivery(store, hook.fact.id);
      return failed ? [failingWebhook(hook, failed)] : [];
    }),
  );
  return found.flat();
}

async function failedDelivery(store: Store, webhook: string): Promise<WebhookDelivery | undefined> {
  const newestFirst = (a: { lastModified: string }, b: { lastModified: string }) =>
    a.lastModified < b.lastModified ? 1 : -1;
  const pending = (await store.list(pendingPrefix(webhook))).sort(newestFirst).slice(0, LOOKED_AT);
  const [last] = (await store.list(donePrefix(webhook))).sort(newestFirst);
  const read = async (key: string) => {
    const object = await store.get(key);
    return object && parseFact(deliverySchema, object.bytes, key);
  };
  const records = await Promise.all([...pending, ...last ? [last] : []].map(({ key }) => read(key)));
  return records.find((record) => record?.state === "dead" || (record?.tries ?? 0) >= FAILING_TRIES);
}

function failingWebhook(hook: Webhook, { attempts, created, event }: WebhookDelivery): Problem {
  const { id } = hook.fact;
  const { url } = settingsOf(hook);
  const last = attempts.at(-1);
  const why = last?.error ?? (last?.status ? `status ${last.status}` : "no answer");
  return createProblem("webhook.failing", { webhook: id }, {
    since: attempts[0]?.at ?? created,
    subject: { learner: null, webhook: id },
    message: `The webhook ${id} (${
      new URL(url).host
    }) keeps failing: ${event.type} could not be delivered (${why}).`,
    advice: "Mend the receiver, then send the events again; or change or remove the webhook.",
  });
}
