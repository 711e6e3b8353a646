import { resolveTask, type RobotFamily, type TaskSpec } from "./families.ts";
import { isHealthy, observe, startState } from "./laws.ts";
import { mazeCopies } from "./maze/maze_copies.ts";
import { rewardOf } from "./rewards.ts";
import { RobotModel } from "./simulation.ts";
import { type Copies, SteppedEnvironment, type VectorEnvironment } from "./stepped_environment.ts";

/**
 * Opens `size` copies of a task. Close it when done: the engine's memory is not garbage-collected (about 1 MB a copy).
 *
 * @param size number of copies that step together, at least 1
 * @param horizon steps after which an episode is cut. @default the family's
 * @param spec family and goal
 * @returns states `[size, S]` after `reset` and `step`; close it
 * @throws {RangeError} when family, goal, size or horizon are not valid
 */
export async function openVectorEnvironment(
  spec: TaskSpec,
  size: number,
  horizon?: number,
): Promise<VectorEnvironment> {
  const task = resolveTask(spec);
  const { info } = task.family;
  const steps = horizon ?? info.horizon;
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(
      `Cannot open environment as horizon must be a positive integer: current value is ${horizon}`,
    );
  }
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(
      `Cannot open environment as size must be a positive integer: current value is ${size}`,
    );
  }
  const { stateDim, actionDim } = info;
  const sizes = { stateDim, actionDim, horizon: steps, size };
  if (task.family.maze) return new SteppedEnvironment(mazeCopies(task.goal, size), sizes);
  const model = await RobotModel.compile(task.family.robot, task.dynamics);
  return new SteppedEnvironment(robotCopies(model, task.family, task.goal, size), sizes);
}

/** Copies of a robot: one compiled model, one state each. */
function robotCopies(
  model: RobotModel,
  { robot, reward }: RobotFamily,
  goal: readonly number[],
  size: number,
): Copies<ReturnType<typeof startState>> {
  const simulations = Array.from({ length: size }, () => model.openSimulation());
  return {
    startOf: (seed) => startState(robot, seed),
    start: (i, { qpos, qvel }) => simulations[i]!.setState(qpos, qvel),
    observe: (i, target, offset) => observe(robot, simulations[i]!, target, offset),
    step(i, action) {
      const simulation = simulations[i]!;
      const before = simulation.qpos;
      const [x, y] = [before[0]!, before[1]!];
      simulation.step(action);
      const after = simulation.qpos;
      const [velocityX, velocityY] = [(after[0]! - x) / model.dt, (after[1]! - y) / model.dt];
      const earned = rewardOf(reward, goal, velocityX, velocityY, action);
      return { reward: earned, ended: !isHealthy(robot, simulation) };
    },
    close() {
      for (const simulation of simulations) simulation.close();
      model.close();
    },
  };
}
