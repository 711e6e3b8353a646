/**
 * The shape of every key of the store, once: keys are made from it and read by it.
 * @module
 */
import { JOB_KINDS, type JobKind } from "./job_kinds.ts";
import { checkHash, checkLearnerName, checkProblemId, checkSnapshotName, checkWebhookId } from "./names.ts";
import { HASH, LEARNER_NAME, PROBLEM_ID, SEGMENT, SNAPSHOT_NAME, WEBHOOK_ID } from "./names.ts";

/** Where every object lies, by what it is. */
export const KEY_SHAPES = {
  // What people drop; not write-once; removed after acceptance. `upload`: what is handed over (gateway, `cugro run`, `cugro add`).
  incoming: "incoming/{learner}/{file}",
  upload: "incoming/{learner}/.uploads/{upload}/{file}",

  // A learner: its name, seed and birth; the revisions of its knobs, for tasks not yet started.
  learner: "learners/{learner}/learner.json",
  config: "learners/{learner}/config/{revision}.json",
  // Planning stops, and the name is not used again; the second deletion and those after it; how one ended: the learner was
  // restored, or its objects are being swept.
  deleted: "learners/{learner}/deleted.json",
  deletion: "learners/{learner}/deletions/{n}.json",
  deletionEnd: "learners/{learner}/deletions/{n}/end.json",
  // Which version serves: the only fact that changes.
  head: "learners/{learner}/head.json",

  // A file has arrived, and was refused, or accepted as a task.
  arrival: "learners/{learner}/arrivals/{seq}.json",
  rejection: "learners/{learner}/rejections/{seq}.json",
  task: "learners/{learner}/tasks/{task}.json",
  // A task is to be trained again (from 2); an attempt at it is not made; a job stopped one.
  attempt: "learners/{learner}/tasks/{task}/attempts/{attempt}.json",
  cancelled: "learners/{learner}/tasks/{task}/cancelled/{attempt}.json",
  taskFailure: "learners/{learner}/tasks/{task}/failures/{n}.json",
  // A task's labels are corrected.
  label: "learners/{learner}/tasks/{task}/labels/{n}.json",
  // Its dataset has grown: the same task, to be learnt on the whole.
  revision: "learners/{learner}/tasks/{task}/revisions/{revision}.json",

  // The decision on a task, with its row of the results matrix; it was let through though parked, or taken back.
  version: "learners/{learner}/versions/{version}.json",
  promoted: "learners/{learner}/versions/{version}/promoted.json",
  withdrawn: "learners/{learner}/versions/{version}/withdrawn.json",
  // Episodes that somebody else has run with the version, in a simulator or on a robot of theirs.
  evaluation: "learners/{learner}/versions/{version}/evaluations/{n}.json",

  // Validated transitions, and blobs, by their content; `damaged`: bytes that were not what their name said.
  dataset: "datasets/{hash}.safetensors",
  artifact: "artifacts/{hash}",
  damaged: "artifacts/{hash}.damaged",

  // A job; its result is the commit point. The others: its state while it trains, the worker's note on attempts, how
  // often it was given up, how often it was asked for once more, that it is not needed at present (removed when it is needed
  // again), and an input that its worker found to be damaged. By kind, so that rights can tell kinds apart.
  job: "jobs/{jobKind}/{job}/job.json",
  result: "jobs/{jobKind}/{job}/result.json",
  checkpoint: "jobs/{jobKind}/{job}/checkpoint",
  run: "jobs/{jobKind}/{job}/run.json",
  failure: "jobs/{jobKind}/{job}/failures/{n}.json",
  retry: "jobs/{jobKind}/{job}/retries/{n}.json",
  stopped: "jobs/{jobKind}/{job}/stopped.json",
  damage: "jobs/{jobKind}/{job}/damaged/{hash}",
  // Where versions up to 0.2 had them: still read, and no longer written (but retries of failures that lie there).
  oldJob: "jobs/{job}/job.json",
  oldResult: "jobs/{job}/result.json",
  oldCheckpoint: "jobs/{job}/checkpoint",
  oldRun: "jobs/{job}/run.json",
  oldFailure: "jobs/{job}/failures/{n}.json",
  oldRetry: "jobs/{job}/retries/{n}.json",

  // The event of a fact has been published; the event's id is the fact's key.
  announced: "announced/{event}",

  // A subscription to events: which, and where to; an event that is to be delivered (overwritten with each
  // attempt), and one that was delivered or given up.
  webhook: "webhooks/{webhook}/webhook.json",
  webhookSettings: "webhooks/{webhook}/settings/{revision}.json",
  pending: "deliveries/pending/{webhook}/{event}",
  done: "deliveries/done/{webhook}/{event}",

  // Somebody has seen a problem, for the n-th time it came up.
  acknowledgement: "problems/{problem}/{n}.json",
  // Overwritten now and then, to see whether the store has room.
  room: "problems/room",

  // What all gateways of a store sign links to reports with: random bytes, written once by the first that needs them.
  reportLinks: "secrets/report-links",

  // In a backup, and nowhere else: which objects a store had at one moment, and their contents.
  snapshot: "snapshots/{snapshot}.json",
  content: "contents/{hash}",
} as const;

/** The kind of an object, by its key. */
export type KeyKind = keyof typeof KEY_SHAPES;

type NamesIn<Shape extends string> = Shape extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never;
type NumberName = "revision" | "seq" | "task" | "attempt" | "n" | "version";

/** The parts of a key of one kind. */
export type KeyOf<K extends KeyKind> =
  & { kind: K }
  & {
    [Name in NamesIn<typeof KEY_SHAPES[K]>]: Name extends NumberName ? number
      : Name extends "jobKind" ? JobKind
      : string;
  };

