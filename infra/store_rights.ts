/**
 * Rights on the bucket, as patterns of keys: of services by their kinds, and of those who drop files by the names of learners. Rendered
 * as policies by `render/store_policies.ts`; which service has which stands in `permissions.ts`.
 * @module
 */
import {
  JOB_KINDS,
  type JobKind,
  keyPattern,
  kindPrefix,
  PREFIXES,
  readKinds,
  readsDatasets,
} from "@cugro/protocol";
import type { Service } from "../services/services.ts";

/** Rights on the bucket: patterns of keys, where `*` stands for anything, slashes included, and `?` for one character. */
export interface StoreRights {
  /** Prefixes that may be listed. */
  list: readonly string[];
  read: readonly string[];
  write: readonly string[];
  /**
   * Those of `write` under which nothing is ever overwritten. Only AWS can be told so (the condition `s3:if-none-match`);
   * MinIO and Versity know no such condition.
   */
  once?: readonly string[];
  delete: readonly string[];
}

/** Where the store tries out, at its start, whether it obeys conditions. */
const probe = "@store/probe-*";

/** Everything under a folder of the store. */
const all = {
  learners: `${PREFIXES.learners}*`,
  incoming: `${PREFIXES.incoming}*`,
  jobs: `${PREFIXES.jobs}*`,
  artifacts: `${PREFIXES.artifacts}*`,
  datasets: `${PREFIXES.datasets}*`,
  announced: `${PREFIXES.announced}*`,
  problems: `${PREFIXES.problems}*`,
};
/** Webhooks with their secrets, and their deliveries: the gateway's own business. */
const webhooks = [PREFIXES.webhooks, PREFIXES.deliveries];
const below = (prefixes: readonly string[]) => prefixes.map((prefix) => `${prefix}*`);

/** Of the gateway. */
export const gatewayInStore: StoreRights = {
  list: [
    PREFIXES.learners,
    PREFIXES.incoming,
    PREFIXES.jobs,
    `${PREFIXES.announced}${PREFIXES.learners}`,
    PREFIXES.problems,
    ...webhooks,
  ],
  read: [
    all.learners,
    all.incoming,
    all.jobs,
    all.artifacts,
    all.datasets,
    all.announced,
    all.problems,
    keyPattern("reportLinks"),
    ...below(webhooks),
  ],
  write: [
    probe,
    all.learners,
    all.incoming,
    keyPattern("retry"),
    keyPattern("oldRetry"),
    ...below(webhooks),
    // Who has seen a problem; and whether there is room.
    keyPattern("acknowledgement"),
    keyPattern("room"),
    keyPattern("reportLinks"),
  ],
  once: [keyPattern("reportLinks")],
  delete: [probe, all.incoming, ...below(webhooks)],
};

/** Of the coordinator. */
export const coordinatorInStore: StoreRights = {
  list: [
    PREFIXES.learners,
    PREFIXES.incoming,
    PREFIXES.jobs,
    PREFIXES.announced,
    PREFIXES.artifacts,
    PREFIXES.datasets,
  ],
  read: [all.learners, all.incoming, all.jobs, all.artifacts, all.datasets, all.announced],
  write: [probe, all.learners, keyPattern("job"), keyPattern("stopped"), all.announced],
  // Accepted files, released shards, and what garbage collection sweeps; never a fact about a learner.
  delete: [probe, all.incoming, all.jobs, all.artifacts, all.datasets],
};

/** Everything about jobs of versions up to 0.2, whose keys do not tell kinds apart. */
const oldJobs = keyPattern("oldJob").replace(/[^/]*$/, "");

/** Kinds up to which each has lines of its own: a user's policy may have 2,048 bytes. */
const NAMED_KINDS = 3;

const doesAll = (kinds: readonly JobKind[]) => JOB_KINDS.every((kind) => kinds.includes(kind));

/** A service's kinds, those that begin alike as no other service's do under one pattern, where they are many. */
function groupsOf(kinds: readonly JobKind[]): { jobKind: JobKind; name: string }[] {
  // The process that does the jobs of all services: a pattern for each would be more than a user's policy may have.
  if (doesAll(kinds)) return [{ jobKind: kinds[0]!, name: "*" }];
  if (kinds.length <= NAMED_KINDS) return kinds.map((jobKind) => ({ jobKind, name: jobKind }));
  const foreign = JOB_KINDS.filter((kind) => !kinds.includes(kind));
  const beginnings = new Map<string, JobKind>();
  for (const kind of kinds) {
    let length = 1;
    while (foreign.some((other) => other.startsWith(kind.slice(0, length)))) length++;
    const beginning = kind.slice(0, length);
    if (!beginnings.has(beginning)) beginnings.set(beginning, kind);
  }
  return [...beginnings].map(([beginning, jobKind]) => ({ jobKind, name: `${beginning}*` }));
}

/**
 * Reads what jobs of its own kinds read, writes what they leave behind; makes no job, and no fact about a learner. It may
 * remove no artifact: one that it finds damaged it reports beside its job.
 */
export function workerInStore({ kinds }: Service): StoreRights {
  const others = new Set(kinds.flatMap(readKinds).filter((kind) => !kinds.includes(kind)));
  const groups = groupsOf(kinds);
  const own = (...sorts: ("result" | "failure" | "checkpoint" | "run" | "damage")[]) =>
    groups.flatMap(({ jobKind, name }) =>
      sorts.map((sort) => keyPattern(sort, { jobKind }).replace(jobKind, name))
    );
  return {
    list: doesAll(kinds) ? [PREFIXES.jobs] : [...kinds.map(kindPrefix), oldJobs],
    read: [
      ...groups.map(({ jobKind, name }) => `${kindPrefix(jobKind).replace(jobKind, name)}*`),
      ...[...others].map((jobKind) => keyPattern("result", { jobKind })),
      `${oldJobs}*`,
      all.artifacts,
      ...(kinds.some(readsDatasets) ? [all.datasets] : []),
    ],
    write: [probe, ...own("result", "failure", "checkpoint", "run", "damage"), all.artifacts],
    once: own("result", "failure"),
    delete: [probe, ...own("checkpoint", "run")],
  };
}

/** The same, and files that were dropped become datasets. */
export function importerInStore(service: Service): StoreRights {
  const worker = workerInStore(service);
  return {
    ...worker,
    read: [...worker.read, all.incoming],
    write: [...worker.write, all.datasets],
  };
}

/**
 * Rights of somebody who drops files for learners of some names: `team-a-` for all whose names begin so. They may take
 * back what was not accepted yet, and read nothing: to look on is a matter of tokens of the gateway.
 *
 * @throws {RangeError} unless the beginning could be that of a learner's name.
 */
export function dropperRights(names: string): StoreRights {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(names)) {
    throw new RangeError(
      `Names of learners begin with a lower-case letter or digit, and go on with these and "-": ` +
        `current beginning is ${JSON.stringify(names)}`,
    );
  }
  const incoming = `${PREFIXES.incoming}${names}`;
  return { list: [incoming], read: [], write: [`${incoming}*`], delete: [`${incoming}*`] };
}
