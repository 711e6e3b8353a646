/**
 * The job `policy.evaluate` for one task j of a version that has just learnt task k.
 * @module
 */
import {
  type Compile,
  createPolicy,
  type Normaliser,
  type Policy,
  type PolicyInput,
  type ReplayRows,
  type WayOfActing,
} from "@cugro/algorithm";
import { randomReturn } from "@cugro/environments";
import { createActingPolicy } from "@cugro/serving";
import type { JobOutput } from "@cugro/worker";
import { decodeNormaliser, decodeStored, encodeJson, knobsOf } from "@cugro/jobs";
import { type EvaluationContext, measureFidelity } from "./measure_fidelity.ts";
import { chooseActing } from "./choose_acting.ts";
import type { Simulators } from "./run_episodes.ts";

const VALUE_ROWS = 256;

/**
 * Returns where there is a simulator; fidelity of the replay and values in any case. What they score is decided with the version.
 *
 * @param context config and inputs of the job
 * @param compile of the open backend
 * @param simulators which are trusted, and the Python that runs them
 * @returns metrics: returns in units of reward, distances in normalised units
 */
export async function evaluatePolicy(
  context: EvaluationContext,
  compile: Compile,
  simulators: Simulators,
): Promise<JobOutput<"policy.evaluate">> {
  const { config: { task, episodesOnly }, inputs, seed } = context;
  const normaliser = decodeNormaliser(await context.read(inputs.normaliser));
  const { fidelity, rows } = episodesOnly
    ? { fidelity: null, rows: null }
    : await measureFidelity(context, normaliser, compile);
  const input = await policyInput(context, normaliser, compile);
  const policy = openPolicy(input);
  try {
    const { episodes, acting, ways } = await chooseActing({
      ...{ context, policy, input, simulators, states: rows?.states ?? null },
      episodes: knobsOf(context).evaluationEpisodes,
    });
    const valueEstimate = rows ? await meanValue(policy, task, rows, normaliser, seed, acting) : null;
    const { returns, lengths, successes, lostEpisodes, notRun, versions } = episodes;
    const ofSuccess = successes ? { success: successes.map(Number) } : {};
    const further = {
      ...ofSuccess,
      ...lostEpisodes ? { lostEpisodes } : {},
      ...notRun === undefined ? {} : { notRun },
      ...acting === undefined ? {} : { acting },
      ...ways === undefined ? {} : { ways: ways.map((way) => ({ ...way })) },
      ...await randomMetrics(context),
    };
    return {
      outputs: {
        rollouts: encodeJson({ task, returns, lengths, ...ofSuccess, ...versions ? { versions } : {} }),
      },
      metrics: { returns, fidelity, valueEstimate, ...further },
    };
  } finally {
    policy.dispose();
  }
}

/** Actor and proposer act as they are served, with the same bytes; all else is the tensor library's. */
function openPolicy(input: PolicyInput): Policy {
  const sampler = createPolicy(input);
  return { value: sampler.value, ...createActingPolicy(input, sampler) };
}

async function policyInput(
  context: EvaluationContext,
  normaliser: Normaliser,
  compile: Compile,
): Promise<PolicyInput> {
  const { config: { task }, inputs } = context;
  return {
    behaviorGenerator: decodeStored(await context.read(inputs.behaviorGenerator)),
    critic: decodeStored(await context.read(inputs.critic)),
    proposer: inputs.proposer && decodeStored(await context.read(inputs.proposer)),
    actor: inputs.actor && decodeStored(await context.read(inputs.actor)),
    normalisers: new Map([[task, normaliser]]),
    stateDim: normaliser.states.centre.length,
    actionDim: normaliser.actions.centre.length,
    hyperparameters: knobsOf(context),
    compile,
  };
}

/** Returns of random actions, if the job asks for them. */
async function randomMetrics(
  { config: { environment, episodeSteps, randomEpisodes } }: EvaluationContext,
): Promise<{ randomReturn?: number }> {
  if (!randomEpisodes || !environment || !("family" in environment)) return {};
  const { count, seed } = randomEpisodes;
  return { randomReturn: await randomReturn(environment, count, seed, episodeSteps) };
}

/** Mean critic value of the policy's own actions: what there is to see without a simulator. */
async function meanValue(
  policy: Policy,
  task: number,
  rows: ReplayRows,
  normaliser: Normaliser,
  seed: number,
  acting: WayOfActing | undefined,
): Promise<number> {
  const count = Math.min(VALUE_ROWS, rows.size);
  const states = rows.states.slice(0, count * normaliser.states.centre.length);
  const actions = await policy.act(task, states, seed, acting);
  const values = await policy.value(task, states, actions);
  return values.reduce((sum, value) => sum + value, 0) / count;
}
