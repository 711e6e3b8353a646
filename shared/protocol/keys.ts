/**
 * Keys of objects in the store, made and asked about by name; their shapes stand in `key_grammar.ts`. No other room
 * builds a key or takes one apart (`deno task layers` checks it).
 * @module
 */
import { JOB_KINDS, type JobKind } from "./job_kinds.ts";
import { type KeyOf, makeKey, parseKey } from "./key_grammar.ts";
import { checkHash, checkLearnerName, checkProblemId, checkWebhookId, HASH, LEARNER_NAME } from "./names.ts";

/** The folders at the top of a store, as prefixes. */
export const PREFIXES = {
  incoming: "incoming/",
  learners: "learners/",
  datasets: "datasets/",
  artifacts: "artifacts/",
  jobs: "jobs/",
  announced: "announced/",
  webhooks: "webhooks/",
  deliveries: "deliveries/",
  problems: "problems/",
  secrets: "secrets/",
  snapshots: "snapshots/",
  contents: "contents/",
} as const;
/** A key that nobody writes: asking for it tells whether the store answers. */
export const PROBE_KEY = `${PREFIXES.jobs}readiness`;
const UPLOADS = ".uploads";

/** Prefix of everything a learner has. */
export const learnerPrefix = (name: string): string => `${PREFIXES.learners}${checkLearnerName(name)}/`;
/** Prefix of a learner's arrivals. */
export const arrivalsPrefix = (name: string): string => `${learnerPrefix(name)}arrivals/`;
/** Prefix of a learner's versions and the facts about them. */
export const versionsPrefix = (name: string): string => `${learnerPrefix(name)}versions/`;
/** A learner exists. */
export const learnerKey = (learner: string): string => makeKey("learner", { learner });
/** A learner is gone: its first deletion. */
export const deletedKey = (learner: string): string => makeKey("deleted", { learner });
/** A learner is gone once more: its second deletion, or one after that. */
export const deletionKey = (learner: string, n: number): string => makeKey("deletion", { learner, n });
/** How a learner's n-th deletion ended: it was restored, or its objects are being swept. */
export const deletionEndKey = (learner: string, n: number): string => makeKey("deletionEnd", { learner, n });
/** Which version serves. */
export const headKey = (learner: string): string => makeKey("head", { learner });
/** Revision of the knobs. */
export const configKey = (learner: string, revision: number): string =>
  makeKey("config", { learner, revision });
/** A file has arrived. */
export const arrivalKey = (learner: string, seq: number): string => makeKey("arrival", { learner, seq });
/** An arrival was refused. */
export const rejectionKey = (learner: string, seq: number): string => makeKey("rejection", { learner, seq });
/** An arrival was accepted as task k. */
export const taskKey = (learner: string, task: number): string => makeKey("task", { learner, task });
/** A task is to be trained again. */
export const attemptKey = (learner: string, task: number, attempt: number): string =>
  makeKey("attempt", { learner, task, attempt });
/** An attempt at a task is not made. */
export const cancelledKey = (learner: string, task: number, attempt: number): string =>
  makeKey("cancelled", { learner, task, attempt });
/** A job stopped an attempt at a task. */
export const taskFailureKey = (learner: string, task: number, n: number): string =>
  makeKey("taskFailure", { learner, task, n });
/** Somebody else has run episodes with a version. */
export const evaluationKey = (learner: string, version: number, n: number): string =>
  makeKey("evaluation", { learner, version, n });
/** A task's labels are corrected. */
export const labelKey = (learner: string, task: number, n: number): string =>
  makeKey("label", { learner, task, n });
/** A task's dataset has grown. */
export const revisionKey = (learner: string, task: number, revision: number): string =>
  makeKey("revision", { learner, task, revision });
/** Decision on a task. */
export const versionKey = (learner: string, version: number): string =>
  makeKey("version", { learner, version });
/** A parked version was let through. */
export const promotedKey = (learner: string, version: number): string =>
  makeKey("promoted", { learner, version });
/** A version was taken back. */
export const withdrawnKey = (learner: string, version: number): string =>
  makeKey("withdrawn", { learner, version });
/**
 * The learner of a key under {@link learnerPrefix}, whatever it says else; undefined for other keys.
 * @param key any key
 * @returns its name
 */
export function learnerOfKey(key: string): string | undefined {
  const [root, name = "", more] = key.split("/", 3);
  return root === "learners" && more !== undefined && LEARNER_NAME.test(name) ? name : undefined;
}

/** Prefix of what people drop for a learner. */
export const incomingPrefix = (learner: string): string =>
  `${PREFIXES.incoming}${checkLearnerName(learner)}/`;
