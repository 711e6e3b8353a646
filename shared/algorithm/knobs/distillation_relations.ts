/**
 * What holds between the knobs of the one-step networks.
 * @module
 */
import type { Hyperparameters } from "./hyperparameters.ts";
import { acts, atMost, CUT, is, type Relation, when } from "./relation.ts";

const proposes = is("distil", "proposer", "both");
const acting = is("distil", "actor", "both");
const distils = is("distil", "proposer", "actor", "both");

/** Steps of the networks that there are. */
function steps(h: Hyperparameters): number[] {
  return [
    ...(proposes.holds(h, h) ? [h.proposerSteps] : []),
    ...(acting.holds(h, h) ? [h.actorSteps] : []),
  ];
}

/** One list, a part of `relations`. */
export const distillationRelations: readonly Relation[] = [
  ...acts(["proposerLabels", "proposerSteps"], proposes),
  ...acts(["actorLabels", "actorSteps", "actorCandidates"], acting),
  ...acts(["labelShards", "actingEpisodes", "distilPerturbation", "distilLearningRate"], distils),
  ...acts(["distilNewTaskShare"], distils, is("replay", "generated", "oracle", "noise", "real-buffer")),
  ...atMost("labelShards", ["proposerLabels"], "for each job makes a label", proposes),
  ...atMost("labelShards", ["actorLabels"], "for each job makes a label", acting),
  ...atMost("proposerSteps", ["maxDistilSteps"], CUT, proposes),
  ...atMost("actorSteps", ["maxDistilSteps"], CUT, acting),
  ...atMost("warmupSteps", ["proposerSteps"], "or the learning rate never gets to its height", proposes),
  ...atMost("warmupSteps", ["actorSteps"], "or the learning rate never gets to its height", acting),
  ...acts(
    ["distilStepsPerOldTask"],
    distils,
    when(
      ["maxDistilSteps", "proposerSteps", "actorSteps"],
      "maxDistilSteps above proposerSteps or actorSteps",
      (h) => steps(h).some((one) => h.maxDistilSteps > one),
    ),
  ),
  ...acts(
    ["maxDistilSteps"],
    distils,
    when(
      ["proposerSteps", "actorSteps", "distilStepsPerOldTask"],
      "proposerSteps, actorSteps or distilStepsPerOldTask that lead up to it",
      // A limit that is raised acts if it was in the way before.
      (h, before) =>
        h.distilStepsPerOldTask > 0 ||
        steps(h).some((one) => Math.min(h.maxDistilSteps, before.maxDistilSteps) < one),
    ),
  ),
];
