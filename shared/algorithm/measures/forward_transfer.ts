/**
 * How much faster a task is learnt after others than from nothing, by the areas under its curves. Pure.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import { mean } from "./results_matrix.ts";

/**
 * Mean of a score curve over the steps it spans (trapezoids): the area a forward transfer compares.
 * Source: Continual World (Wolczyk et al. 2021).
 *
 * @param curve steps, rising, and a score at each
 * @returns in points of score
 * @throws {InvalidInputError} if there are not as many values as steps, or none
 */
export function meanOverTraining(curve: { steps: readonly number[]; values: readonly number[] }): number {
  const { steps, values } = curve;
  if (steps.length !== values.length || steps.length === 0) {
    throw new InvalidInputError(
      `Cannot average a curve as it has ${steps.length} steps and ${values.length} values`,
    );
  }
  const span = steps[steps.length - 1]! - steps[0]!;
  if (span === 0) return mean(values);
  let area = 0;
  for (let i = 1; i < steps.length; i++) {
    area += (steps[i]! - steps[i - 1]!) * (values[i]! + values[i - 1]!) / 2;
  }
  return area / span;
}

/**
 * Forward transfer FWT = (1/K) sum_j (area_j - reference_j) / (ceiling - reference_j) (Continual World).
 * Source: Continual World (Wolczyk et al. 2021).
 *
 * @param areas mean normalised score while task j was learnt in the stream, `[K]`
 * @param references the same for learning task j alone, from nothing, `[K]`
 * @param ceiling the score that counts as perfect
 * @returns 1: perfect from the first step; 0: as from nothing
 * @throws {InvalidInputError} if a reference reaches the ceiling, where the quotient loses its meaning
 */
export function forwardTransfer(
  areas: readonly number[],
  references: readonly number[],
  ceiling = 100,
): number {
  if (areas.length !== references.length) {
    throw new InvalidInputError(`Cannot compare ${areas.length} areas with ${references.length} references`);
  }
  return mean(areas.map((area, j) => {
    const reference = references[j]!;
    if (reference >= ceiling) {
      throw new InvalidInputError(
        `Cannot compute forward transfer as reference ${
          j + 1
        } must be below ${ceiling}: current value is ${reference}`,
      );
    }
    return (area - reference) / (ceiling - reference);
  }));
}
