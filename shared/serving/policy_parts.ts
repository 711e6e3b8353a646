/**
 * What a policy is made of, and which ways of acting it is opened for. Pure.
 * @module
 */
import type { PolicyInput, Stored, WayOfActing } from "@cugro/algorithm";
import type { InferenceActing, SessionInput } from "@cugro/inference";
import type { VersionFact } from "@cugro/protocol";
import type { PolicyFacts } from "./act_request.ts";

/** Networks that are there only where a way of acting that is opened needs them. */
export type PolicyWeights =
  & Omit<PolicyInput, "compile" | "behaviorGenerator" | "critic">
  & { [network in "behaviorGenerator" | "critic"]?: Stored | undefined };

/** Everything a policy is made of; structured-cloneable. */
export interface PolicyParts extends PolicyFacts {
  input: PolicyWeights;
}

/** Memory and threads that an open policy takes. */
export interface PolicyNeed {
  /** Whether it samples: in a thread of its own, with a tensor library. */
  samples: boolean;
  /** Of memory. */
  bytes: number;
}

/** A thread with its tensor library and compiled graphs, besides the weights. */
const SAMPLER_BYTES = 60e6;

/**
 * What a policy of these parts will take.
 *
 * @param parts the ways to open, and weights
 * @returns `bytes` of memory, estimated; `samples`: whether it needs a thread with a tensor library
 */
export function needOf({ opened, input }: Pick<PolicyParts, "opened" | "input">): PolicyNeed {
  const { behaviorGenerator, critic, proposer, actor } = input;
  const weights = [behaviorGenerator, critic, proposer, actor].flatMap((network) =>
    Object.values(network ?? {})
  );
  const bytes = weights.reduce((sum, { data }) => sum + 4 * data.length, 0);
  const samples = opened.includes("sampler");
  // One that samples is kept here, too, to be made again when its thread has ended.
  return { samples, bytes: samples ? SAMPLER_BYTES + 2 * bytes : bytes };
}

/**
 * How a version serves each of the tasks: by the sampler where nothing else was found to do as well.
 *
 * @param tasks numbers of its tasks
 * @param fact row and networks of the version
 * @returns ways by task
 */
export function actingOf(
  { row, ...networks }: Pick<VersionFact, "row" | "proposer" | "actor">,
  tasks: readonly number[],
): Map<number, WayOfActing> {
  return new Map(tasks.map((task) => {
    const acting = row.find((cell) => cell.task === task)?.acting ?? "sampler";
    return [task, acting === "sampler" || networks[acting] !== undefined ? acting : "sampler"];
  }));
}

/**
 * The ways that a policy is opened for: the one asked for; else those that the version serves by. Beside a tensor library
 * the others cost little, so that one that samples anywhere is opened for all.
 *
 * @param ways those that the version has networks for
 * @param asked by a request, instead of what the version serves by
 * @returns in the order of `ways`
 */
export function waysToOpen(
  ways: readonly WayOfActing[],
  actingByTask: ReadonlyMap<number, WayOfActing>,
  asked?: WayOfActing,
): WayOfActing[] {
  const serving = asked === undefined ? new Set(actingByTask.values()) : new Set([asked]);
  return ways.filter((way) => serving.has(way) || (asked === undefined && serving.has("sampler")));
}

/**
 * What the sampler, and nothing else, is made of.
 *
 * @param weights of the policy
 * @returns input of `createPolicy`, without `compile`
 * @throws {RangeError} if the policy was opened for other ways alone
 */
export function samplerInput(
  { behaviorGenerator, critic, normalisers, stateDim, actionDim, hyperparameters }: PolicyWeights,
): Omit<PolicyInput, "compile"> {
  if (behaviorGenerator && critic) {
    return { behaviorGenerator, critic, normalisers, stateDim, actionDim, hyperparameters };
  }
  throw new RangeError("Cannot sample as this policy was opened without the networks of the sampler");
}

/**
 * What a session is made of.
 *
 * @param acting `proposer` or `actor`
 * @param weights of a version, with its normalisers
 * @returns the critic only for the proposer
 * @throws {RangeError} if the policy was opened for other ways alone
 */
export function sessionInput({ critic, ...input }: PolicyWeights, acting: InferenceActing): SessionInput {
  const { normalisers, stateDim, actionDim, hyperparameters } = input;
  const network = input[acting];
  if (!network) throw new RangeError(`Cannot act by the ${acting} as this policy was opened without it`);
  return {
    ...{ acting, network, normalisers, stateDim, actionDim, hyperparameters },
    critic: acting === "proposer" ? critic : undefined,
  };
}
