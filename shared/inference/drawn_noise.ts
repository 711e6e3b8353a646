/**
 * The noise of decisions, drawn as they come or beforehand: what is drawn can be sent to a thread, and a seed's place in it
 * cannot.
 * @module
 */
import {
  type ActionNoise,
  decisionNoise,
  InvalidInputError,
  type NoiseShare,
  openNoise,
  rowSources,
  type Stored,
} from "@cugro/algorithm/arrays";
import type { InferenceKnobs } from "./session_input.ts";

/** Noise of n rows: of their candidates `[n, M, A]`, and for `selection: one` of the choice `[n, M]`. */
export interface DrawnNoise {
  noise: Float32Array;
  gumbel?: Float32Array;
}

/** Where noise comes from: a seed, whose rows these are, or what was drawn. */
export type NoiseSource = number | readonly NoiseShare[] | DrawnNoise;

type NoiseKnobs = Pick<InferenceKnobs, "candidates" | "selection">;

/**
 * What draws the noise of `count` rows, piece by piece.
 *
 * @param source a seed for all rows, noise itself, or generators with their shares of the rows
 * @param count n
 * @param knobs candidates M, and how they are weighed
 * @param actionDim A
 * @returns of its next rows: noise `[rows, M, A]`, and `[rows, M]` of Gumbel's where candidates are drawn
 * @throws {InvalidInputError} if the source is not of `count` rows
 */
export function openSource(
  source: NoiseSource,
  count: number,
  knobs: NoiseKnobs,
  actionDim: number,
): (rows: number) => DrawnNoise {
  if (typeof source === "object" && "noise" in source) return pieces(source, count, knobs, actionDim);
  const shares = typeof source === "number" ? [{ noise: openNoise(source), rows: count }] : source;
  const draw = decisionNoise(knobs, actionDim, rowSources(shares, count));
  return (rows) => drawnOf(draw(rows, rows));
}

/**
 * The noise of all rows of these sources.
 *
 * @param sources one for each row, n
 * @param knobs candidates M, and how they are weighed
 * @param actionDim A
 * @returns noise `[n, M, A]`, and `[n, M]` of Gumbel's where candidates are drawn
 */
export function drawNoise(
  sources: readonly ActionNoise[],
  knobs: NoiseKnobs,
  actionDim: number,
): DrawnNoise {
  return drawnOf(decisionNoise(knobs, actionDim, sources)(sources.length, sources.length));
}

function drawnOf({ noise, gumbel }: Stored): DrawnNoise {
  const numbers = (tensor: Stored[string]) => tensor.data as Float32Array;
  return { noise: numbers(noise!), ...(gumbel ? { gumbel: numbers(gumbel) } : {}) };
}

function pieces(
  { noise, gumbel }: DrawnNoise,
  count: number,
  { candidates }: NoiseKnobs,
  actionDim: number,
): (rows: number) => DrawnNoise {
  const width = candidates * actionDim;
  if (noise.length !== count * width) {
    throw new InvalidInputError(
      `Cannot act as noise must be [${count}, ${candidates}, ${actionDim}]: current length is ${noise.length}`,
    );
  }
  let row = 0;
  return (rows) => {
    const [from, to] = [row, row += rows];
    const choice = gumbel ? { gumbel: gumbel.subarray(from * candidates, to * candidates) } : {};
    return { noise: noise.subarray(from * width, to * width), ...choice };
  };
}
