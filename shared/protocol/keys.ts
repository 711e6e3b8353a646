/**
 * Where every object lies in the store. No other file builds a key.
 *
 * ```
 * incoming/<learner>/<file>                        what people drop; not write-once; removed after acceptance
 * incoming/<learner>/.uploads/<id>/<file>          what came through the gateway; removed after acceptance
 * learners/<name>/learner.json                     name, seed, created
 * learners/<name>/config/<r>.json                  revision r of the knobs, for tasks not yet started
 * learners/<name>/arrivals/<seq>.json              a file has arrived       rejections/<seq>.json   and was refused
 * learners/<name>/tasks/<k>.json                   and was accepted as task k
 * learners/<name>/tasks/<k>/attempts/<a>.json      train it anew (a >= 2)   cancelled/<a>.json      or not at all
 * learners/<name>/tasks/<k>/failures/<n>.json      a job stopped an attempt at it
 * learners/<name>/versions/<v>.json                decision; row of the results matrix
 * learners/<name>/versions/<v>/promoted.json       a parked version was let through      withdrawn.json  taken back
 * learners/<name>/head.json                        which version serves: the only fact that changes
 * learners/<name>/deleted.json                     planning stops; the name is not used again
 * datasets/<sha256>.safetensors                    validated transitions
 * jobs/<jobId>/job.json result.json checkpoint run.json failures/<n>.json retries/<n>.json
 * artifacts/<sha256>                               blobs by content
 * announced/<fact key>                             the event of that fact has been published
 * webhooks/<id>/webhook.json settings/<r>.json     somebody wants to hear of events; revision r of which, and where
 * deliveries/pending/<webhook>/<fact key>          that fact's event is to be delivered; overwritten with each attempt
 * deliveries/done/<webhook>/<fact key>             and was delivered or given up
 * ```
 * @module
 */

const segmentPattern = /^[A-Za-z0-9._=-]+$/;
const learnerPattern = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
const hashPattern = /^[0-9a-f]{64}$/;
const UPLOADS = ".uploads";
/** Longest key in bytes. */
export const MAX_KEY_BYTES = 512;

/**
 * The key itself, if it is one: segments of `[A-Za-z0-9._=-]`, none `.` or `..`, at most 512 bytes in all.
 *
 * @throws {RangeError} naming the key and what is wrong with it.
 */
export function checkKey(key: string): string {
  if (key.length > MAX_KEY_BYTES) throw badKey(key, `it is longer than ${MAX_KEY_BYTES} bytes`);
  for (const segment of key.split("/")) {
    if (segment === "." || segment === "..") throw badKey(key, `"${segment}" is not allowed in it`);
    if (!segmentPattern.test(segment)) {
      throw badKey(key, "its parts may hold letters, digits and . _ = - and must not be empty");
    }
  }
  return key;
}

/**
 * The name itself, if a learner may have it: 1-64 lower-case letters, digits and inner hyphens.
 *
 * @throws {RangeError} saying the rule.
 */
export function checkLearnerName(name: string): string {
  if (learnerPattern.test(name)) return name;
  throw new RangeError(
    `A learner's name must be 1 to 64 lower-case letters, digits and hyphens, with no hyphen at its ends: ` +
      `current name is "${name}"`,
  );
}

/** Prefix of everything a learner has. */
export const learnerPrefix = (name: string): string => `learners/${checkLearnerName(name)}/`;
/** A learner exists. */
export const learnerKey = (name: string): string => `${learnerPrefix(name)}learner.json`;
/** A learner is gone. */
export const deletedKey = (name: string): string => `${learnerPrefix(name)}deleted.json`;
/** Which version serves. */
export const headKey = (name: string): string => `${learnerPrefix(name)}head.json`;
/** Revision of the knobs. */
export const configKey = (name: string, revision: number): string => numbered(name, "config", revision);
/** A file has arrived. */
export const arrivalKey = (name: string, seq: number): string => numbered(name, "arrivals", seq);
/** An arrival was refused. */
export const rejectionKey = (name: string, seq: number): string => numbered(name, "rejections", seq);
/** An arrival was accepted as task k. */
export const taskKey = (name: string, task: number): string => numbered(name, "tasks", task);
/** A task is to be trained anew. */
export const attemptKey = (name: string, task: number, attempt: number): string =>
  numbered(name, `tasks/${count(task)}/attempts`, attempt);
