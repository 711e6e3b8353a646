/**
 * The weights of a version's networks, out of the store.
 * @module
 */
import type { Stored, WayOfActing } from "@cugro/algorithm";
import { decodeStored } from "@cugro/jobs/encoding";
import { makerOf, resultKey, type VersionFact } from "@cugro/protocol";
import { getArtifact, getResult, MissingInputError, type Store } from "@cugro/store";
import { ActError } from "./act_request.ts";
import type { PolicyWeights } from "./policy_parts.ts";

/**
 * The networks that these ways of acting need.
 *
 * @param fact the version
 * @param opened the ways that the policy is opened for
 * @returns weights by network, each a record of arrays
 */
export async function networksOf(
  store: Store,
  fact: VersionFact,
  opened: readonly WayOfActing[],
): Promise<Pick<PolicyWeights, Network>> {
  const needed = new Set(opened.flatMap((way) => NETWORKS[way]));
  const read = async (network: Network) => [network, await weightsOf(store, fact, network)] as const;
  return Object.fromEntries(await Promise.all([...needed].map(read)));
}

const NETWORKS = {
  sampler: ["behaviorGenerator", "critic"],
  proposer: ["proposer", "critic"],
  actor: ["actor"],
} as const;
type Network = typeof NETWORKS[WayOfActing][number];

/**
 * Reads the weights of a version, as its decision says; versions up to 0.2 left that to the results.
 *
 * @param model which network
 * @returns arrays by name
 * @throws {MissingInputError} if they are gone
 */
export async function weightsOf(
  store: Store,
  fact: VersionFact,
  model: Network | "stateGenerator",
): Promise<Stored> {
  const decided = fact.weights?.[model];
  if (decided !== undefined) return decodeStored(await getArtifact(store, decided));
  const [job, kind] = [fact[model]!, makerOf("policy.evaluate", model)];
  const found = await getResult(store, kind, job);
  if (!found) {
    throw new MissingInputError(`The result of job ${job} is gone; restore ${resultKey(kind, job)}`);
  }
  return decodeStored(await getArtifact(store, found.result.outputs.weights!.artifact));
}

/**
 * Reads the weights of any version; those of one that was withdrawn go with garbage collection.
 *
 * @param model which network
 * @returns arrays by name
 * @throws {ActError} 404 once they are gone
 */
export async function keptWeightsOf(
  store: Store,
  fact: VersionFact,
  model: Network | "stateGenerator",
): Promise<Stored> {
  try {
    return await weightsOf(store, fact, model);
  } catch (error) {
    if (!(error instanceof MissingInputError)) throw error;
    const message =
      `The weights of version ${fact.version} are not in the store any more (${model}): those of versions ` +
      "that were withdrawn are cleared away";
    throw new ActError(404, message);
  }
}
