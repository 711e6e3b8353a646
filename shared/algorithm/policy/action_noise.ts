/**
 * The noise of decisions: drawn state by state, so that it depends neither on batching nor on the way of computing.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import type { Stored } from "@cugro/tensors/seam";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { createRng, type Rng } from "../numerics/rng.ts";
import { matrix } from "../numerics/weights.ts";

/** Where the noise of one asker's decisions comes from. It remembers its place: the next rows continue where the last ended. */
export interface ActionNoise {
  candidates: Rng;
  choice: Rng;
}

/** The next `rows` rows of a batch belong to this asker. */
export interface NoiseShare {
  noise: ActionNoise;
  rows: number;
}

/**
 * Opens the noise of a seed at its first row.
 *
 * @param seed decides all rows
 * @returns noise row by row
 */
export function openNoise(seed: number): ActionNoise {
  return { candidates: createRng(seed, "act.candidates"), choice: createRng(seed, "act.choice") };
}

/**
 * The source of each row's noise.
 *
 * @param shares whose noise serves how many rows
 * @param count of all rows
 * @returns one source a row
 * @throws {InvalidInputError} if the shares are not `count` rows
 */
export function rowSources(shares: readonly NoiseShare[], count: number): ActionNoise[] {
  const sources = shares.flatMap(({ noise, rows }) => Array.from({ length: rows }, () => noise));
  if (sources.length === count) return sources;
  throw new InvalidInputError(
    `Cannot act as the shares must be ${count} rows: current number is ${sources.length}`,
  );
}

/**
 * Noise of one decision, drawn state by state so that it does not depend on batching or padding.
 *
 * @param noiseDim numbers that a candidate begins with
 * @param h number of candidates, way of selection
 * @param sources one a state
 * @returns `noise` `[padded * M, noiseDim]`, and `gumbel` where one is drawn
 */
export function decisionNoise(
  h: Pick<Hyperparameters, "candidates" | "selection">,
  noiseDim: number,
  sources: readonly ActionNoise[],
): (size: number, padded: number) => Stored {
  let row = 0;
  return (size, padded) => {
    const noise = new Float32Array(padded * h.candidates * noiseDim);
    // Gumbel noise; the uniform is moved off 0, where the logarithm would be infinite.
    const gumbel = new Float32Array(padded * h.candidates);
    for (let i = 0; i < size; i++) {
      const { candidates, choice } = sources[row++]!;
      candidates.fillNormals(noise, i * h.candidates * noiseDim, (i + 1) * h.candidates * noiseDim);
      if (h.selection !== "one") continue;
      const uniforms = choice.uniforms(h.candidates, 0, 1);
      gumbel.set(
        uniforms.map((u) => -Math.log(-Math.log(Math.min(Math.max(u, 1e-7), 1 - 1e-7)))),
        i * h.candidates,
      );
    }
    const drawn = { noise: matrix(noise, noiseDim) };
    return h.selection === "one" ? { ...drawn, gumbel: matrix(gumbel, h.candidates) } : drawn;
  };
}
