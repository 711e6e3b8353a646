/**
 * A maze as it is looked at: from above, with its walls, its block and its goal.
 * @module
 */
import type { EnvironmentInfo } from "../families.ts";
import type { Shape, ShownWorld } from "../shown_world.ts";
import { mazeCopies } from "./maze_copies.ts";
import { directionOf, intoWorld, MAZE, type Pair } from "./maze_law.ts";

const THICK = 0.02;
const HIGH = 0.08;
const POINT = 0.06;

/** A box of the maze, along and across. */
interface Placed extends Shape {
  at: Pair;
}

/**
 * The maze as shapes.
 *
 * @param goal cosine and sine of the direction in which the maze is turned
 * @param info sizes and horizon of the family
 * @returns seen from above; it starts where episodes do
 */
export function shownMaze(
  goal: readonly number[],
  { stateDim, actionDim, horizon }: EnvironmentInfo,
): ShownWorld {
  const direction = directionOf(goal);
  const copies = mazeCopies(goal, 1);
  const shapes = shapesOf();
  const observe = () => {
    const state = new Float32Array(stateDim);
    copies.observe(0, state, 0);
    return state;
  };
  return {
    ...{ shapes, dt: 0, horizon, stateDim, actionDim, mass: 0, observe },
    ...{ view: "above", follows: false },
    reset: (seed) => copies.start(0, copies.startOf(seed)),
    show: ([x = 0, y = 0]: ArrayLike<number> & Iterable<number>) => copies.start(0, [x, y]),
    step(action) {
      const { reward, ended, success } = copies.step(0, action);
      return ended ? { reward, end: success ? "goal" : "block" } : { reward };
    },
    places(target) {
      const [x, y] = observe();
      shapes.forEach(({ at, part }, i) => {
        const place = part === "robot" ? [x!, y!] : intoWorld(direction, at);
        const [cos, sin] = direction;
        target.set([...place, part === "floor" ? 0 : HIGH / 2, cos, -sin, 0, sin, cos, 0, 0, 0, 1], 12 * i);
      });
    },
    push: () => {},
    close: () => copies.close(),
  };
}

function shapesOf(): Placed[] {
  const { walls: { along, across }, block, goal } = MAZE;
  const middle = ([low, high]: Pair) => (low + high) / 2;
  const half = ([low, high]: Pair) => (high - low) / 2;
  const wall = (name: string, at: Pair, sides: Pair): Placed => ({
    ...{ name, at, type: "box", size: [...sides, HIGH / 2], part: "wall" },
  });
  return [
    { name: "floor", type: "plane", size: [0, 0, 0], part: "floor", at: [0, 0] },
    ...across.map((edge) => wall("wall", [middle(along), edge], [half(along), THICK])),
    ...along.map((edge) => wall("wall", [edge, middle(across)], [THICK, half(across)])),
    {
      ...{ name: "block", type: "box", at: [middle(block.along), middle(block.across)], part: "block" },
      size: [half(block.along), half(block.across), HIGH / 2],
    },
    {
      ...{ name: "goal", type: "cylinder", at: [goal.along, goal.across], part: "goal" },
      size: [goal.radius, THICK / 2],
    },
    { name: "point", type: "sphere", size: [POINT], part: "robot", at: [0, 0] },
  ];
}
