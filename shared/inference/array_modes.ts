/**
 * Two groups among the candidates of a state, as `algorithm/policy/modes.ts` finds them with tensors.
 * @module
 */

/** As where candidates are tensors. */
const MODES_EXPLAIN = 0.95;
const MODES_APART = 0.3;

/** The limits of actions, `[A]` each, in the coordinates of the candidates. */
export interface ActionLimits {
  low: ArrayLike<number>;
  high: ArrayLike<number>;
}

/** A cut between two groups along one coordinate. */
interface Cut {
  explained: number;
  share: number;
  distance: number;
  place: number;
}

/**
 * The weights `[M]` again; where the candidates `[M, A]` fall apart into two groups, without those of the lighter one.
 *
 * @param weights `[M]`
 * @param candidates `[M, A]`
 * @returns what was given where there is one group
 */
export function weightsOfHeavierMode(
  weights: Float32Array,
  candidates: Float32Array,
  { low, high }: ActionLimits,
): Float32Array {
  const actionDim = candidates.length / weights.length;
  let widest: { variance: number; mean: number; places: Float64Array } | undefined;
  for (let d = 0; d < actionDim; d++) {
    const places = Float64Array.from(weights, (_, m) => {
      const range = high[d]! - low[d]!;
      return range === 0 ? 0 : (candidates[m * actionDim + d]! - low[d]!) / range;
    });
    const mean = weighted(weights, (m) => places[m]!);
    const variance = weighted(weights, (m) => (places[m]! - mean) ** 2);
    if (!widest || variance > widest.variance) widest = { variance, mean, places };
  }
  const { variance, mean, places } = widest!;
  const cut = bestCut(weights, places, mean);
  if (!(cut.explained > MODES_EXPLAIN * variance && cut.distance > MODES_APART)) return weights;
  const lowerIsHeavier = cut.share >= 0.5;
  const kept = weights.map((weight, m) => (places[m]! <= cut.place) === lowerIsHeavier ? weight : 0);
  const total = weighted(kept, () => 1);
  return kept.map((weight) => weight / total);
}

/** The cut just above one of the candidates whose two means explain most, the first of equals. */
function bestCut(weights: Float32Array, places: Float64Array, mean: number): Cut {
  let best: Cut = { explained: -1, share: 1, distance: 0, place: 0 };
  for (const place of places) {
    const share = weighted(weights, (m) => Number(places[m]! <= place));
    const moment = weighted(weights, (m) => places[m]! <= place ? places[m]! : 0);
    const rest = Math.max(0, 1 - share);
    const whole = share * rest;
    const explained = whole === 0 ? 0 : (mean * share - moment) ** 2 / whole;
    const distance = whole === 0 ? 0 : (mean - moment) / rest - moment / share;
    if (explained > best.explained) best = { explained, share, distance, place };
  }
  return best;
}

function weighted(weights: Float32Array, of: (m: number) => number): number {
  let sum = 0;
  for (let m = 0; m < weights.length; m++) sum += weights[m]! * of(m);
  return sum;
}