/** A dropped file. */
export const incomingKey = (learner: string, file: string): string => makeKey("incoming", { learner, file });
/**
 * A file that is handed over through an upload: hidden from scans for dropped files, since its arrival is
 * written by the process that took it in. `upload`: 32 hexadecimal digits, so that one upload never takes another's place.
 */
export const uploadKey = (learner: string, upload: string, file: string): string =>
  makeKey("upload", { learner, upload, file });
/** Whether a key lies where uploads do. */
export const isUploadKey = (key: string): boolean =>
  key.startsWith(PREFIXES.incoming) && key.split("/", 3)[2] === UPLOADS;
/** The shown name of a file under `incoming/`: an upload's own name, else its key. */
export const shownFile = (key: string): string => isUploadKey(key) ? key.split("/").at(-1)! : key;
/**
 * The name that a file under `incoming/`, however deep, was dropped for: any name, also one no learner can have.
 * @param key any key
 * @returns the name; undefined for other keys, and for files directly under `incoming/`
 */
export function recipientOfKey(key: string): string | undefined {
  const [root, name, more] = key.split("/", 3);
  return root === "incoming" && name && more !== undefined ? name : undefined;
}
/** The part of a path that is a key under `incoming/`, behind a store's own prefix; its letters are not judged. */
export const incomingPartOf = (path: string): string | undefined => /(?:^|\/)(incoming\/.+)$/.exec(path)?.[1];

/** Validated transitions, by hash of their content. */
export const datasetKey = (hash: string): string => makeKey("dataset", { hash });
/** A blob, by hash of its content. */
export const artifactKey = (hash: string): string => makeKey("artifact", { hash });
/** Bytes that were found under an artifact's hash and are others, set aside. */
export const damagedKey = (hash: string): string => makeKey("damaged", { hash });

/** Prefix of everything about jobs of a kind. */
export const kindPrefix = (kind: JobKind): string => `${PREFIXES.jobs}${kind}/`;
/** Prefix of everything about a job. */
export const jobPrefix = (kind: JobKind, job: string): string => `${kindPrefix(kind)}${checkHash(job)}/`;
/** The same in the layout of versions up to 0.2. */
export const oldJobPrefix = (job: string): string => `${PREFIXES.jobs}${checkHash(job)}/`;
/** The job itself. */
export const jobKey = (kind: JobKind, job: string): string => makeKey("job", { jobKind: kind, job });
/** The job itself, in the layout of versions up to 0.2. */
export const oldJobKey = (job: string): string => makeKey("oldJob", { job });
/** A job is done: the commit point. */
export const resultKey = (kind: JobKind, job: string): string => makeKey("result", { jobKind: kind, job });
/** A job is done, in the layout of versions up to 0.2. */
export const oldResultKey = (job: string): string => makeKey("oldResult", { job });
/** State of a training job under way. */
export const checkpointKey = (kind: JobKind, job: string): string =>
  makeKey("checkpoint", { jobKind: kind, job });
/** The worker's note on the run in progress and on failed attempts; overwritten, gone when done. */
export const runKey = (kind: JobKind, job: string): string => makeKey("run", { jobKind: kind, job });
/** A job was given up. */
export const failureKey = (kind: JobKind, job: string, n: number): string =>
  makeKey("failure", { jobKind: kind, job, n });
/** A failed job is to be done once more. */
export const retryKey = (kind: JobKind, job: string, n: number): string =>
  makeKey("retry", { jobKind: kind, job, n });
/** The same of failures in the layout of versions up to 0.2: failures and retries are counted side by side. */
export const oldRetryKey = (job: string, n: number): string => makeKey("oldRetry", { job, n });
/** A job is not needed at present: it is not begun, and stopped where it runs. Gone when a plan needs it. */
export const stoppedKey = (kind: JobKind, job: string): string => makeKey("stopped", { jobKind: kind, job });
/** A worker of this job has found the artifact under this hash to be damaged. */
export const damageKey = (kind: JobKind, job: string, hash: string): string =>
  makeKey("damage", { jobKind: kind, job, hash });
/**
 * The job of a key under {@link jobPrefix} or {@link oldJobPrefix}, whatever it says else; undefined for other keys.
 * @param key any key
 * @returns the job's id
 */
