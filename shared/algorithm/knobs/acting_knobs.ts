/**
 * Knobs of acting: how many candidate actions are drawn for a state, and how the critic chooses among them.
 * @module
 */
import { choice, number, whole } from "./knob.ts";

const acting = ["policy.evaluate", "policy.estimate"] as const;
/** An actor's label is a decision among more candidates. */
const choosing = [...acting, "actor.label"] as const;

/** The chapter's rows. */
export const actingKnobs = {
  candidates: whole({
    about: "Candidate actions M drawn for one state.",
    range: [1, 65_536],
    values: { paper: 32, default: 16, smoke: 8 },
    readBy: acting,
  }),
  // 5 calls halve the time of a decision, and cost 1.5 points of score on cheetah and 0.6 on hopper.
  actingEvaluations: whole({
    about:
      "Network calls per candidate, in place of `functionEvaluations`: the mean of candidates needs fewer than a replay does.",
    range: [1, 10_000],
    values: { paper: 100, default: 10, smoke: 5 },
    readBy: [...choosing, "proposer.label"],
  }),
  selection: choice({
    about:
      "`top`: mean of the best n candidates; `soft`: mean weighted by exp(alpha (Q - V) / spread); `mode`: the same, of the heavier group alone where the candidates fall apart into two; `one`: one drawn with these weights.",
    choices: ["top", "soft", "mode", "one"],
    values: { paper: "top", default: "mode", smoke: "mode" },
    readBy: choosing,
  }),
  topCount: whole({
    about: "Candidates n of `selection: top`, at most `candidates`.",
    range: [1, 65_536],
    values: { paper: 4, default: 8, smoke: 4 },
    readBy: choosing,
  }),
  // `returns` is gentle where candidates hardly differ, and greedy where the choice matters.
  selectionSpread: choice({
    about:
      "Unit in which `soft`, `mode` and `one` measure Q - V: the spread of a state's candidates, or of the task's returns.",
    choices: ["candidates", "returns"],
    values: { paper: "returns", default: "returns", smoke: "returns" },
    readBy: choosing,
  }),
  // With 20, as in SfBC, a walker changes its gait at the slightest drift of the candidates, with 5 another learns less (README of the room).
  inverseTemperature: number({
    about:
      "Greediness alpha of `soft`, `mode` and `one`, per unit of `selectionSpread`; 0 acts as the data did.",
    range: [0, 1e9],
    values: { paper: 100, default: 10, smoke: 20 },
    readBy: choosing,
  }),
  pessimism: number({
    about:
      "Standard deviations over the critics that are subtracted from their mean; `min` takes the least of them.",
    range: [0, 1e9],
    or: "min",
    values: { paper: "min", default: "min", smoke: "min" },
    readBy: choosing,
  }),
};
