/**
 * How an evaluation acts: which ways it tries, and what they must reach.
 * @module
 */
import { type Hyperparameters, MIN_EPISODES } from "@cugro/algorithm/arrays";
import { type FieldsOf, type InputRef, type VersionFact, WAYS_OF_ACTING } from "@cugro/protocol";

/** Ids of the trainings of networks that act in one step, as far as there are such. */
export interface OneStepNetworks {
  proposer?: string;
  actor?: string;
}

/** Input of {@link actingFields}. */
export interface ActingInput {
  k: number;
  knobs: Pick<Hyperparameters, "actingEpisodes" | "maxForgetting" | "evaluationEpisodes">;
  parent: VersionFact | null;
  learnt: ReadonlyMap<number, VersionFact>;
}

/**
 * The networks as inputs of an evaluation.
 *
 * @param networks ids of the jobs that train them
 * @returns nothing for a network that is not learnt
 */
export function oneStepRefs(networks: OneStepNetworks): { proposer?: InputRef; actor?: InputRef } {
  const { proposer, actor } = networks;
  const weights = (job: string): InputRef => ({ job, output: "weights" });
  return {
    ...(proposer === undefined ? {} : { proposer: weights(proposer) }),
    ...(actor === undefined ? {} : { actor: weights(actor) }),
  };
}

/**
 * The ways that an evaluation tries, in order. The task being learnt is compared with the sampler; an old one is acted in as
 * its parent version serves it, by a slower way only where the score falls below what may be forgotten.
 *
 * @param networks ids of the jobs that train them
 * @param about the task that is evaluated
 * @returns nothing where the sampler is the only way
 */
export function actingFields(
  { k, knobs, parent, learnt }: ActingInput,
  { task }: { task: number },
  networks: OneStepNetworks,
): Pick<FieldsOf<"policy.evaluate">, "acting"> {
  const there = WAYS_OF_ACTING.toReversed().filter((way) => way === "sampler" || networks[way] !== undefined);
  if (there.length === 1) return {};
  if (task === k) return { acting: { ways: there, compare: knobs.actingEpisodes } };
  const before = parent?.row.find((cell) => cell.task === task);
  const best = Math.max(
    ...[before, learnt.get(task)?.row.find((cell) => cell.task === task)].flatMap((cell) =>
      cell?.meanScore ?? []
    ),
  );
  const judged = Number.isFinite(best) && knobs.evaluationEpisodes >= MIN_EPISODES;
  const served = before?.acting ?? (hasNetworks(parent) ? "sampler" : undefined);
  const since = served === undefined ? -1 : there.indexOf(served);
  // What no version has compared may act where it reaches the floor; where there is none, nothing would speak for it.
  const ways = since >= 0 ? there.slice(since) : judged ? there : ["sampler" as const];
  return { acting: { ways, ...(judged ? { floor: best - knobs.maxForgetting } : {}) } };
}

function hasNetworks(version: VersionFact | null): boolean {
  return version?.proposer !== undefined || version?.actor !== undefined;
}
