/**
 * Both solvers as one table, a row for each call of the denoiser, so that graphs and loaders need one loop for either:
 *
 *   eps_j = denoiser(at, j);  y = keep x + c1 eps_1 + c2 eps_2 + c3 eps_3   (of this step so far);  if clamp: y within the limits
 *   at = y;  if end: x = at = k x + m (y + q (y - y_before))
 * @module
 */
import type { SolverPlan } from "@cugro/algorithm";

/** The columns of the table, in order. */
export const STEP_COLUMNS = ["keep", "c1", "c2", "c3", "end", "clamp", "k", "m", "q"] as const;
/** One call of the denoiser. */
export type SolverStep = Record<typeof STEP_COLUMNS[number], number>;

/**
 * The rows of a plan.
 *
 * @param plan of a solver with a fixed number of evaluations
 * @returns a row for each evaluation, with the columns of {@link STEP_COLUMNS}
 */
export function solverSteps(plan: SolverPlan): SolverStep[] {
  if (plan.solver === "dpmpp2m") {
    return plan.nodes.map(({ xToSample, noiseToSample, advance }) => ({
      ...{ keep: xToSample, c1: -noiseToSample, c2: 0, c3: 0, end: 1, clamp: 1 },
      // Without a way to go on the predicted sample itself is the result.
      ...{ k: advance?.keepX ?? 0, m: advance?.addSample ?? 1, q: advance?.extrapolate ?? 0 },
    }));
  }
  const last = { end: 1, clamp: 0, k: 0, m: 1, q: 0 };
  const steps = plan.steps.flatMap(({ updates }) =>
    updates.map(({ keepX, noise: [c1 = 0, c2 = 0, c3 = 0] }, i): SolverStep => ({
      ...{ keep: keepX, c1, c2, c3 },
      ...last,
      end: i === updates.length - 1 ? 1 : 0,
    }))
  );
  const { denoising } = plan;
  if (denoising === undefined) return steps;
  return [...steps, { keep: denoising.xToSample, c1: -denoising.noiseToSample, c2: 0, c3: 0, ...last }];
}
