/**
 * One copy of a task as it is looked at: what shapes it is made of and where they are, stepped by the laws of the evaluation. Runs in a
 * browser as well.
 * @module
 */
import { resolveTask, type RobotFamily, type TaskSpec } from "./families.ts";
import { isHealthy, observe, startState, stateOf } from "./laws.ts";
import { shownMaze } from "./maze/shown_maze.ts";
import { rewardOf } from "./rewards.ts";
import type { RobotFacts } from "./robots.ts";
import { RobotModel, type Simulation } from "./simulation.ts";

/** A shape, in its own frame. `size` as in MJCF: of a capsule radius and half length (along z), of a box its half sides. */
export interface Shape {
  readonly name: string;
  readonly type: string;
  readonly size: readonly number[];
  /** Its role in the picture. */
  readonly part: "floor" | "robot" | "wall" | "block" | "goal";
}

/** The result of one step. */
export interface ShownStep {
  readonly reward: number;
  /** The cause of the episode's end, if it ended. */
  readonly end?: "fell" | "goal" | "block";
}

/** A robot and its surroundings as shapes, which can be stepped and pushed. */
export interface ShownWorld {
  readonly shapes: readonly Shape[];
  /** Seconds of one step; 0 where a step takes no time. */
  readonly dt: number;
  /** Steps of an episode. */
  readonly horizon: number;
  readonly stateDim: number;
  readonly actionDim: number;
  /** From where it is looked at best. */
  readonly view: "side" | "above" | "corner";
  /** Whether it leaves the place where it begins. */
  readonly follows: boolean;
  /** Kg; 0 where nothing can be pushed. */
  readonly mass: number;
  /** Puts it into the start state of a seed, the same as in evaluations. */
  reset(seed: number): void;
  /** Puts it into a state that looks like an observation. @param offset of what is not observed: where the robot stands */
  show(observation: ArrayLike<number>, offset?: readonly number[]): void;
  /** `[S]` */
  observe(): Float32Array;
  /** @throws Error when the simulation became unstable */
  step(action: Float32Array): ShownStep;
  /** Place (3) and rotation by rows (9) of each shape, `[shapes * 12]`. */
  places(target: Float64Array): void;
  /** A force on a shape until it is set again, N. */
  push(shape: number, force: readonly number[]): void;
  close(): void;
}

/**
 * Opens a task to be looked at. Close it when done.
 *
 * @param spec family and goal
 * @returns its shapes, and where they are
 * @throws {RangeError} when the family or its goal is not known
 */
export async function openShownWorld(spec: TaskSpec): Promise<ShownWorld> {
  const { family, goal, dynamics } = resolveTask(spec);
  if (family.maze) return shownMaze(goal, family.info);
  const { robot, info } = family;
  const model = await RobotModel.compile(robot, dynamics);
  const simulation = model.openSimulation();
  return {
    shapes: robot.geoms.map(shapeOf),
    ...{ dt: model.dt, horizon: info.horizon, stateDim: info.stateDim, actionDim: info.actionDim },
    ...{ view: viewOf(robot), follows: true },
    mass: robot.bodies.reduce((sum, { mass }) => sum + mass, 0),
    reset(seed) {
      const { qpos, qvel } = startState(robot, seed);
      simulation.setState(qpos, qvel);
    },
    show(observation, offset = []) {
      const { qpos, qvel } = stateOf(robot, observation);
      const observed = robot.observation.find(({ of }) => of === "qpos")?.first ?? 0;
      for (let i = 0; i < Math.min(observed, offset.length); i++) qpos[i]! += offset[i]!;
      simulation.setState(qpos, qvel);
    },
    observe() {
      const state = new Float32Array(info.stateDim);
      observe(robot, simulation, state, 0);
      return state;
    },
    step: (action) => stepRobot(family, goal, { model, simulation }, action),
    places: (target) => simulation.shapePlaces(target),
    push: (shape, force) => simulation.push(shape, force),
    close() {
      simulation.close();
      model.close();
    },
  };
}

function shapeOf({ name, type, size, body }: RobotFacts["geoms"][number]): Shape {
  return { name, type, size, part: body === "world" ? "floor" : "robot" };
}

/** As evaluations step it. */
function stepRobot(
  { robot, reward }: RobotFamily,
  goal: readonly number[],
  { model, simulation }: { model: RobotModel; simulation: Simulation },
  action: Float32Array,
): ShownStep {
  const [x = 0, y = 0] = simulation.qpos;
  simulation.step(action);
  const after = simulation.qpos;
  const velocity = [(after[0]! - x) / model.dt, (after[1]! - y) / model.dt] as const;
  const earned = { reward: rewardOf(reward, goal, ...velocity, action) };
  return isHealthy(robot, simulation) ? earned : { ...earned, end: "fell" };
}

/** Robots that are held in the plane of x and z are looked at from the side, those that lie from above. */
function viewOf({ joints }: RobotFacts): ShownWorld["view"] {
  if (joints.some(({ type }) => type === "free")) return "corner";
  return joints.some(({ type, axis }) => type === "slide" && axis?.[2] === 1) ? "side" : "above";
}
