import { observationSize } from "./laws.ts";
import { type RobotFacts, type RobotName, ROBOTS } from "./robots.ts";

/** A task: a family and its goal, e.g. `{ family: "hopper-vel", goal: [1.4] }`. */
export interface TaskSpec {
  /** one of `listFamilies()` */
  readonly family: string;
  /** `[goalDim]`; a speed in m/s, or cosine and sine of the wanted direction */
  readonly goal: readonly number[];
}

/** What a family of tasks is. */
export interface EnvironmentInfo {
  /** name of the family, e.g. `hopper-vel` */
  readonly family: string;
  /** name of its robot, e.g. `hopper` */
  readonly model: string;
  /** S */
  readonly stateDim: number;
  /** A */
  readonly actionDim: number;
  /** environment steps per episode */
  readonly horizon: number;
  /** numbers in a goal */
  readonly goalDim: number;
  /** one line for people */
  readonly description: string;
  /** the family's usual goals; any other goal of `goalDim` numbers is allowed too */
  readonly goals: readonly (readonly number[])[];
}

/**
 * The reward law of a family, with the velocity v over the whole environment step and the action a as given:
 * - `speed`: `alive - |v_x - goal| - controlCost |a|^2`
 * - `direction`: `alive + scale (v_x cos + v_y sin) - controlCost |a|^2`
 */
interface RewardLaw {
  readonly kind: "speed" | "direction";
  readonly scale: number;
  readonly alive: number;
  readonly controlCost: number;
}

/** A family with its robot and reward law. */
export interface Family {
  readonly info: EnvironmentInfo;
  readonly robot: RobotFacts;
  readonly reward: RewardLaw;
}

const HORIZON = 200;

function family(name: string, model: RobotName, what: string, reward: RewardLaw, goals: number[][]): Family {
  const robot = ROBOTS[model];
  const info = {
    family: name,
    model,
    stateDim: observationSize(robot),
    actionDim: robot.actuators.length,
    horizon: HORIZON,
    goalDim: reward.kind === "speed" ? 1 : 2,
    description: `${robot.title}: ${what}`,
    goals,
  };
  return { info, robot, reward };
}

const speed = (alive: number, controlCost: number): RewardLaw => ({
  kind: "speed",
  scale: 1,
  alive,
  controlCost,
});
const direction = (scale: number, alive: number, controlCost: number): RewardLaw => ({
  kind: "direction",
  scale,
  alive,
  controlCost,
});
const speeds = (...values: number[]) => values.map((value) => [value]);
const angles = (...values: number[]) => values.map((angle) => [Math.cos(angle), Math.sin(angle)]);

const AT_SPEED = "move forward at the wanted speed; goal = speed in m/s";
const IN_DIRECTION = "move fast in the wanted direction; goal = cosine and sine of its angle";

const FAMILIES: readonly Family[] = [
  family("cheetah-vel", "half_cheetah", AT_SPEED, speed(0, 0.05), speeds(0.075, 0.45, 0.825, 1.2, 1.575)),
  family(
    "swimmer-dir",
    "swimmer",
    IN_DIRECTION,
    direction(10, 0, 0.0001),
    angles(1.20336, 3.61662, 5.42894, 6.75429, 8.25429),
  ),
  family("hopper-vel", "hopper", AT_SPEED, speed(1, 0.001), speeds(0.4, 0.8, 1.2, 1.6, 2)),
  family("walker-vel", "walker2d", AT_SPEED, speed(1, 0.001), speeds(0.5, 1, 1.5, 2, 2.5)),
  family("ant-dir", "ant", IN_DIRECTION, direction(1, 1, 0.1), angles(0, 1.2, 2.5, 3.7, 5)),
];

/** All families of tasks that can be simulated here. */
export function listFamilies(): EnvironmentInfo[] {
  return FAMILIES.map(({ info }) => info);
}

/** The family of that name, or undefined when there is no simulator for it. */
export function familyInfo(name: string): EnvironmentInfo | undefined {
  return FAMILIES.find(({ info }) => info.family === name)?.info;
}

/**
 * The family of a task and its goal as the datasets hold it (float32), so that a goal read from a file and the decimal
 * it came from name the same task.
 *
 * @throws RangeError when the family is unknown or the goal has another size or is not finite
 */
export function resolveTask(spec: TaskSpec): { family: Family; goal: number[] } {
  const found = FAMILIES.find(({ info }) => info.family === spec.family);
  if (found === undefined) {
    const known = FAMILIES.map(({ info }) => info.family).join(", ");
    throw new RangeError(
      `Cannot open environment as the family must be one of ${known}: current value is ${spec.family}`,
    );
  }
  const { goalDim } = found.info;
  if (spec.goal.length !== goalDim || !spec.goal.every(Number.isFinite)) {
    throw new RangeError(
      `Cannot open ${spec.family} as its goal must be ${goalDim} finite number(s): current value is [${spec.goal}]`,
    );
  }
  return { family: found, goal: spec.goal.map(Math.fround) };
}

/**
 * The reward of one environment step, the terminating one included.
 *
 * @param velocityX displacement of qpos[0] over the step divided by its duration, m/s
 * @param velocityY the same of qpos[1]
 * @param action `[A]` as the agent gave it, before any clamping
 */
export function rewardOf(
  law: RewardLaw,
  goal: readonly number[],
  velocityX: number,
  velocityY: number,
  action: ArrayLike<number>,
): number {
  let squares = 0;
  for (let i = 0; i < action.length; i++) squares += action[i]! * action[i]!;
  const progress = law.kind === "speed"
    ? -Math.abs(velocityX - goal[0]!)
    : velocityX * goal[0]! + velocityY * goal[1]!;
  return law.alive + law.scale * progress - law.controlCost * squares;
}