/** A parsed key: its kind, and the names and numbers in it. */
export type Key = { [K in KeyKind]: KeyOf<K> }[KeyKind];

/** Longest key in bytes. */
export const MAX_KEY_BYTES = 512;

/** How a name or number in a key is written, and what makes sure of it. */
interface Parameter {
  pattern: RegExp;
  check: (value: never) => string | number;
}

const count: Parameter = { pattern: /^[1-9][0-9]*$/, check: checkCount };
const hash: Parameter = { pattern: HASH, check: checkHash };
const segment: Parameter = { pattern: SEGMENT, check: checkSegment };
const otherKey: Parameter = { pattern: /^.+$/, check: (key: string) => key };

const PARAMETERS: Readonly<Record<NamesIn<typeof KEY_SHAPES[KeyKind]>, Parameter>> = {
  learner: { pattern: LEARNER_NAME, check: checkLearnerName },
  ...{ revision: count, seq: count, task: count, attempt: count, n: count, version: count },
  ...{ hash, job: hash },
  jobKind: { pattern: new RegExp(`^(?:${JOB_KINDS.join("|").replaceAll(".", "\\.")})$`), check: checkKind },
  webhook: { pattern: WEBHOOK_ID, check: checkWebhookId },
  problem: { pattern: PROBLEM_ID, check: checkProblemId },
  snapshot: { pattern: SNAPSHOT_NAME, check: checkSnapshotName },
  ...{ upload: segment, file: segment },
  event: otherKey,
};

/** A shape taken apart: texts around parameters, and what reads it. */
interface Compiled {
  kind: KeyKind;
  names: (keyof typeof PARAMETERS)[];
  /** One more than there are names. */
  texts: string[];
  /** Whether what its names may be leaves open that the key is none. */
  open: boolean;
  pattern: RegExp;
}

function compile(kind: KeyKind): Compiled {
  const parts = KEY_SHAPES[kind].split(/\{(\w+)\}/);
  const texts = parts.filter((_, index) => index % 2 === 0);
  const names = parts.filter((_, index) => index % 2 === 1) as Compiled["names"];
  const sources = names.map((name) => `(${PARAMETERS[name].pattern.source.slice(1, -1)})`);
  const literal = (text: string) => text.replaceAll(".", "\\.");
  const pattern = new RegExp(
    `^${texts.map((text, index) => literal(text) + (sources[index] ?? "")).join("")}$`,
  );
  const open = names.some((name) => [segment, otherKey].includes(PARAMETERS[name]));
  return { kind, names, texts, open, pattern };
}

const COMPILED = Object.fromEntries(
  Object.keys(KEY_SHAPES).map((kind) => [kind, compile(kind as KeyKind)]),
) as Record<KeyKind, Compiled>;
const BY_ROOT = Map.groupBy(Object.values(COMPILED), ({ texts }) => texts[0]!.split("/")[0]!);

/**
 * The key that says this.
 * @param kind a row of the grammar
 * @param values the names and numbers in it
 * @returns the key
 * @throws {RangeError} if a name or number in it is none, or the key would be too long.
 */
export function makeKey<K extends KeyKind>(kind: K, values: Omit<KeyOf<K>, "kind">): string {
  const { names, texts, open } = COMPILED[kind];
  let key = texts[0]!;
  names.forEach((name, index) => {
    key += PARAMETERS[name].check(values[name as keyof typeof values] as never) + texts[index + 1]!;
  });
  return open ? checkKey(key) : key;
}

/**
 * What a key says, or undefined for whatever is no key of ours. Never throws.
 * @param key any text
 * @returns its kind, with names and numbers
 */
export function parseKey(key: string): Key | undefined {
  for (const { kind, names, open, pattern } of BY_ROOT.get(key.split("/", 1)[0]!) ?? []) {
    const match = pattern.exec(key);
    if (!match) continue;
    const parsed: Record<string, string | number> = { kind };
    for (const [index, name] of names.entries()) {
      const text = match[index + 1]!;
      const value = PARAMETERS[name] === count ? Number(text) : text;
      if (typeof value === "number" && !Number.isSafeInteger(value)) return undefined;
      parsed[name] = value;
    }
    return open && faultOfKey(key) !== undefined ? undefined : parsed as Key;
  }
  return undefined;
}

/**
 * The key itself, if it is one: segments of `[A-Za-z0-9._=-]`, none `.` or `..`, at most 512 bytes in all.
 * @param key any text
 * @returns the same
 * @throws {RangeError} naming the key and what is wrong with it.
 */
export function checkKey(key: string): string {
  const fault = faultOfKey(key);
  if (fault === undefined) return key;
  throw new RangeError(`"${key.slice(0, 80)}" cannot be a key: ${fault}`);
}

function faultOfKey(key: string): string | undefined {
  if (key.length > MAX_KEY_BYTES) return `it is longer than ${MAX_KEY_BYTES} bytes`;
  for (const segment of key.split("/")) {
    if (segment === "." || segment === "..") return `"${segment}" is not allowed in it`;
    if (!SEGMENT.test(segment)) return "its parts may hold letters, digits and . _ = - and must not be empty";
  }
  return undefined;
}

function checkKind(kind: string): string {
  if ((JOB_KINDS as readonly string[]).includes(kind)) return kind;
  throw new RangeError(`There are no jobs of kind "${kind}": kinds are ${JOB_KINDS.join(", ")}`);
}

function checkCount(n: number): number {
  if (Number.isSafeInteger(n) && n >= 1) return n;
  throw new RangeError(`Numbers in keys are whole and start at 1: current number is ${n}`);
}

function checkSegment(name: string): string {
  if (!name.includes("/")) return name;
  throw new RangeError(`A dropped file's name must not hold a slash: current name is "${name}"`);
}
