/**
 * A small lawful dataset for tests: a point that walks, episodes of fixed length.
 * @module
 */
import type { Dataset } from "../../shared/datasets/dataset.ts";

/** `episodes` episodes of `length` steps, S = 2, A = 1; values are a plain function of the row. */
export function exampleDataset(episodes = 10, length = 10): Dataset {
  const size = episodes * length;
  const states = new Float32Array(size * 2);
  const nextStates = new Float32Array(size * 2);
  const actions = new Float32Array(size);
  const rewards = new Float32Array(size);
  const timeouts = new Uint8Array(size);
  for (let row = 0; row < size; row++) {
    const step = row % length;
    const episode = Math.floor(row / length);
    states.set([step, episode], row * 2);
    nextStates.set([step + 1, episode], row * 2);
    actions[row] = Math.sin(row);
    rewards[row] = step / length;
    timeouts[row] = step === length - 1 ? 1 : 0;
  }
  const metadata = {
    family: "example-walk",
    goal: [0.5, -1],
    horizon: length,
    returnRandom: -3.5,
    returnFinalPolicy: 12,
  };
  return {
    states,
    actions,
    rewards,
    nextStates,
    terminals: new Uint8Array(size),
    timeouts,
    size,
    stateDim: 2,
    actionDim: 1,
    metadata,
  };
}
