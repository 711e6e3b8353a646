/**
 * The families of tasks that can be simulated here, a row each.
 * @module
 */
import { type Dynamics, WALKER_DYNAMICS } from "./dynamics.ts";
import type { Family, RobotFamily } from "./families.ts";
import { observationSize } from "./laws.ts";
import { MAZE_INFO } from "./maze/maze_family.ts";
import { type RewardLaw, rewardLaw } from "./rewards.ts";
import { type RobotName, ROBOTS } from "./robots.ts";

const HORIZON = 200;

/** The facts of a family; the rest follows from its robot and its kind of reward. */
interface FamilyFacts {
  readonly name: string;
  readonly model: RobotName;
  readonly reward: RewardLaw;
  readonly goals: readonly (readonly number[])[];
  readonly policyShipped: boolean;
  readonly dynamics?: readonly Dynamics[];
}

/** The kinds of reward: what a family is rewarded for, and its goals. */
const KINDS = {
  speed: {
    ...{ goalDim: 1, what: "move forward at the wanted speed; goal = speed in m/s" },
    goalMeaning: (usual: readonly number[]) =>
      `speed in m/s, any number; usual are ${Math.min(...usual)} to ${Math.max(...usual)}`,
  },
  direction: {
    ...{ goalDim: 2, what: "move fast in the wanted direction; goal = cosine and sine of its angle" },
    goalMeaning: () => "cosine and sine of the wanted direction, each from -1 to 1; any angle",
  },
  forward: {
    ...{
      goalDim: 1,
      what: "move forward fast with other masses, inertias, damping and friction; goal = their number",
    },
    goalMeaning: (usual: readonly number[]) =>
      `number of the set of dynamics, a whole number from 1 to ${usual.length}`,
  },
};

function family({ name, model, reward, goals, policyShipped, dynamics }: FamilyFacts): RobotFamily {
  const robot = ROBOTS[model];
  const { goalDim, what, goalMeaning } = KINDS[reward.kind];
  const info = {
    family: name,
    model,
    environmentId: robot.gymnasiumId,
    stateDim: observationSize(robot),
    actionDim: robot.actuators.length,
    horizon: HORIZON,
    goalDim,
    description: `${robot.title}: ${what}`,
    goals,
    goalMeaning: goalMeaning(goals.map(([first]) => first!)),
    policyShipped,
  };
  return { info, robot, reward, ...(dynamics ? { dynamics } : {}) };
}

const numbers = (...values: number[]) => values.map((value) => [value]);
const angles = (...values: number[]) => values.map((angle) => [Math.cos(angle), Math.sin(angle)]);

/** All families, in the order in which they are listed to people. */
export const FAMILIES: readonly Family[] = [
  family({
    ...{ name: "cheetah-vel", model: "half_cheetah", reward: rewardLaw("speed", 1, 0, 0.05) },
    ...{ goals: numbers(0.075, 0.45, 0.825, 1.2, 1.575), policyShipped: true },
  }),
  family({
    ...{ name: "swimmer-dir", model: "swimmer", reward: rewardLaw("direction", 10, 0, 0.0001) },
    ...{ goals: angles(1.20336, 3.61662, 5.42894, 6.75429, 8.25429), policyShipped: true },
  }),
  family({
    ...{ name: "hopper-vel", model: "hopper", reward: rewardLaw("speed", 1, 1, 0.001) },
    ...{ goals: numbers(0.4, 0.8, 1.2, 1.6, 2), policyShipped: true },
  }),
  family({
    ...{ name: "walker-vel", model: "walker2d", reward: rewardLaw("speed", 1, 1, 0.001) },
    ...{ goals: numbers(0.5, 1, 1.5, 2, 2.5), policyShipped: false },
  }),
  family({
    ...{ name: "walker-params", model: "walker2d", reward: rewardLaw("forward", 1, 1, 0.001) },
    ...{ goals: numbers(1, 2, 3, 4, 5), policyShipped: true, dynamics: WALKER_DYNAMICS },
  }),
  family({
    ...{ name: "ant-dir", model: "ant", reward: rewardLaw("direction", 1, 1, 0.1) },
    ...{ goals: angles(0, 1.2, 2.5, 3.7, 5), policyShipped: false },
  }),
  { maze: true, info: MAZE_INFO },
];
