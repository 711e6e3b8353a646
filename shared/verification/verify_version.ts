/**
 * A version verified: its jobs are executed again, here, and their bytes compared with those that are recorded.
 * @module
 */
import { artifactKey, type JobName, type JsonObject, type VersionFact } from "@cugro/protocol";
import { createCache, jobsOfVersion, loadFacts } from "@cugro/learners";
import { getArtifact, getResult, type Store } from "@cugro/store";
import { compareCell, type ComparedCell } from "./compare_row.ts";
import { execute, type Executed, type Executor, NotExecutable, recordedJob } from "./execute.ts";

/** What they hold besides follows from the clock: they are reported, and no fault if they differ. */
const TIMED_OUTPUTS: readonly string[] = ["curves", "rollouts"];

/** Of an evaluation: why its episodes were not run. */
const NOT_RUN = "notRun";

/**
 * What came of one job. `same`: the same bytes and metrics, as those of an evaluation hold its scores; `differs`: others, by the same
 * backend; `other backend`: others, and the profile is another one, so that nothing is known against the data; `not executed`: see `reason`.
 */
export type Verdict = "same" | "differs" | "other backend" | "not executed";

/** One job verified. */
export interface VerifiedJob {
  id: string;
  kind: JobName["kind"];
  verdict: Verdict;
  reason?: string;
  executed?: Executed;
  /** Of what is recorded, even where it could not be executed. */
  recorded?: Pick<Executed, "job" | "recorded">;
  /** Names of outputs, of metrics and of members of the profile that are others. */
  differing: { outputs: string[]; timed: string[]; metrics: string[]; profile: string[] };
}

/** A version verified. */
export interface Verification {
  learner: string;
  version: number;
  /** Of this process. */
  profile: JsonObject;
  jobs: VerifiedJob[];
  /** Cells of the version's row whose evaluations are among the jobs, beside their recorded results. */
  row: ComparedCell[];
  /** Whether every job that was asked for was executed and had the same bytes, and every cell follows from its result. */
  result: "PASSED" | "FAILED" | "INCOMPLETE";
}

/** What to verify, and with what. `store` as {@link Executor} has it. */
export interface VerifyOptions extends Omit<Executor, "done"> {
  learner: string;
  version: number;
  /** Beginnings of ids, or kinds. @default all jobs of the version */
  wanted?: readonly string[];
  onVerified?: (job: VerifiedJob) => void;
}

/**
 * Executes jobs of a version again.
 *
 * @param options `wanted`: the ids of jobs, or their beginnings; without any, all of the version
 * @returns a verdict for each job, and one for all
 * @throws {RangeError} if there is no such learner, version or job
 */
export async function verifyVersion(options: VerifyOptions): Promise<Verification> {
  const { store, learner, version, wanted = [], profile, onVerified = () => {} } = options;
  const facts = await loadFacts(store, learner, createCache());
  const { versions } = facts;
  const fact = versions.find((one) => one.version === version);
  if (!fact) {
    const known = versions.map((one) => one.version).join(", ") || "none";
    throw new RangeError(`The learner "${learner}" has no version ${version}: it has ${known}`);
  }
  const executor: Executor = { ...options, done: new Map() };
  const jobs: VerifiedJob[] = [];
  for (const name of await chosen(store, fact, wanted)) {
    jobs.push(await verifyJob(executor, name));
    onVerified(jobs.at(-1)!);
  }
  const row = fact.row.filter(({ job }) => wanted.length === 0 || jobs.some(({ id }) => id === job))
    .map((cell) => compareCell(facts, cell, jobs.find(({ id }) => id === cell.job)?.recorded));
  return { learner, version, profile, jobs, row, result: resultOf([...jobs, ...row]) };
}

function resultOf(found: readonly { verdict: Verdict | ComparedCell["verdict"] }[]): Verification["result"] {
  if (found.some(({ verdict }) => verdict === "differs")) return "FAILED";
  return found.every(({ verdict }) => verdict === "same") ? "PASSED" : "INCOMPLETE";
}

async function chosen(store: Store, fact: VersionFact, wanted: readonly string[]): Promise<JobName[]> {
  const names = await Promise.all(
    jobsOfVersion(fact).map(async ({ id, kind }) => ({
      id,
      kind: kind ?? await kindOf(store, id),
    })),
  );
  const fits = ({ id, kind }: JobName) => wanted.some((word) => id.startsWith(word) || kind === word);
  const unknown = wanted.find((word) => !names.some(({ id, kind }) => id.startsWith(word) || kind === word));
  if (unknown === undefined) return wanted.length === 0 ? names : names.filter(fits);
  const kinds = [...new Set(names.map(({ kind }) => kind))].join(", ");
  throw new RangeError(
    `Version ${fact.version} has no job whose id begins with, or whose kind is, "${unknown}": it has ${names.length} jobs (${kinds})`,
  );
}

