/**
 * The note beside estimates: their scale, what they cannot see, and what they have been worth, where. Pure.
 * @module
 */
import type { Anchors, CellEstimate, EnvironmentRef } from "@cugro/protocol";
import {
  describeEstimateWorth,
  ESTIMATE_BLINDNESS,
  type EstimateConditions,
} from "@cugro/algorithm/estimate/arrays";

/** A learner whose versions are estimated. */
export interface EstimatedLearner {
  config: { preset: string; knobs: Readonly<Record<string, unknown>> };
  tasks: readonly { task: number; environment: EnvironmentRef | null; anchors: Anchors }[];
}

/**
 * What estimates cannot see and have been worth, and where the learner is not what that was measured on; null where there is none.
 *
 * @param estimates cells by version and task
 * @param learner its tasks and configuration
 * @returns two sentences
 */
export function estimateNote(
  estimates: readonly (readonly (CellEstimate | null)[])[],
  learner: EstimatedLearner,
): string | null {
  const shown = learner.tasks.filter((_, column) => estimates.some((row) => row[column]));
  if (shown.length === 0) return null;
  const { preset, knobs: { estimateSteps } } = learner.config;
  const conditions: EstimateConditions = {
    preset,
    estimateSteps: typeof estimateSteps === "number" ? estimateSteps : undefined,
    tasks: shown.map(({ task, environment }) => ({ task, world: worldOf(environment) })),
  };
  return `Returns ${ESTIMATE_BLINDNESS}. ${describeEstimateWorth(conditions)}`;
}

/** The family of a robot's task, or the namespace of one of Gymnasium's (`Meta-World` of `Meta-World/push-v3`). */
function worldOf(environment: EnvironmentRef | null): string | null {
  if (!environment) return null;
  return "family" in environment ? environment.family : environment.gymnasium.split("/")[0]!;
}

/**
 * Which returns score 0 and 100, in words: `0 and 100: worst and best 10 % of the episodes (tasks 1, 3)`.
 *
 * @param tasks with their anchors
 * @returns sources with semicolons between them
 */
export function describeScale(tasks: readonly { task: number; anchors: Anchors }[]): string {
  const sources = Map.groupBy(tasks, ({ anchors }) => anchors.source);
  const phrases = [...sources].map(([source, of]) =>
    sources.size === 1
      ? source
      : `${source} (task${of.length === 1 ? "" : "s"} ${of.map(({ task }) => task).join(", ")})`
  );
  return `0 and 100: ${phrases.join("; ")}`;
}
