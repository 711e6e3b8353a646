/**
 * Knobs of evaluation, and of the gate that publishes or parks a version.
 * @module
 */
import { choice, flag, number, whole } from "./knob.ts";

/**
 * Fewest episodes from which a 90 % bound is drawn, and so the fewest that a gate can judge by. The whole range of n
 * independent values covers the median of their law with probability 1 - 2^(1-n): 94 % for 5, but 87.5 % for 4 and 50 % for
 * 2, whatever an interval inside that range claims.
 */
export const MIN_EPISODES = 5;

/** The chapter's rows. */
export const evaluationKnobs = {
  evaluationEpisodes: whole({
    about: "Episodes for each task, with the same starts in every version.",
    range: [1, 1_000_000],
    values: { paper: 10, default: 20, smoke: 2 },
    readBy: ["policy.evaluate"],
  }),
  snapshots: flag({
    about:
      "Whether the new task is also run with behavior generator and critic as they were after 10, 25 and 50 % of their steps, which are trained again for it: how fast a task is learnt, for experiments.",
    values: { paper: false, default: false, smoke: false },
    absent: false,
    readBy: ["plan"],
  }),
  // `smoke` trains too briefly to be judged.
  gate: choice({
    about:
      "Whether a version that the limits below speak against is parked, or published with the reasons said.",
    choices: ["enforce", "observe"],
    values: { paper: "enforce", default: "enforce", smoke: "observe" },
    readBy: ["plan"],
  }),
  maxForgetting: number({
    about: "Points of normalised score that an old task may lose.",
    range: [0, 1e9],
    values: { paper: 10, default: 10, smoke: 10 },
    readBy: ["plan"],
  }),
  // Half of what one task may lose: with two tasks the same loss, with more of them one that many share.
  maxAverageDrop: number({
    about:
      "Points of normalised score that the average over the tasks a version shares with its parent may fall, if they are two or more; `none` asks for nothing.",
    range: [0, 1e9],
    or: "none",
    values: { paper: 5, default: 5, smoke: 5 },
    readBy: ["plan"],
  }),
  maxReplayDistance: number({
    about: "Multiple of its floor that a replay's sliced Wasserstein distance may reach.",
    range: [0, 1e9],
    values: { paper: 4, default: 4, smoke: 4 },
    readBy: ["plan"],
  }),
  // `smoke` fits too briefly for an estimate to mean anything; the paper has none.
  estimate: choice({
    about:
      "Which tasks have their returns estimated from data: none, those without a simulator, or all, to see what estimates are worth.",
    choices: ["never", "noSimulator", "always"],
    values: { paper: "never", default: "noSimulator", smoke: "never" },
    readBy: ["plan"],
  }),
  estimateSteps: whole({
    about: "Gradient steps of the networks that an estimate is made of.",
    range: [1, 10_000_000],
    values: { paper: 1_500, default: 1_500, smoke: 60 },
    readBy: ["policy.estimate"],
  }),
  maxEstimatedDrop: number({
    about:
      "Points of normalised score that an old task without a score may have lost by its estimate, which must be sure of more (its lower 90 % bound); `none` asks for nothing.",
    range: [0, 1e9],
    or: "none",
    values: { paper: 10, default: 10, smoke: 10 },
    readBy: ["plan"],
  }),
  // What cannot be forgotten yet can be learnt badly: below 0 the policy is worse than random in its newest task.
  minNewTaskScore: number({
    about:
      "Normalised score that the upper 90 % bound of a version must reach in the task it has just learnt, where it is simulated; 0 is random, `none` asks for nothing.",
    range: [-1e9, 1e9],
    or: "none",
    values: { paper: 0, default: 0, smoke: 0 },
    readBy: ["plan"],
  }),
  // Nothing waits by itself: only who has a robot elsewhere knows how long it takes.
  awaitScores: number({
    about:
      "Hours that a version waits, parked, for scores from outside in its tasks that have none, and the next task with it; then it is judged by what there is. 0 does not wait.",
    range: [0, 10_000],
    values: { paper: 0, default: 0, smoke: 0 },
    absent: 0,
    readBy: ["plan"],
  }),
  // From fewer episodes there is no bound, and a gate that asks for one would judge by nothing.
  awaitEpisodes: whole({
    about:
      "Episodes that scores from outside must have in each task for which a version waits; an evaluation with fewer is kept, and waited on.",
    range: [1, 1_000],
    values: { paper: MIN_EPISODES, default: MIN_EPISODES, smoke: MIN_EPISODES },
    absent: MIN_EPISODES,
    readBy: ["plan"],
  }),
};
