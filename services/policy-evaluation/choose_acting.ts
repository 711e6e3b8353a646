/**
 * How a version acts in a task: the first way that passes. In the task that was just learnt each way is compared with the
 * sampler; in an old one the way that has served it goes on, as long as its score does not fall below a floor.
 * @module
 */
import {
  actionParity,
  apartShare,
  createRng,
  isMultimodal,
  isParitySure,
  labelChoices,
  mean,
  MIN_EPISODES,
  normalisedScore,
  type Policy,
  type PolicyInput,
  scoreParity,
  type WayOfActing,
} from "@cugro/algorithm";
import { besideLimit } from "@cugro/algorithm/knobs";
import type { WayScore } from "@cugro/protocol";
import { type Episodes, runEpisodes, type Simulators } from "./run_episodes.ts";
import type { EvaluationContext } from "./measure_fidelity.ts";

/** States that are looked at where nothing is simulated, and by the rule of two groups. */
const STATES = 256;

/** The candidates of the choice. */
export interface Choice {
  context: EvaluationContext;
  policy: Policy;
  /** Networks and knobs of the policy. */
  input: PolicyInput;
  simulators: Simulators;
  /** States of the task `[n, S]`, raw; null where there are none. */
  states: Float32Array | null;
  /** Episodes whose returns are the task's row. */
  episodes: number;
}

/** The choice; empty where the version can only sample. */
export interface Chosen {
  episodes: Episodes;
  acting?: WayOfActing;
  ways?: WayScore[];
}

/**
 * Runs the episodes of a task, by the way of acting that passes.
 * @param choice the job, the policy, and how many episodes
 * @returns episodes, the way of acting, and what it was compared with
 */
export async function chooseActing(choice: Choice): Promise<Chosen> {
  const { context: { config }, episodes } = choice;
  const { acting } = config;
  if (acting === undefined) return { episodes: await run(choice, undefined, episodes) };
  const chosen = acting.compare === undefined
    ? await keepActing(choice, acting.ways, acting.floor)
    : await compareWays(choice, acting.ways, Math.max(acting.compare, episodes));
  return { ...chosen, episodes: firstOf(chosen.episodes, episodes) };
}

/** An old task: a slower way only where the score has fallen too far; the best of them where all have. */
async function keepActing(
  choice: Choice,
  ways: readonly WayOfActing[],
  floor = -Infinity,
): Promise<Required<Chosen>> {
  const tried: { found: Episodes; way: WayScore }[] = [];
  for (const acting of ways) {
    const found = await run(choice, acting, choice.episodes);
    if (found.returns.length === 0) return { episodes: found, acting, ways: [{ acting, passed: true }] };
    const score = mean(scoresOf(choice, found));
    const passed = score >= floor;
    const reason = `${besideLimit(floor - score, 0).value} points below what may be forgotten`;
    tried.push({
      found,
      way: { acting, passed, score, episodes: found.returns.length, ...passed ? {} : { reason } },
    });
    if (passed) break;
  }
  const best = tried.reduce((one, other) => other.way.score! > one.way.score! ? other : one);
  const served = tried.find(({ way }) => way.passed) ?? best;
  return { episodes: served.found, acting: served.way.acting, ways: tried.map(({ way }) => way) };
}

/** The task that was just learnt: the first way that does nearly as well as the sampler. */
async function compareWays(
  choice: Choice,
  ways: readonly WayOfActing[],
  most: number,
): Promise<Required<Chosen>> {
  let sampled = await run(choice, "sampler", choice.episodes);
  const simulated = sampled.returns.length > 0;
  const tried: WayScore[] = [];
  for (const acting of ways) {
    if (acting === "sampler") break;
    const twoWays = acting === "actor" ? await multimodalReason(choice) : undefined;
    if (twoWays !== undefined) {
      tried.push({ acting, passed: false, reason: twoWays });
      continue;
    }
    const compared = simulated
      ? await compareEpisodes(choice, acting, sampled, most)
      : { way: await compareActions(choice, acting), found: sampled, sampled };
    sampled = compared.sampled;
    tried.push(compared.way);
    if (compared.way.passed) {
      return { episodes: compared.found, acting, ways: [...tried, samplerOf(choice, sampled)] };
    }
  }
  return { episodes: sampled, acting: "sampler", ways: [...tried, samplerOf(choice, sampled)] };
}

function samplerOf(choice: Choice, sampled: Episodes): WayScore {
  const scores = scoresOf(choice, sampled);
  return {
    acting: "sampler",
    passed: true,
    ...scores.length > 0 ? { score: mean(scores), episodes: scores.length } : {},
  };
}

/**
 * Runs as many episodes of a way as there are of the sampler, and more of both until it is sure which way the comparison goes.
 * Where episodes succeed or fail, a way that seems to pass runs them all: of a few that are all alike an interval has no width.
 */
