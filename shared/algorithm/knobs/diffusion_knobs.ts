/**
 * Knobs of the two diffusion generators: their network, their training, and how samples are drawn from them.
 * @module
 */
import { choice, flag, number, whole } from "./knob.ts";

const sampling = ["states.sample", "actions.label", "policy.evaluate", "policy.estimate"] as const;
const training = ["states.train", "behavior.train"] as const;
/** Kinds of jobs that draw samples as acting does, and the networks that learn from them. */
const labelling = ["proposer.label", "actor.label"] as const;
const oneStep = ["proposer.train", "actor.train"] as const;
/** The critic and the one-step networks share the generators' optimiser. */
const allTraining = [...training, "critic.train", ...oneStep] as const;

/** The chapter's rows. */
export const diffusionKnobs = {
  generator: choice({
    about:
      "Family of both generators: diffusion models, or variational auto-encoders or adversarial networks of the same widths and steps.",
    choices: ["diffusion", "vae", "gan"],
    values: { paper: "diffusion", default: "diffusion", smoke: "diffusion" },
    absent: "diffusion",
    readBy: [
      ...["states.sample", "actions.label", "states.train", "behavior.train"] as const,
      ...["actor.label", "policy.evaluate", "policy.estimate"] as const,
    ],
    frozen: true,
  }),
  klWeight: number({
    about: "Weight of the Kullback-Leibler divergence in the loss of `generator: vae`.",
    range: [0, 1e6],
    values: { paper: 1, default: 1, smoke: 1 },
    absent: 1,
    readBy: ["states.train", "behavior.train"],
  }),
  decoderSpread: number({
    about:
      "Standard deviation of the decoder of `generator: vae` in normalised units; `learned` learns one for each dimension.",
    range: [1e-2, 10],
    or: "learned",
    values: { paper: "learned", default: "learned", smoke: "learned" },
    absent: "learned",
    readBy: ["states.train", "behavior.train"],
  }),
  // -- network -----------------------------------------------------------------------------------------------
  slopeWeight: number({
    about: "Weight of the squared slope of the discriminator of `generator: gan` on real rows (R1).",
    range: [0, 1e6],
    values: { paper: 1, default: 1, smoke: 1 },
    absent: 1,
    readBy: ["states.train", "behavior.train"],
  }),
  conditionDropout: number({
    about:
      "Share of the state generator's rows that are not told their task, so that sampling can be guided.",
    range: [0, 0.9],
    values: { paper: 0, default: 0, smoke: 0 },
    absent: 0,
    readBy: ["states.train"],
  }),
  guidance: number({
    about:
      "Weight w of classifier-free guidance of pseudo-states, (1 + w) eps(x, task) - w eps(x), in twice as many network calls; 0 has none.",
    range: [0, 100],
    values: { paper: 0, default: 0, smoke: 0 },
    absent: 0,
    readBy: ["states.sample", "policy.evaluate", "policy.estimate"],
  }),
  architecture: choice({
    about: "Network of both generators: the paper's U-net, or a residual MLP.",
    choices: ["unet", "resnet"],
    values: { paper: "unet", default: "resnet", smoke: "resnet" },
    readBy: [...sampling, ...training, ...labelling],
    frozen: true,
  }),
  denoiserWidth: whole({
    about: "Hidden units per layer, a multiple of 4; the U-net has the paper's widths times this / 512.",
    range: [4, 16_384],
    values: { paper: 512, default: 256, smoke: 32 },
    readBy: [...sampling, ...training, ...labelling, ...oneStep],
    frozen: true,
  }),
  denoiserBlocks: whole({
    about: "Residual blocks of `architecture: resnet`.",
    range: [1, 100],
    values: { paper: 3, default: 3, smoke: 1 },
    readBy: [...sampling, ...training, ...labelling, ...oneStep],
    frozen: true,
  }),
  behaviorKnowsTask: flag({
    about: "Whether the behavior generator is told the task, which the paper's is not.",
    values: { paper: false, default: true, smoke: true },
    readBy: ["actions.label", "behavior.train", "policy.evaluate", "policy.estimate", ...labelling],
    frozen: true,
  }),

  // -- training ----------------------------------------------------------------------------------------------
  // The paper's steps: 600 epochs of 200,000 rows at batch 4096, as one GPU runs them.
  stateSteps: whole({
    about: "Gradient steps of the state generator for the first task.",
    range: [1, 1e9],
    values: { paper: 29_300, default: 2_000, smoke: 60 },
    readBy: ["states.train"],
  }),
  behaviorSteps: whole({
    about: "Gradient steps of the behavior generator for the first task.",
    range: [1, 1e9],
    values: { paper: 29_300, default: 3_000, smoke: 60 },
    readBy: ["behavior.train"],
  }),
  generatorStepsPerOldTask: whole({
    about: "Gradient steps added to both generators per old task, until `maxGeneratorSteps`.",
    range: [0, 1e9],
    values: { paper: 29_300, default: 100, smoke: 0 },
    readBy: training,
  }),
  maxGeneratorSteps: whole({
    about: "At most this many gradient steps of a generator.",
    range: [1, 1e9],
    values: { paper: 146_500, default: 3_500, smoke: 60 },
    readBy: training,
  }),
  generatorBatchSize: whole({
    about: "Rows of a generator's batch.",
    range: [2, 1_048_576],
    values: { paper: 4_096, default: 256, smoke: 64 },
    readBy: [...training, ...oneStep],
  }),
  generatorLearningRate: number({
    about: "Highest learning rate of the generators, per step.",
    range: [1e-12, 10],
    values: { paper: 1e-4, default: 5e-4, smoke: 5e-4 },
    readBy: training,
  }),
  warmupSteps: whole({
    about: "Gradient steps over which every learning rate rises linearly.",
    range: [0, 1e9],
    values: { paper: 0, default: 100, smoke: 5 },
    readBy: allTraining,
  }),
  learningRateSchedule: choice({
    about: "After the warm-up, the learning rate falls to 0 as a cosine or stays constant.",
    choices: ["cosine", "constant"],
    values: { paper: "constant", default: "cosine", smoke: "cosine" },
    readBy: allTraining,
  }),
  gradientClip: number({
    about: "Global norm to which gradients are clipped; 0 does not clip.",
    range: [0, 1e9],
    values: { paper: 1, default: 1, smoke: 1 },
    readBy: allTraining,
  }),
  emaDecay: number({
    about: "Decay of the averaged weights per step; 0 publishes the raw ones.",
    range: [0, 1 - 1e-12],
    values: { paper: 0, default: 0.995, smoke: 0.995 },
    readBy: allTraining,
  }),

  // -- sampling ----------------------------------------------------------------------------------------------
  solver: choice({
    about: "DPM-Solver++(2M), or the paper's single-step DPM-Solver-3.",
    choices: ["dpmpp2m", "dpm3"],
    values: { paper: "dpm3", default: "dpmpp2m", smoke: "dpmpp2m" },
    readBy: [...sampling, ...labelling],
  }),
  functionEvaluations: whole({
    about: "Network calls per sample, the final denoising not counted.",
    range: [1, 10_000],
    values: { paper: 100, default: 8, smoke: 5 },
    readBy: sampling,
  }),
  finalDenoising: flag({
    about: "Whether the last noisy sample is replaced by its predicted clean one.",
    values: { paper: false, default: true, smoke: true },
    readBy: [...sampling, ...labelling],
  }),
  // 1e-3 leaves the samples of narrow data too wide, and replay of replay compounds that with every task.
  timeEnd: number({
    about: "Diffusion time at which sampling stops; 1 is pure noise.",
    range: [1e-5, 0.5],
    values: { paper: 1e-3, default: 3e-4, smoke: 3e-4 },
    readBy: [...sampling, ...training, ...labelling],
  }),
};