/** Facts of versions up to 0.2 do not say it; their jobs lie where no kind is asked for. */
async function kindOf(store: Store, id: string): Promise<JobName["kind"]> {
  return (await getResult(store, "states.train", id))?.result.kind;
}

async function verifyJob(executor: Executor, { id, kind }: JobName): Promise<VerifiedJob> {
  const nothing = { outputs: [], timed: [], metrics: [], profile: [] };
  if (kind === undefined) {
    return {
      id,
      kind,
      verdict: "not executed",
      reason: "the job is not in the store any more",
      differing: nothing,
    };
  }
  const recorded = await recordedJob(executor.store, kind, id).catch(() => undefined);
  const known = recorded ? { recorded } : {};
  try {
    const executed = await execute(executor, kind, id);
    refuseUnsimulated(executed);
    return {
      id,
      kind,
      ...known,
      ...compare(executor, executed, await otherSimulator(executor.store, executed)),
    };
  } catch (error) {
    executor.signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    const reason = error instanceof NotExecutable ? message : `it failed: ${message}`;
    return { id, kind, ...known, verdict: "not executed", reason, differing: nothing };
  }
}

/** Episodes of a simulator that is no part of this software, which ran only then, or only now. @throws {NotExecutable} */
function refuseUnsimulated({ metrics, recorded }: Executed): void {
  const [then, now] = [recorded.metrics[NOT_RUN], metrics[NOT_RUN]];
  if ((then === undefined) === (now === undefined)) return;
  throw new NotExecutable(
    now === undefined
      ? `there is nothing to compare its episodes with, as they could not be run then: ${then}`
      : `its episodes cannot be run here: ${now}`,
  );
}

/** Names of programs of such a simulator whose versions are others than they were. */
async function otherSimulator(store: Store, { outputs, recorded }: Executed): Promise<string[]> {
  const [then, now] = [recorded.outputs.rollouts, outputs.rollouts];
  if (!then || !now || then.artifact === now.artifact) return [];
  const versionsOf = async ({ artifact }: { artifact: string }) => {
    const kept = await store.head(artifactKey(artifact));
    if (!kept) return {};
    const { versions = {} } = JSON.parse(new TextDecoder().decode(await getArtifact(store, artifact)));
    return versions as JsonObject;
  };
  return membersThatDiffer(await versionsOf(then), await versionsOf(now));
}

function compare(
  { profile }: Executor,
  executed: Executed,
  simulator: readonly string[],
): Pick<VerifiedJob, "verdict" | "reason" | "executed" | "differing"> {
  const { outputs, metrics, recorded } = executed;
  // What later software makes besides was never promised.
  const names = Object.keys(recorded.outputs).sort();
  const others = names.filter((name) => outputs[name]?.artifact !== recorded.outputs[name]?.artifact);
  const differing = {
    outputs: others.filter((name) => !TIMED_OUTPUTS.includes(name)),
    timed: others.filter((name) => TIMED_OUTPUTS.includes(name)),
    metrics: Object.keys(recorded.metrics).sort().filter((name) =>
      name !== NOT_RUN && !holds(metrics[name], recorded.metrics[name])
    ),
    profile: [...membersThatDiffer(recorded.profile, profile), ...simulator],
  };
  if (differing.outputs.length === 0 && differing.metrics.length === 0) {
    return { verdict: "same", executed, differing };
  }
  if (differing.profile.length === 0) return { verdict: "differs", executed, differing };
  return {
    ...{ verdict: "other backend", executed, differing },
    reason: `this machine computes otherwise (${
      differing.profile.join(", ")
    }), so that other bytes say nothing of the data`,
  };
}

/** Whether a value has all that is recorded; members that later software tells besides were never promised. */
function holds(value: unknown, recorded: unknown): boolean {
  if (typeof recorded !== "object" || recorded === null) return value === recorded;
  if (typeof value !== "object" || value === null || Array.isArray(value) !== Array.isArray(recorded)) {
    return false;
  }
  if (Array.isArray(recorded) && recorded.length !== (value as unknown[]).length) return false;
  return Object.entries(recorded).every(([name, one]) =>
    holds((value as Record<string, unknown>)[name], one)
  );
}

function membersThatDiffer(one: JsonObject, other: JsonObject): string[] {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].sort();
  return names.filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]));
}