export function jobOfKey(key: string): string | undefined {
  const [root, ...parts] = key.split("/", 4);
  if (root !== "jobs") return undefined;
  if ((JOB_KINDS as readonly string[]).includes(parts[0] ?? "")) parts.shift();
  const [id = "", more] = parts;
  return more !== undefined && HASH.test(id) ? id : undefined;
}
/** The job whose result lies there, in either layout; undefined for other keys. @param key any key @returns the job's id */
export function jobOfResult(key: string): string | undefined {
  const parsed = parseKey(key);
  return parsed?.kind === "result" || parsed?.kind === "oldResult" ? parsed.job : undefined;
}
/** Whether a name directly below {@link PREFIXES}`.jobs` is a job of the layout of versions up to 0.2. */
export const isOldJobName = (name: string): boolean => HASH.test(name);

/** Marks that the event of a fact has been published; the event's id is the fact's key. */
export const announcedKey = (event: string): string => makeKey("announced", { event });
/** Prefix of the marks of a learner's own facts. */
export const announcedPrefix = (learner: string): string => `${PREFIXES.announced}${learnerPrefix(learner)}`;

/** Prefix of everything about a webhook but its deliveries. */
export const webhookPrefix = (webhook: string): string => `${PREFIXES.webhooks}${checkWebhookId(webhook)}/`;
/** A subscription to events. */
export const webhookKey = (webhook: string): string => makeKey("webhook", { webhook });
/** Which events, and where to: revision r. */
export const webhookSettingsKey = (webhook: string, revision: number): string =>
  makeKey("webhookSettings", { webhook, revision });
/** Prefix of deliveries that are still to be made: of all webhooks, of one, or of one and a learner's own facts. */
export const pendingPrefix = (webhook?: string, learner?: string): string =>
  deliveriesPrefix("pending", webhook, learner);
/** Prefix of deliveries that were made or given up: of all webhooks, of one, or of one and a learner's own facts. */
export const donePrefix = (webhook?: string, learner?: string): string =>
  deliveriesPrefix("done", webhook, learner);
/** An event (named by its fact's key) is to be delivered. */
export const pendingKey = (webhook: string, event: string): string => makeKey("pending", { webhook, event });
/** An event was delivered or given up. */
export const doneKey = (webhook: string, event: string): string => makeKey("done", { webhook, event });
/**
 * Webhook and event of a key under {@link pendingPrefix} or {@link donePrefix}, or undefined.
 * @param key any key
 * @returns undefined for other keys
 */
export function parseDeliveryKey(key: string): KeyOf<"pending"> | KeyOf<"done"> | undefined {
  const parsed = parseKey(key);
  return parsed?.kind === "pending" || parsed?.kind === "done" ? parsed : undefined;
}

/** Prefix of deliveries of a webhook that tell of problems. */
export const problemDeliveriesPrefix = (state: "pending" | "done", webhook: string): string =>
  `${deliveriesPrefix(state, webhook)}${PREFIXES.problems}`;
/** Prefix of the acknowledgements of a problem. */
export const acknowledgementsPrefix = (problem: string): string =>
  `${PREFIXES.problems}${checkProblemId(problem)}/`;
/** Somebody has seen a problem. */
export const acknowledgementKey = (problem: string, n: number): string =>
  makeKey("acknowledgement", { problem, n });
/** Written now and then, to see whether the store has room. */
export const ROOM_KEY = makeKey("room", {});
/** The key that gateways sign links to reports with. */
export const REPORT_LINKS_KEY = makeKey("reportLinks", {});
/** Id of an event about an occurrence of a problem, which began at `at` (ms since 1970). */
export const problemEventId = (problem: string, at: number, end: "raised" | "resolved"): string =>
  `${acknowledgementsPrefix(problem)}${at}/${end}`;
/**
 * What the id of an event about a problem says; undefined for other ids.
 * @param id of an event
 * @returns the problem's id, when it began (ms since 1970), and whether it is over
 */
export function parseProblemEventId(
  id: string,
): { problem: string; at: number; end: "raised" | "resolved" } | undefined {
  const match = /^problems\/([0-9a-f]{24})\/(\d{1,15})\/(raised|resolved)$/.exec(id);
  return match ? { problem: match[1]!, at: Number(match[2]), end: match[3] as "raised" } : undefined;
}

/** In a backup: which objects a store had at one moment. */
export const snapshotKey = (snapshot: string): string => makeKey("snapshot", { snapshot });
/** In a backup: bytes of objects, by their hash. */
export const contentKey = (hash: string): string => makeKey("content", { hash });

function deliveriesPrefix(state: "pending" | "done", webhook?: string, learner?: string): string {
  const all = `${PREFIXES.deliveries}${state}/`;
  if (webhook === undefined) return all;
  return `${all}${checkWebhookId(webhook)}/${learner === undefined ? "" : learnerPrefix(learner)}`;
}
