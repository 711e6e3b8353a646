/**
 * Knobs of the one-step networks: whether there are any, their labels and their training.
 * @module
 */
import { choice, number, whole } from "./knob.ts";

const training = ["proposer.train", "actor.train"] as const;
const labelling = ["proposer.label", "actor.label"] as const;

/** The chapter's rows. */
export const distillationKnobs = {
  distil: choice({
    about:
      "Networks that act in one step and are learnt from the sampler: the proposer draws candidates, the actor gives an action; `both`, or `none`.",
    choices: ["none", "proposer", "actor", "both"],
    values: { paper: "none", default: "both", smoke: "none" },
    readBy: ["plan"],
  }),
  proposerLabels: whole({
    about: "Labels of one task for the proposer: a state, a noise, and what the sampler makes of them.",
    range: [1, 1e9],
    values: { paper: 40_000, default: 40_000, smoke: 256 },
    readBy: ["plan"],
  }),
  actorLabels: whole({
    about: "Labels of one task for the actor: a state, and the weighted mean of its candidates.",
    range: [1, 1e9],
    values: { paper: 10_000, default: 10_000, smoke: 128 },
    readBy: ["plan"],
  }),
  labelShards: whole({
    about: "Jobs that the labels of one task are shared out to.",
    range: [1, 10_000],
    values: { paper: 4, default: 4, smoke: 1 },
    readBy: ["plan"],
  }),
  actorCandidates: whole({
    about: "Candidates of which an actor's label is the weighted mean, in place of `candidates`.",
    range: [1, 65_536],
    values: { paper: 16, default: 16, smoke: 8 },
    readBy: ["actor.label"],
  }),
  // Without it a hopper's proposer falls where the sampler does not.
  distilPerturbation: number({
    about:
      "Half-ranges of the task's states by which every second state that proposer and actor learn from is moved, at random.",
    range: [0, 10],
    values: { paper: 0.1, default: 0.1, smoke: 0.1 },
    readBy: [...labelling, ...training],
  }),
  // Old tasks begin without error, as the parent's network is the start; the new one has to be learnt.
  distilNewTaskShare: number({
    about: "Fraction of a proposer's or actor's batch drawn from the new task.",
    range: [1e-12, 1],
    values: { paper: 0.5, default: 0.5, smoke: 0.5 },
    readBy: training,
  }),
  distilLearningRate: number({
    about: "Highest learning rate of proposer and actor, per step.",
    range: [1e-12, 10],
    values: { paper: 4e-3, default: 4e-3, smoke: 4e-3 },
    readBy: training,
  }),
  proposerSteps: whole({
    about: "Gradient steps of the proposer for the first task.",
    range: [1, 1e9],
    values: { paper: 600, default: 600, smoke: 60 },
    readBy: ["proposer.train"],
  }),
  actorSteps: whole({
    about: "Gradient steps of the actor for the first task.",
    range: [1, 1e9],
    values: { paper: 1_000, default: 1_000, smoke: 60 },
    readBy: ["actor.train"],
  }),
  distilStepsPerOldTask: whole({
    about: "Gradient steps added to proposer and actor per old task, until `maxDistilSteps`.",
    range: [0, 1e9],
    values: { paper: 50, default: 50, smoke: 0 },
    readBy: training,
  }),
  actingEpisodes: whole({
    about:
      "Most episodes of the new task in which proposer and actor are compared with the sampler; it takes fewer where they suffice.",
    range: [1, 1_000_000],
    values: { paper: 60, default: 60, smoke: 4 },
    readBy: ["plan"],
  }),
  maxDistilSteps: whole({
    about: "At most this many gradient steps of proposer or actor.",
    range: [1, 1e9],
    values: { paper: 1_500, default: 1_500, smoke: 60 },
    readBy: training,
  }),
};
