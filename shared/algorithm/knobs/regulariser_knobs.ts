/**
 * Knobs of regularisers: what holds weights near the parent's beside replay, or in its place.
 * @module
 */
import { choice, number, whole } from "./knob.ts";

const generators = ["states.train", "behavior.train"] as const;

/** The chapter's rows. */
export const regulariserKnobs = {
  regulariser: choice({
    about: "What holds weights near the parent's: nothing, or online elastic weight consolidation.",
    choices: ["none", "ewc"],
    values: { paper: "none", default: "none", smoke: "none" },
    absent: "none",
    readBy: [...generators, "critic.train"],
  }),
  ewcStrength: number({
    about:
      "Weight of the distance from the parent's weights in the loss of both generators, per unit of Fisher information.",
    range: [0, 1e12],
    values: { paper: 1_000, default: 1_000, smoke: 1_000 },
    absent: 1_000,
    readBy: generators,
  }),
  criticEwcStrength: number({
    about: "The same in the loss of the critic.",
    range: [0, 1e12],
    values: { paper: 1_000, default: 1_000, smoke: 1_000 },
    absent: 1_000,
    readBy: ["critic.train"],
  }),
  ewcDecay: number({
    about: "Share of the parent's Fisher information that is kept when a task's own is added to it.",
    range: [0, 1],
    values: { paper: 1, default: 1, smoke: 1 },
    absent: 1,
    readBy: [...generators, "critic.train"],
  }),
  fisherRows: whole({
    about: "Rows of a task that its Fisher information is the mean over, each with a gradient of its own.",
    range: [1, 1e9],
    values: { paper: 1_024, default: 1_024, smoke: 1_024 },
    absent: 1_024,
    readBy: [...generators, "critic.train"],
  }),
};