/** An attempt at a task is not made. */
export const cancelledKey = (name: string, task: number, attempt: number): string =>
  numbered(name, `tasks/${count(task)}/cancelled`, attempt);
/** A job stopped an attempt at a task. */
export const taskFailureKey = (name: string, task: number, n: number): string =>
  numbered(name, `tasks/${count(task)}/failures`, n);
/** Decision on a task. */
export const versionKey = (name: string, version: number): string => numbered(name, "versions", version);
/** A parked version was let through. */
export const promotedKey = (name: string, version: number): string =>
  `${learnerPrefix(name)}versions/${count(version)}/promoted.json`;
/** A version was taken back. */
export const withdrawnKey = (name: string, version: number): string =>
  `${learnerPrefix(name)}versions/${count(version)}/withdrawn.json`;

/** Prefix of what people drop for a learner. */
export const incomingPrefix = (learner: string): string => `incoming/${checkLearnerName(learner)}/`;
/** A dropped file. */
export const incomingKey = (learner: string, file: string): string =>
  checkKey(incomingPrefix(learner) + checkFileName(file));

/**
 * A file that is handed over through an upload: hidden from whoever looks for dropped files, since its arrival is
 * written by whoever took it in. `upload`: 32 hexadecimal digits, so that one upload never takes another's place.
 */
export const uploadKey = (learner: string, upload: string, file: string): string =>
  checkKey(`${incomingPrefix(learner)}${UPLOADS}/${upload}/${checkFileName(file)}`);
/** Whether a key is an upload's. */
export const isUploadKey = (key: string): boolean =>
  key.startsWith("incoming/") && key.split("/")[2] === UPLOADS;

/** Validated transitions, by hash of their content. */
export const datasetKey = (hash: string): string => `datasets/${checkHash(hash)}.safetensors`;
/** A blob, by hash of its content. */
export const artifactKey = (hash: string): string => `artifacts/${checkHash(hash)}`;

/** Prefix of everything about a job. */
export const jobPrefix = (jobId: string): string => `jobs/${checkHash(jobId)}/`;
/** The job itself. */
export const jobKey = (jobId: string): string => `${jobPrefix(jobId)}job.json`;
/** A job is done: the commit point. */
export const resultKey = (jobId: string): string => `${jobPrefix(jobId)}result.json`;
/** State of a training job under way. */
export const checkpointKey = (jobId: string): string => `${jobPrefix(jobId)}checkpoint`;
/** The worker's note on the run in progress and on attempts that came to nothing; overwritten, gone when done. */
export const runKey = (jobId: string): string => `${jobPrefix(jobId)}run.json`;
/** The job of a `jobs/<id>/result.json`, or undefined for other keys. */
export function parseResultKey(key: string): string | undefined {
  const [root, id, file, more] = key.split("/");
  return root === "jobs" && id && file === "result.json" && more === undefined ? id : undefined;
}
/** Prefix of the failures of a job. */
export const failuresPrefix = (jobId: string): string => `${jobPrefix(jobId)}failures/`;
/** A job was given up. */
export const failureKey = (jobId: string, n: number): string => `${failuresPrefix(jobId)}${count(n)}.json`;
/** Prefix of the retries of a job. */
export const retriesPrefix = (jobId: string): string => `${jobPrefix(jobId)}retries/`;
/** A failed job is to be done once more. */
export const retryKey = (jobId: string, n: number): string => `${retriesPrefix(jobId)}${count(n)}.json`;