async function compareEpisodes(choice: Choice, acting: WayOfActing, sampled: Episodes, most: number) {
  let found = await run(choice, acting, sampled.returns.length);
  for (;;) {
    const way = compareScores(choice, acting, found, sampled);
    const [scores, beside] = [scoresOf(choice, found), scoresOf(choice, sampled)];
    const lost = scores.length !== beside.length || found.lostEpisodes || sampled.lostEpisodes;
    const isSure = !lost && isParitySure(scores, beside, choice.context.seed);
    const sure = isSure && !(found.successes && way.passed);
    const more = Math.min(Math.max(choice.episodes, MIN_EPISODES), most - scores.length);
    if (lost || sure || more <= 0) return { way, found, sampled };
    found = joined(found, await run(choice, acting, more, scores.length));
    sampled = joined(sampled, await run(choice, "sampler", more, scores.length));
  }
}

/** Episodes, and those after them. */
function joined(one: Episodes, other: Episodes): Episodes {
  const lost = (one.lostEpisodes ?? 0) + (other.lostEpisodes ?? 0);
  return {
    ...one,
    returns: [...one.returns, ...other.returns],
    lengths: [...one.lengths, ...other.lengths],
    ...one.successes && other.successes ? { successes: [...one.successes, ...other.successes] } : {},
    ...lost > 0 ? { lostEpisodes: lost } : {},
  };
}

function compareScores(choice: Choice, acting: WayOfActing, found: Episodes, sampled: Episodes): WayScore {
  const [scores, beside] = [scoresOf(choice, found), scoresOf(choice, sampled)];
  const figures = { acting, score: mean(scores), episodes: scores.length };
  if (found.lostEpisodes || sampled.lostEpisodes) {
    return { ...figures, passed: false, reason: "episodes were lost, and the others are not pairs" };
  }
  return { ...figures, ...scoreParity(scores, beside, choice.context.seed) };
}

/** Why a mean of candidates is no action here. */
async function multimodalReason({ context, input, states }: Choice): Promise<string | undefined> {
  if (states === null) return undefined;
  const { config: { task }, seed } = context;
  const { apart } = await labelChoices({
    ...{ policy: input, task, seed, candidates: input.hyperparameters.candidates },
    by: input.proposer ? "proposer" : "sampler",
    states: someOf(states, input.stateDim),
  });
  const share = apartShare(apart);
  if (!isMultimodal(share)) return undefined;
  return `in ${
    (100 * share).toFixed(0)
  } % of the states good actions fall apart into two groups, and a mean of both is neither`;
}

/** Without a simulator: how far actions are from the sampler's, and what the critic says of both. */
async function compareActions(
  { context, policy, input, states }: Choice,
  acting: WayOfActing,
): Promise<WayScore> {
  if (states === null) {
    return { acting, passed: false, reason: "there is neither a simulator nor a state to compare in" };
  }
  const { config: { task }, seed } = context;
  const rows = someOf(states, input.stateDim);
  const rng = createRng(seed, "parity");
  const act = (way: WayOfActing) => policy.act(task, rows, rng.integer(2 ** 31), way);
  const [sampled, again, found] = [await act("sampler"), await act("sampler"), await act(acting)];
  const { min, max } = input.normalisers.get(task)!.actions;
  const distance = (one: Float32Array, other: Float32Array) =>
    Math.sqrt(mean(Array.from(one, (value, i) => {
      const d = i % input.actionDim;
      return ((value - other[i]!) / Math.max(max[d]! - min[d]!, 1e-6)) ** 2;
    })));
  const value = async (actions: Float32Array) => mean([...await policy.value(task, rows, actions)]);
  const head = input.critic.tasks!.data.indexOf(task as never);
  const spread = input.critic["returns.std"]!.data[head]!;
  const compared = {
    distance: distance(found, sampled),
    own: distance(again, sampled),
    valueDifference: (await value(found) - await value(sampled)) / spread,
  };
  const { distance: agreement, valueDifference } = compared;
  return { acting, agreement, valueDifference, ...actionParity(compared) };
}

function someOf(states: Float32Array, stateDim: number): Float32Array {
  return states.slice(0, STATES * stateDim);
}

function run(
  { context, policy, input, simulators }: Choice,
  acting: WayOfActing | undefined,
  episodes: number,
  from = 0,
) {
  const { stateDim, actionDim } = input;
  return runEpisodes(context, policy, simulators, { stateDim, actionDim, episodes, from, acting });
}

/** As versions are scored: by success where the simulator tells it. */
function scoresOf({ context: { config: { anchors } } }: Choice, { returns, successes }: Episodes): number[] {
  return successes?.map((success) => 100 * Number(success)) ??
    returns.map((value) => normalisedScore(value, anchors));
}

/** The episodes that all versions run. */
function firstOf(episodes: Episodes, count: number): Episodes {
  const { returns, lengths, successes } = episodes;
  return {
    ...episodes,
    returns: returns.slice(0, count),
    lengths: lengths.slice(0, count),
    ...successes ? { successes: successes.slice(0, count) } : {},
  };
}
