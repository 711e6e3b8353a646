/**
 * Everything that a bundle is made of, out of the store; structured-cloneable, so that a bundle can be made in a thread of its own.
 * @module
 */
import type { Stored, WayOfActing } from "@cugro/algorithm";
import { mapConcurrently } from "@cugro/async";
import { decodeStored } from "@cugro/jobs";
import { learnerStatus, REQUESTS_AT_ONCE, type VersionStatus } from "@cugro/learners";
import { ActError, readPolicy } from "@cugro/serving";
import { CorruptArtifactError, getArtifact, getResult, MissingInputError, type Store } from "@cugro/store";
import type { PartsInput } from "./parts.ts";
import { chainOf, describeVersion, type JobsById, type VersionRecord } from "./version_record.ts";

/** Input of a bundle. */
export interface ExportInput {
  policy: PartsInput;
  record: VersionRecord;
  /** How the version serves each task. */
  acting: ReadonlyMap<number, WayOfActing>;
  /** Why there is no generator of states in it. */
  withoutStates?: string;
}

/** Networks of a version, and the kind of job that makes each. */
const NETWORKS = [
  ["stateGenerator", "states.train"],
  ["behaviorGenerator", "behavior.train"],
  ["critic", "critic.train"],
  ["proposer", "proposer.train"],
  ["actor", "actor.train"],
] as const;

/**
 * Reads a version for export.
 *
 * @param wanted.version the serving one if left out
 * @param wanted.task this task alone
 * @param wanted by default the serving version and all its tasks
 * @returns policy, acting by task, and what is known of the version
 * @throws {ActError} 404 when there is no such learner, version or task, 409 when none is published yet
 */
export async function gatherVersion(
  store: Store,
  learner: string,
  wanted: { version?: number | undefined; task?: number | undefined } = {},
): Promise<ExportInput> {
  const { input, tasks, ...facts } = await readPolicy(store, learner, { version: wanted.version });
  const chosen = tasks.filter(({ task }) => wanted.task === undefined || task === wanted.task);
  if (chosen.length === 0) {
    const known = tasks.map(({ task }) => task).join(", ");
    throw new ActError(
      404,
      `Version ${facts.version} of "${learner}" does not know task ${wanted.task}: it knows ${known}`,
    );
  }
  const normalisers = new Map(
    [...input.normalisers].filter(([task]) => chosen.some((one) => one.task === task)),
  );
  const status = await learnerStatus(store, learner);
  const fact = status.versions.find(({ version }) => version === facts.version)!;
  const chain = chainOf(status.versions, fact);
  const weights = new Map(
    await mapConcurrently(
      chain,
      REQUESTS_AT_ONCE,
      async (one) => [one.version, await weightsOf(store, one)] as const,
    ),
  );
  const { networks, withoutStates } = await networksOf(store, weights.get(fact.version)!);
  const policy = { ...input, ...networks, normalisers };
  return {
    policy,
    acting: new Map(chosen.map(({ task }) => [task, facts.actingByTask?.get(task) ?? "sampler"])),
    record: describeVersion(status, { ...facts, tasks: chosen, input: policy }, {
      jobs: await jobsOf(store, chain),
      weights,
    }),
    ...(withoutStates === undefined ? {} : { withoutStates }),
  };
}

type Networks =
  & Pick<PartsInput, "behaviorGenerator" | "critic">
  & Partial<Pick<PartsInput, "proposer" | "actor" | "stateGenerator">>;

/** All networks of a version, whatever it serves by. @param artifacts by network */
async function networksOf(
  store: Store,
  artifacts: Readonly<Record<string, string>>,
): Promise<{ networks: Networks; withoutStates?: string }> {
  const read = async (network: string): Promise<Stored> => {
    const artifact = artifacts[network];
    if (artifact !== undefined) return decodeStored(await getArtifact(store, artifact));
    throw new MissingInputError(`The result of the training of the ${network} is gone`);
  };
  const has = async (network: "proposer" | "actor") =>
    artifacts[network] === undefined ? {} : { [network]: await read(network) };
  const networks: Networks = {
    ...{ behaviorGenerator: await read("behaviorGenerator"), critic: await read("critic") },
    ...{ ...await has("proposer"), ...await has("actor") },
  };
  try {
    return { networks: { ...networks, stateGenerator: await read("stateGenerator") } };
  } catch (error) {
    // Acting needs no generator of states: one that is lost keeps no policy from leaving.
    if (!(error instanceof MissingInputError || error instanceof CorruptArtifactError)) throw error;
    return { networks, withoutStates: error.message };
  }
}

/** Artifacts of a version's weights, by network, as the decision says; versions up to 0.2 left that to the results. */
async function weightsOf(store: Store, fact: VersionStatus): Promise<Record<string, string>> {
  if (fact.weights !== undefined) return { ...fact.weights };
  const found = await mapConcurrently(NETWORKS, REQUESTS_AT_ONCE, async ([network, kind]) => {
    const job = fact[network];
    const result = job && await getResult(store, kind, job);
    return result ? [[network, result.result.outputs.weights!.artifact] as const] : [];
  });
  return Object.fromEntries(found.flat());
}

/** Kind and code of each job, as far as its result is still there. Versions up to 0.2 do not say of which kind their jobs are. */
async function jobsOf(store: Store, chain: readonly VersionStatus[]): Promise<JobsById> {
  const jobs = chain.flatMap(({ jobs, kinds }) => jobs.map((id, i) => ({ id, kind: kinds?.[i] })));
  const found = await mapConcurrently(jobs, REQUESTS_AT_ONCE, async ({ id, kind }) => {
    // Their results lie at keys without a kind, which are looked at whatever the kind is.
    const result = await getResult(store, kind ?? "dataset.import", id);
    return result
      ? [[id, { kind: result.result.kind, codeVersion: result.result.codeVersion }] as const]
      : [];
  });
  return new Map(found.flat());
}
