import type { MainModule, MjModel } from "@mujoco/mujoco";
import walkerParams from "./models/walker_params.json" with { type: "json" };

/**
 * Masses, inertias, joint damping and friction that a task gives its robot instead of the robot's own. Rows are in the order of
 * the robot's bodies (the world left out), of its actuated joints, and of its geoms (the floor first).
 */
export interface Dynamics {
  /** kg, one a body */
  readonly mass: readonly number[];
  /** kg m^2 about the principal axes, three a body */
  readonly inertia: readonly (readonly number[])[];
  /** N m s / rad, one an actuated joint */
  readonly damping: readonly number[];
  /** sliding, torsional, rolling; three a geom */
  readonly friction: readonly (readonly number[])[];
}

/** The dynamics of the tasks of `walker-params`, task 1 first (`models/walker_params.json`). */
export const WALKER_DYNAMICS: readonly Dynamics[] = walkerParams.tasks;

/**
 * Gives a compiled model other dynamics and derives again what follows from them. Not through the model file: most of the drawn
 * inertias belong to no real body (each principal one must be at most the sum of the other two), which the engine's compiler refuses.
 *
 * @param mujoco the engine
 * @param compiled is changed
 * @param dynamics of each body: mass in kg, principal inertias in kg m²; of each joint: damping; of each geom:
 *   friction
 */
export function setDynamics(mujoco: MainModule, compiled: MjModel, dynamics: Dynamics): void {
  const { mass, inertia, damping, friction } = dynamics;
  const worldBody = 1;
  compiled.body_mass.set(mass, worldBody);
  compiled.body_inertia.set(inertia.flat(), 3 * worldBody);
  // The joints that are not actuated are those of the root, and come first.
  compiled.dof_damping.set(damping, compiled.nv - damping.length);
  compiled.geom_friction.set(friction.flat());
  const data = new mujoco.MjData(compiled);
  try {
    mujoco.mj_setConst(compiled, data);
  } finally {
    data.delete();
  }
}
