/**
 * Those who go round the block: code, not a network. Each episode goes left or right, by a coin.
 * @module
 */
import type { Act } from "../rollout.ts";
import { createRandom } from "../simulation_rng.ts";
import { directionOf, intoMaze, intoWorld, MAZE, type Pair } from "./maze_law.ts";
import type { Snapshot } from "../policy.ts";

/** Standard deviation of the noise on each coordinate of an action, by quality. */
const NOISE: Readonly<Record<Snapshot, number>> = { early: 0.8, medium: 0.4, final: 0.1 };
/** The first stride of either way, as parts of a whole one: past the corner of the block. */
const TURN: Pair = [0.55, 0.8];
/** From this far to its side the point passes the block straight. */
const CLEAR = 0.4;

/**
 * Acts at one quality.
 *
 * @param snapshot how much noise the actions have
 * @param goal cosine and sine of the direction of the goal
 * @param noises one seed for each copy: its coin and its noise follow from it
 * @returns actions `[active, 2]`, 0 for copies that have ended
 */
export function mazeAct(snapshot: Snapshot, goal: readonly number[], noises: readonly number[]): Act {
  const direction = directionOf(goal);
  const rows = noises.map((seed) => {
    const random = createRandom(seed);
    return { side: random.uniform() < 0.5 ? 1 : -1, random };
  });
  return (states, _step, active) => {
    const actions = new Float32Array(2 * active.length);
    rows.forEach(({ side, random }, i) => {
      if (active[i] !== 1) return;
      const place: Pair = [states[2 * i]!, states[2 * i + 1]!];
      const wanted = intoWorld(direction, strideOf(intoMaze(direction, place), side));
      const noisy = wanted.map((value) => value + NOISE[snapshot] * random.normal());
      actions.set(noisy.map((value) => Math.min(1, Math.max(-1, value))), 2 * i);
    });
    return actions;
  };
}

/** Where to, in the maze's frame. */
function strideOf([along, across]: Pair, side: number): Pair {
  if (along < MAZE.block.along[1]) return side * across < CLEAR ? [TURN[0], side * TURN[1]] : [1, 0];
  const rest = [MAZE.goal.along - along, MAZE.goal.across - across].map((one) => one / MAZE.stride);
  const length = Math.max(1, Math.hypot(...rest));
  return [rest[0]! / length, rest[1]! / length];
}
