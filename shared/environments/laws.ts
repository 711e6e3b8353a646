import { createRandom } from "./simulation_rng.ts";
import type { RobotFacts, StatePart } from "./robots.ts";

/** Positions and velocities of a robot, `[nq]` and `[nv]`. */
export interface RobotState {
  readonly qpos: ArrayLike<number>;
  readonly qvel: ArrayLike<number>;
}

function source(state: RobotState, part: StatePart): ArrayLike<number> {
  return part.of === "qpos" ? state.qpos : state.qvel;
}

/**
 * Numbers in the observation of a robot: S.
 *
 * @param robot its facts
 * @returns S
 */
export function observationSize(robot: RobotFacts): number {
  return robot.observation.reduce((sum, part) => sum + part.last - part.first + 1, 0);
}

/**
 * Writes the observation of a robot into `target[offset .. offset + S)`. Clipping acts on the observation only, never
 * on the simulated state.
 *
 * @param robot which numbers are observed, and their bounds
 * @param state positions and velocities, in m, rad and per second
 * @param target `[>= offset + S]`
 */
export function observe(robot: RobotFacts, state: RobotState, target: Float32Array, offset: number): void {
  let at = offset;
  for (const part of robot.observation) {
    const values = source(state, part);
    const bound = part.clip ?? Infinity;
    for (let i = part.first; i <= part.last; i++) {
      target[at++] = Math.min(bound, Math.max(-bound, values[i]!));
    }
  }
}

/**
 * A state of a robot that looks like an observation: what is not observed is as in the initial pose.
 *
 * @param robot which numbers are observed
 * @param observation `[S]`
 * @returns positions and velocities
 */
export function stateOf(
  robot: RobotFacts,
  observation: ArrayLike<number>,
): { qpos: number[]; qvel: number[] } {
  const state = { qpos: [...robot.initialQpos], qvel: [...robot.initialQvel] };
  let at = 0;
  for (const part of robot.observation) {
    const values = part.of === "qpos" ? state.qpos : state.qvel;
    for (let i = part.first; i <= part.last; i++) values[i] = observation[at++]!;
  }
  return state;
}

/**
 * Whether a robot still stands: all its bounds hold. NaN is never healthy where a bound looks at it.
 *
 * @param robot its bounds
 * @param state positions and velocities
 * @returns true for robots without bounds
 */
export function isHealthy(robot: RobotFacts, state: RobotState): boolean {
  return robot.healthy.every((bound) => {
    const values = source(state, bound);
    const low = bound.low ?? -Infinity;
    const high = bound.high ?? Infinity;
    for (let i = bound.first; i <= bound.last; i++) {
      const value = values[i]!;
      if (!(bound.inclusive ? value >= low && value <= high : value > low && value < high)) return false;
    }
    return true;
  });
}

/**
 * The start state of a seed: the initial pose plus uniform noise on qpos and uniform or normal noise on qvel, drawn
 * independently, all of qpos first. A free joint's quaternion gets noise too and is not renormalised.
 *
 * @param robot its initial pose, and the spread around it
 * @param seed of the episode
 * @returns positions and velocities
 */
export function startState(robot: RobotFacts, seed: number): { qpos: number[]; qvel: number[] } {
  const random = createRandom(seed);
  const { qposHalfRange, qvelLaw, qvelScale } = robot.reset;
  const symmetric = (halfRange: number) => halfRange * (2 * random.uniform() - 1);
  const qpos = robot.initialQpos.map((value) => value + symmetric(qposHalfRange));
  const qvel = robot.initialQvel.map((value) =>
    value + (qvelLaw === "normal" ? qvelScale * random.normal() : symmetric(qvelScale))
  );
  return { qpos, qvel };
}
