/**
 * Knobs of the critic: its network, its training, its targets, and how its old heads are kept.
 * @module
 */
import { choice, flag, number, whole } from "./knob.ts";

/** Jobs of released stores carry `discount` in their evaluations. */
const carried = ["critic.train", "policy.evaluate"] as const;
const network = [...carried, "policy.estimate", "actor.label"] as const;
const training = ["critic.train"] as const;

/** The chapter's rows. */
export const criticKnobs = {
  criticTarget: choice({
    about:
      "What the critic regresses on: discounted returns, backups along trajectories, or implicit Q-learning.",
    choices: ["mc", "planning", "iql"],
    values: { paper: "mc", default: "mc", smoke: "mc" },
    readBy: training,
  }),

  // -- network -----------------------------------------------------------------------------------------------
  criticWidth: whole({
    about: "Hidden units per layer of a critic.",
    range: [1, 16_384],
    values: { paper: 512, default: 256, smoke: 32 },
    readBy: network,
    frozen: true,
  }),
  criticLayers: whole({
    about: "Hidden layers of a critic.",
    range: [1, 100],
    values: { paper: 3, default: 2, smoke: 2 },
    readBy: network,
    frozen: true,
  }),
  criticEnsemble: whole({
    about: "Independent critics.",
    range: [1, 100],
    values: { paper: 1, default: 2, smoke: 2 },
    readBy: network,
    frozen: true,
  }),
  criticLayerNorm: flag({
    about: "Whether hidden layers of a critic are normalised.",
    values: { paper: false, default: true, smoke: true },
    readBy: network,
    frozen: true,
  }),
  criticNormalisedInputs: flag({
    about: "Whether a critic is fed normalised states and actions, rather than raw ones as the paper's.",
    values: { paper: false, default: true, smoke: true },
    readBy: network,
    frozen: true,
  }),

  // -- training; warm-up, schedule, clipping and averaging are the generators' -----------------------------------
  criticSteps: whole({
    about: "Gradient steps of the critic for the first task.",
    range: [1, 1e9],
    values: { paper: 4_900, default: 2_500, smoke: 60 },
    readBy: training,
  }),
  criticStepsPerOldTask: whole({
    about: "Gradient steps added per old task, until `maxCriticSteps`.",
    range: [0, 1e9],
    values: { paper: 0, default: 0, smoke: 0 },
    readBy: training,
  }),
  maxCriticSteps: whole({
    about: "At most this many gradient steps of the critic.",
    range: [1, 1e9],
    values: { paper: 4_900, default: 2_500, smoke: 60 },
    readBy: training,
  }),
  criticBatchSize: whole({
    about: "Rows of the new task in a critic's batch.",
    range: [2, 1_048_576],
    values: { paper: 4_096, default: 512, smoke: 64 },
    readBy: training,
  }),
  criticLearningRate: number({
    about: "Highest learning rate of the critic, per step.",
    range: [1e-12, 10],
    values: { paper: 1e-3, default: 5e-4, smoke: 5e-4 },
    readBy: training,
  }),
  discount: number({
    about: "Discount factor gamma per environment step.",
    range: [0, 1],
    values: { paper: 0.99, default: 0.97, smoke: 0.97 },
    readBy: carried,
  }),
  timeLimit: choice({
    about: "At a time limit, the return is cut or continues with the value of a first fit.",
    choices: ["cut", "bootstrap"],
    values: { paper: "cut", default: "bootstrap", smoke: "bootstrap" },
    readBy: training,
  }),

  // -- retention ---------------------------------------------------------------------------------------------
  distillationWeight: number({
    about: "Weight lambda of holding old heads to the teacher, relative to the loss of the new one.",
    range: [0, 1e9],
    values: { paper: 1, default: 1, smoke: 1 },
    readBy: training,
  }),
  // Summed, retention outweighs the new task more with every task learned.
  retentionReduction: choice({
    about: "Whether retention is averaged over old tasks, or summed as in the paper.",
    choices: ["average", "sum"],
    values: { paper: "sum", default: "average", smoke: "average" },
    readBy: training,
  }),
  criticReplay: choice({
    about:
      "The critic's replay: the shards of all trainers, or their states relabelled by the new behavior generator.",
    choices: ["shared", "relabelled"],
    values: { paper: "relabelled", default: "shared", smoke: "shared" },
    readBy: ["plan"],
  }),

  // -- targets other than mc ---------------------------------------------------------------------------------
  expectile: number({
    about: "Expectile of the value used by `criticTarget: planning` and `iql`.",
    range: [1e-12, 1 - 1e-12],
    values: { paper: 0.7, default: 0.7, smoke: 0.7 },
    readBy: training,
  }),
  planningRounds: whole({
    about: "Times the targets of `criticTarget: planning` are recomputed.",
    range: [1, 1_000],
    values: { paper: 3, default: 3, smoke: 3 },
    readBy: training,
  }),
  targetRate: number({
    about: "Fraction by which target networks move towards the trained ones per step.",
    range: [1e-12, 1],
    values: { paper: 0.02, default: 0.02, smoke: 0.02 },
    readBy: training,
  }),
};