/** Marks that the event of a fact has been published; the event's id is the fact's key. */
export const announcedKey = (id: string): string => checkKey(`announced/${id}`);

/** Prefix of all webhooks. */
export const WEBHOOKS_PREFIX = "webhooks/";
/** Prefix of everything about a webhook but its deliveries. */
export const webhookPrefix = (id: string): string => `${WEBHOOKS_PREFIX}${checkWebhookId(id)}/`;
/** Somebody wants to hear of events. */
export const webhookKey = (id: string): string => `${webhookPrefix(id)}webhook.json`;
/** Which events, and where to: revision r. */
export const webhookSettingsKey = (id: string, revision: number): string =>
  `${webhookPrefix(id)}settings/${count(revision)}.json`;
/** Prefix of deliveries that are still to be made, of one webhook or of all. */
export const pendingPrefix = (webhook?: string): string =>
  `deliveries/pending/${webhook === undefined ? "" : `${checkWebhookId(webhook)}/`}`;
/** Prefix of deliveries that were made or given up. */
export const donePrefix = (webhook?: string): string =>
  `deliveries/done/${webhook === undefined ? "" : `${checkWebhookId(webhook)}/`}`;
/** An event (named by its fact's key) is to be delivered. */
export const pendingKey = (webhook: string, event: string): string =>
  checkKey(pendingPrefix(webhook) + event);
/** An event was delivered or given up. */
export const doneKey = (webhook: string, event: string): string => checkKey(donePrefix(webhook) + event);
/** Webhook and event of a key under {@link pendingPrefix} or {@link donePrefix}, or undefined. */
export function parseDeliveryKey(key: string): { webhook: string; event: string } | undefined {
  const match = /^deliveries\/(?:pending|done)\/([0-9a-f]{24})\/(.+)$/.exec(key);
  return match ? { webhook: match[1]!, event: match[2]! } : undefined;
}

/** `safeFileName("run 1.hdf5")` is `run-1.hdf5`: a file name with every character a key cannot hold replaced. */
export function safeFileName(name: string): string {
  const base = name.split(/[\\/]/).at(-1) ?? "";
  const safe = base.replace(/[^A-Za-z0-9._=-]+/g, "-").replace(/^[.-]+/, "").slice(-128);
  return safe === "" ? "dataset" : safe;
}

/** Learner and file of an incoming key, or undefined for other keys. */
export function parseIncomingKey(key: string): { learner: string; file: string } | undefined {
  const [root, learner, file, more] = key.split("/");
  if (root !== "incoming" || !learner || !file || more !== undefined || !learnerPattern.test(learner)) return;
  return { learner, file };
}

/** The number n of `.../<n>.json`, or undefined. */
export function numberOfKey(key: string): number | undefined {
  const match = /\/([1-9][0-9]*)\.json$/.exec(key);
  return match ? Number(match[1]) : undefined;
}

function numbered(name: string, folder: string, n: number): string {
  return `${learnerPrefix(name)}${folder}/${count(n)}.json`;
}

function count(n: number): number {
  if (Number.isSafeInteger(n) && n >= 1) return n;
  throw new RangeError(`Numbers in keys are whole and start at 1: current number is ${n}`);
}

function checkHash(hash: string): string {
  if (hashPattern.test(hash)) return hash;
  throw new RangeError(`An object's name must be 64 hexadecimal digits: current name is "${hash}"`);
}

function checkWebhookId(id: string): string {
  if (/^[0-9a-f]{24}$/.test(id)) return id;
  throw new RangeError(`A webhook's id must be 24 hexadecimal digits: current id is "${id.slice(0, 80)}"`);
}

function checkFileName(file: string): string {
  if (!file.includes("/")) return file;
  throw new RangeError(`A dropped file's name must not hold a slash: current name is "${file}"`);
}

function badKey(key: string, reason: string): RangeError {
  return new RangeError(`"${key.slice(0, 80)}" cannot be a key: ${reason}`);
}
