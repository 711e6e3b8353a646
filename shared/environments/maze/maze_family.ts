/**
 * The family of mazes: its sizes, and its goals.
 * @module
 */
import type { EnvironmentInfo } from "../families.ts";

const ANGLES = [0.4, 1.6566, 2.9133, 4.1699, 5.4265];

/** Its entry in `listFamilies()`. */
export const MAZE_INFO: EnvironmentInfo = {
  family: "maze-dir",
  model: "point",
  environmentId: "TwoWayMaze",
  stateDim: 2,
  actionDim: 2,
  horizon: 20,
  goalDim: 2,
  description:
    "Point that strides through a maze: get to the other side of a block, left or right of it; goal = cosine and sine of the angle of that side",
  goals: ANGLES.map((angle) => [Math.cos(angle), Math.sin(angle)]),
  goalMeaning: "cosine and sine of the wanted direction, each from -1 to 1; any angle",
  policyShipped: true,
};

/**
 * Whether both lie on the unit circle, as far as a file's digits go.
 *
 * @param goal cosine and sine
 * @returns whether they are of one angle
 */
export function isDirection([cos = 0, sin = 0]: readonly number[]): boolean {
  return Math.abs(Math.hypot(cos, sin) - 1) < 0.01;
}
