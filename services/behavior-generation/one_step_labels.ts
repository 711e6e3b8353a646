/**
 * Labels of the networks that act in one step, as jobs that workers share.
 * @module
 */
import {
  apartShare,
  type ChoiceLabels,
  type Compile,
  type Hyperparameters,
  labelChoices,
  labelProposals,
  type Normaliser,
  perturbStates,
} from "@cugro/algorithm";
import type { JobContext, JobOutput } from "@cugro/worker";
import {
  decodeNormaliser,
  decodeStored,
  encodeLabels,
  encodeStored,
  knobsOf,
  readStatesToLabel,
  resumableSampling,
} from "@cugro/jobs";

/**
 * States, noise, and what the sampler makes of them.
 *
 * @param context config and inputs of the job
 * @param compile of the open backend
 * @returns labels `[n, S]`, `[n, A]` of noise and `[n, A]` of actions
 */
export async function labelForProposer(
  context: JobContext<"proposer.label">,
  compile: Compile,
): Promise<JobOutput<"proposer.label">> {
  const { config: { task }, inputs, seed } = context;
  const normaliser = decodeNormaliser(await context.read(inputs.normaliser));
  const knobs = knobsOf(context);
  const { states, size } = await statesToLabel(context, normaliser, knobs);
  const labels = await labelProposals({
    behaviorGenerator: decodeStored(await context.read(inputs.behaviorGenerator)),
    ...{ task, normaliser, states, size, seed, hyperparameters: knobs, compile },
    ...resumableSampling(context),
  });
  return { outputs: { labels: encodeLabels({ states, size, ...labels }) }, metrics: { rows: size } };
}

/**
 * States, and the weighted mean of their candidates; in how many states these fall apart into two groups is among the metrics.
 *
 * @param context config and inputs of the job
 * @param compile of the open backend
 * @returns labels `[n, S]` and `[n, A]`
 */
export async function labelForActor(
  context: JobContext<"actor.label">,
  compile: Compile,
): Promise<JobOutput<"actor.label">> {
  const { config: { task }, inputs, seed } = context;
  const normaliser = decodeNormaliser(await context.read(inputs.normaliser));
  const knobs = knobsOf(context);
  const { states, size } = await statesToLabel(context, normaliser, knobs);
  const proposer = inputs.proposer && decodeStored(await context.read(inputs.proposer));
  const labels = await labelChoices({
    policy: {
      behaviorGenerator: decodeStored(await context.read(inputs.behaviorGenerator)),
      critic: decodeStored(await context.read(inputs.critic)),
      proposer,
      normalisers: new Map([[task, normaliser]]),
      stateDim: normaliser.states.centre.length,
      actionDim: normaliser.actions.centre.length,
      hyperparameters: knobs,
      compile,
    },
    candidates: knobs.actorCandidates,
    by: proposer ? "proposer" : "sampler",
    ...{ task, states, seed, resume: madeBefore(context) },
    onProgress: (done, count, made) =>
      context.tick({ step: done, steps: count }, () => Promise.resolve(encodeMade(made()))),
  });
  const noise = new Float32Array(0);
  return {
    outputs: { labels: encodeLabels({ states, size, noise, targets: labels.targets }) },
    metrics: { rows: size, apartShare: apartShare(labels.apart) },
  };
}

async function statesToLabel(
  context: JobContext<"proposer.label" | "actor.label">,
  { states: bounds }: Normaliser,
  { distilPerturbation }: Pick<Hyperparameters, "distilPerturbation">,
): Promise<{ states: Float32Array; size: number }> {
  const { states, size } = await readStatesToLabel(context);
  return { states: perturbStates(states, bounds, distilPerturbation, context.seed), size };
}

function encodeMade({ targets, apart }: ChoiceLabels): Uint8Array {
  const vector = (data: Float32Array) => ({ shape: [data.length], data });
  return encodeStored({ targets: vector(targets), apart: vector(apart) });
}

function madeBefore({ checkpoint }: JobContext<"actor.label">): ChoiceLabels | undefined {
  if (!checkpoint) return undefined;
  const { targets, apart } = decodeStored(checkpoint);
  return { targets: targets!.data as Float32Array, apart: apart!.data as Float32Array };
}
