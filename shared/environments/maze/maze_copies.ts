/**
 * Copies of a maze that step together.
 * @module
 */
import type { Copies } from "../stepped_environment.ts";
import { directionOf, intoMaze, intoWorld, type Pair, startPoint, stepPoint } from "./maze_law.ts";

/**
 * `size` points, each in a maze of its own.
 *
 * @param goal cosine and sine of the direction in which the maze is turned
 * @param size how many
 * @returns copies that are stepped one by one
 */
export function mazeCopies(goal: readonly number[], size: number): Copies<Pair> {
  const direction = directionOf(goal);
  const positions = Array.from({ length: size }, (): Pair => [0, 0]);
  return {
    startOf: startPoint,
    start: (i, start) => void (positions[i] = intoMaze(direction, start)),
    observe: (i, target, offset) => target.set(intoWorld(direction, positions[i]!), offset),
    step(i, [x = 0, y = 0]) {
      const { position, reward, end } = stepPoint(positions[i]!, intoMaze(direction, [clamp(x), clamp(y)]));
      positions[i] = position;
      return { reward, ended: end !== undefined, success: end === "goal" };
    },
    close: () => {},
  };
}

const clamp = (value: number) => Math.min(1, Math.max(-1, value));
