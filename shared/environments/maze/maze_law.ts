/**
 * A point that strides through a maze with two ways round: where it starts, what it may not touch and when it is there. Pure, float64.
 *
 * All of it is written in the maze's own frame: `along` points from the start to the goal, `across` to the left of that. A task turns the
 * maze, and with it all walls; what is observed and done is in the frame of the world, which tasks share.
 * @module
 */
import { createRandom } from "../simulation_rng.ts";

/** The maze's measures in metres; the point's own are those of its centre. */
export const MAZE = {
  /** Walls that the point slides along. */
  walls: { along: [-0.4, 2], across: [-1, 1] },
  /** In the middle of the way: touching it breaks the point. */
  block: { along: [0.3, 1.1], across: [-0.25, 0.25] },
  goal: { along: 1.6, across: 0, radius: 0.2 },
  /** The distance that an action of 1 moves. */
  stride: 0.7,
} as const;

/** Start positions lie within this of the origin, each coordinate by itself. */
const START_HALF_RANGE = 0.05;

const REWARD_GOAL = 1;
const REWARD_BLOCK = -1;
const REWARD_STEP = -0.02;

/** Two coordinates of one frame. */
export type Pair = readonly [number, number];

/** The result of one step. */
export interface PointStep {
  readonly position: Pair;
  readonly reward: number;
  /** The cause of the episode's end, if it ended. */
  readonly end?: "goal" | "block";
}

/**
 * Cosine and sine of a goal to all digits: datasets round them to float32.
 *
 * @param goal cosine and sine, of any length but 0
 * @returns of length 1
 */
export function directionOf([cos = 0, sin = 0]: readonly number[]): Pair {
  const length = Math.hypot(cos, sin);
  return [cos / length, sin / length];
}

/**
 * Turns a pair of the world into the maze's frame.
 *
 * @param direction cosine and sine of where the goal lies
 * @returns along and across that direction
 */
export function intoMaze([cos, sin]: Pair, [x, y]: Pair): Pair {
  return [cos * x + sin * y, cos * y - sin * x];
}

/**
 * Turns a pair of the maze's frame into the world's.
 *
 * @param direction cosine and sine of where the goal lies
 * @returns x and y
 */
export function intoWorld([cos, sin]: Pair, [along, across]: Pair): Pair {
  return [cos * along - sin * across, sin * along + cos * across];
}

/**
 * The start position of a seed, in the world: beside the origin, the same for all tasks.
 *
 * @param seed of the episode
 * @returns x and y
 */
export function startPoint(seed: number): Pair {
  const random = createRandom(seed);
  const near = () => START_HALF_RANGE * (2 * random.uniform() - 1);
  return [near(), near()];
}

/**
 * One stride in the maze's frame.
 *
 * @param from along and across, in the maze's frame
 * @param action parts of a whole stride, each coordinate of it in the world's frame clamped already
 * @returns position, reward, and what ended the episode, if anything did
 */
export function stepPoint(from: Pair, action: Pair): PointStep {
  const along = withinWalls(from[0] + MAZE.stride * action[0], MAZE.walls.along);
  const across = withinWalls(from[1] + MAZE.stride * action[1], MAZE.walls.across);
  const position: Pair = [along, across];
  if (crossesBlock(from, position)) return { position, reward: REWARD_STEP + REWARD_BLOCK, end: "block" };
  const { goal } = MAZE;
  const reached = Math.hypot(along - goal.along, across - goal.across) <= goal.radius;
  return reached
    ? { position, reward: REWARD_STEP + REWARD_GOAL, end: "goal" }
    : { position, reward: REWARD_STEP };
}

/** One coordinate: a wall holds what goes through it, and nothing else. */
function withinWalls(value: number, [low, high]: Pair): number {
  return Math.min(high, Math.max(low, value));
}

/** Whether the straight way between two points touches the block: the parts of it that lie within both of its sides overlap. */
function crossesBlock(from: Pair, to: Pair): boolean {
  let [first, last] = [0, 1];
  for (const [i, [low, high]] of [MAZE.block.along, MAZE.block.across].entries()) {
    const start = from[i]!, length = to[i]! - start;
    if (length === 0) {
      if (start < low || start > high) return false;
      continue;
    }
    const parts = [(low - start) / length, (high - start) / length];
    first = Math.max(first, Math.min(...parts));
    last = Math.min(last, Math.max(...parts));
  }
  return first <= last;
}
