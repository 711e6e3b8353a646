/**
 * The job `policy.evaluate` for one task j of a version that has just learnt task k.
 * @module
 */
import {
  type Compile,
  createPolicy,
  createRng,
  type Normaliser,
  type Policy,
  type ReplayRows,
} from "@cugro/algorithm";
import { openVectorEnvironment, rollout, type RolloutResult } from "@cugro/environments";
import type { JobOutput } from "@cugro/worker";
import type { EnvironmentRef } from "@cugro/protocol";
import { decodeNormaliser, decodeStored, encodeJson, knobsOf } from "@cugro/jobs";
import { type EvaluationContext, measureFidelity } from "./measure_fidelity.ts";

const VALUE_ROWS = 256;

/** Returns where there is a simulator; fidelity of the replay and values in any case. What they score is decided with the version. */
export async function evaluatePolicy(
  context: EvaluationContext,
  compile: Compile,
): Promise<JobOutput<"policy.evaluate">> {
  const { config: { task, environment }, inputs, seed } = context;
  const normaliser = decodeNormaliser(await context.read(inputs.normaliser));
  const { fidelity, rows } = await measureFidelity(context, normaliser, compile);
  const policy = await openPolicy(context, normaliser, compile);
  try {
    const valueEstimate = rows ? await meanValue(policy, task, rows, normaliser, seed) : null;
    const result = environment
      ? await runEpisodes(context, policy, environment)
      : { returns: [], lengths: [] };
    const metrics = { returns: result.returns, fidelity, valueEstimate };
    return {
      outputs: { rollouts: encodeJson({ task, returns: result.returns, lengths: result.lengths }) },
      metrics,
    };
  } finally {
    policy.dispose();
  }
}

async function openPolicy(
  context: EvaluationContext,
  normaliser: Normaliser,
  compile: Compile,
): Promise<Policy> {
  const { config: { task }, inputs } = context;
  return createPolicy({
    behaviorGenerator: decodeStored(await context.read(inputs.behaviorGenerator)),
    critic: decodeStored(await context.read(inputs.critic)),
    normalisers: new Map([[task, normaliser]]),
    stateDim: normaliser.states.centre.length,
    actionDim: normaliser.actions.centre.length,
    hyperparameters: knobsOf(context),
    compile,
  });
}

/** One episode a seed; the seeds depend on the learner and the task alone, so all versions start from the same states. */
async function runEpisodes(
  context: EvaluationContext,
  policy: Policy,
  spec: EnvironmentRef,
): Promise<RolloutResult> {
  const { config: { task, horizon }, seed } = context;
  const { evaluationEpisodes: episodes } = knobsOf(context);
  const starts = createRng(seed, "starts");
  const acting = createRng(seed, "acting");
  const environment = await openVectorEnvironment(spec, episodes);
  try {
    const seeds = Array.from({ length: episodes }, () => starts.integer(2 ** 31));
    return await rollout(environment, seeds, async (states, step) => {
      await context.tick({ step, steps: horizon });
      return await policy.act(task, states, acting.integer(2 ** 31));
    });
  } finally {
    environment.close();
  }
}

/** Mean critic value of the policy's own actions: what there is to see without a simulator. */
async function meanValue(
  policy: Policy,
  task: number,
  rows: ReplayRows,
  normaliser: Normaliser,
  seed: number,
): Promise<number> {
  const count = Math.min(VALUE_ROWS, rows.size);
  const states = rows.states.slice(0, count * normaliser.states.centre.length);
  const actions = await policy.act(task, states, seed);
  const values = await policy.value(task, states, actions);
  return values.reduce((sum, value) => sum + value, 0) / count;
}
