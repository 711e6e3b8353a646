/**
 * Families of tasks: what they are, and what their goals may be. The families themselves stand in `family_table.ts`.
 * @module
 */
import type { Dynamics } from "./dynamics.ts";
import { FAMILIES } from "./family_table.ts";
import { isDirection } from "./maze/maze_family.ts";
import type { RewardLaw } from "./rewards.ts";
import type { RobotFacts } from "./robots.ts";

/** A task: a family and its goal, e.g. `{ family: "hopper-vel", goal: [1.4] }`. */
export interface TaskSpec {
  /** one of `listFamilies()` */
  readonly family: string;
  /** `[goalDim]`; a speed in m/s, cosine and sine of the wanted direction, or the number of a set of dynamics */
  readonly goal: readonly number[];
}

/** A family of tasks. */
export interface EnvironmentInfo {
  /** name of the family, e.g. `hopper-vel` */
  readonly family: string;
  /** name of its robot, e.g. `hopper` */
  readonly model: string;
  /** what its datasets name as `env`, e.g. `Hopper-v5` */
  readonly environmentId: string;
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
  /** the family's usual goals, in the order in which a stream learns them */
  readonly goals: readonly (readonly number[])[];
  /** what a goal means and which there are, for people */
  readonly goalMeaning: string;
  /** whether a policy for these goals comes with this room */
  readonly policyShipped: boolean;
}

/** A family and what simulates it. */
export type Family = RobotFamily | MazeFamily;

/** A family with its robot and reward law. */
export interface RobotFamily {
  readonly info: EnvironmentInfo;
  readonly maze?: never;
  readonly robot: RobotFacts;
  readonly reward: RewardLaw;
  /** Where the goal is the number of a set of dynamics (from 1): these sets. */
  readonly dynamics?: readonly Dynamics[];
}

/** A family of mazes, whose goal is the direction in which they are turned; all else is in `maze/maze_law.ts`. */
export interface MazeFamily {
  readonly info: EnvironmentInfo;
  readonly maze: true;
  readonly robot?: never;
  readonly dynamics?: never;
}

/** A task as {@linkcode resolveTask} understands it. */
export interface ResolvedTask {
  readonly family: Family;
  /** `[goalDim]` */
  readonly goal: number[];
  /** what the task gives the robot instead of its own dynamics */
  readonly dynamics?: Dynamics;
}

/**
 * All families of tasks that can be simulated here.
 *
 * @returns in the order in which they are listed to people
 */
export function listFamilies(): EnvironmentInfo[] {
  return FAMILIES.map(({ info }) => info);
}

/**
 * The family of that name, or undefined when there is no simulator for it.
 *
 * @param name such as `cheetah-vel`
 * @returns sizes, horizon in steps, and what its goal is
 */
export function familyInfo(name: string): EnvironmentInfo | undefined {
  return FAMILIES.find(({ info }) => info.family === name)?.info;
}

/**
 * What each number of an observation of a family is, e.g. `qpos[1] rootz`; undefined where it is not of one robot's state.
 *
 * @param name of the family
 * @returns a name for each of the S numbers
 */
export function observationNames(name: string): string[] | undefined {
  const robot = FAMILIES.find(({ info }) => info.family === name)?.robot;
  return robot?.observation.flatMap(({ of, first, last }) => {
    const joints = robot.joints.flatMap(({ name, type }) =>
      Array<string>(type !== "free" ? 1 : of === "qpos" ? 7 : 6).fill(name)
    );
    return Array.from({ length: last - first + 1 }, (_, i) => `${of}[${first + i}] ${joints[first + i]}`);
  });
}

/**
 * What is wrong with a goal of a family, to be read after "its goal"; undefined where nothing is.
 *
 * @param goal as it was given
 * @param family its name and the size of its goal
 * @returns such as `must be 1 finite number(s)`
 */
export function goalFault(
  { family: name, goalDim }: EnvironmentInfo,
  goal: readonly number[],
): string | undefined {
  if (goal.length !== goalDim || !goal.every(Number.isFinite)) return `must be ${goalDim} finite number(s)`;
  const known = FAMILIES.find(({ info }) => info.family === name);
  if (known?.maze) return isDirection(goal) ? undefined : "must be cosine and sine of one angle";
  const sets = known?.dynamics;
  if (!sets || sets[goal[0]! - 1]) return undefined;
  return `must be the number of a set of dynamics, a whole number from 1 to ${sets.length}`;
}

/**
 * The simulator's task of a family and a goal; null where the family is none of ours.
 *
 * @param sizes numbers in a state and in an action of the data
 * @returns what is wrong, and with which of both, where the family is known and the data cannot come from it
 */
export function findTask(
  { family, goal }: { family: string | undefined; goal: readonly number[] | undefined },
  sizes: { stateDim: number; actionDim: number },
): { task: { family: string; goal: number[] } | null } | { fault: string; of: "family" | "goal" } {
  const info = family === undefined ? undefined : familyInfo(family);
  if (!info) return { task: null };
  if (info.stateDim !== sizes.stateDim || info.actionDim !== sizes.actionDim) {
    const numbers = `[${info.stateDim}, ${info.actionDim}] numbers`;
    return {
      fault: `tasks of the family ${info.family} have states and actions of ${numbers}`,
      of: "family",
    };
  }
  const fault = goalFault(info, goal ?? []);
  if (fault !== undefined) return { fault: `a goal of the family ${info.family} ${fault}`, of: "goal" };
  return { task: { family: info.family, goal: [...goal!] } };
}

/**
 * The family of a task and its goal as the datasets hold it (float32), so that a goal read from a file and the decimal
 * it came from name the same task.
 *
 * @param spec family and goal
 * @returns the family, the goal in float32, and its dynamics where they are its own
 * @throws {RangeError} when the family is unknown or the goal is none of its goals
 */
export function resolveTask(spec: TaskSpec): ResolvedTask {
  const found = FAMILIES.find(({ info }) => info.family === spec.family);
  if (found === undefined) {
    const known = FAMILIES.map(({ info }) => info.family).join(", ");
    throw new RangeError(
      `Cannot open environment as the family must be one of ${known}: current value is ${spec.family}`,
    );
  }
  const fault = goalFault(found.info, spec.goal);
  if (fault) {
    throw new RangeError(`Cannot open ${spec.family} as its goal ${fault}: current value is [${spec.goal}]`);
  }
  const goal = spec.goal.map(Math.fround);
  const dynamics = found.dynamics?.[goal[0]! - 1];
  return { family: found, goal, ...(dynamics ? { dynamics } : {}) };
}

/**
 * What a trained policy of the family gets as its task: the goal, or, where the goal is a number of dynamics, a one-hot of it.
 *
 * @param spec family and goal
 * @returns what follows the observation in the policy's input
 * @throws {RangeError} as {@linkcode resolveTask}
 */
export function policyGoal(spec: TaskSpec): number[] {
  const { family: { dynamics }, goal } = resolveTask(spec);
  return dynamics ? dynamics.map((_, index) => index + 1 === goal[0] ? 1 : 0) : goal;
}
