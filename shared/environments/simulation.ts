import type { MainModule, MjData, MjModel } from "@mujoco/mujoco";
import { type Dynamics, setDynamics } from "./dynamics.ts";
import { modelXml } from "./model_xml.ts";
import type { RobotFacts } from "./robots.ts";

let engine: Promise<MainModule> | undefined;

/**
 * The engine's one module of this process (about 10 MB; loaded at first use).
 *
 * @returns MuJoCo, the same each time
 */
export function loadEngine(): Promise<MainModule> {
  return engine ??= import("@mujoco/mujoco").then(({ default: load }) => load());
}

/** A compiled robot model from which simulations are made. Close it after its simulations. */
export class RobotModel {
  /** Seconds per environment step. */
  readonly dt: number;

  private constructor(
    private readonly mujoco: MainModule,
    readonly robot: RobotFacts,
    readonly compiled: MjModel,
  ) {
    this.dt = robot.options.timestep * robot.frameSkip;
  }

  /**
   * @param dynamics what the task gives the robot instead of its own masses, inertias, damping and friction
   * @throws {Error} with the engine's text when the facts do not make a valid model
   */
  static async compile(robot: RobotFacts, dynamics?: Dynamics): Promise<RobotModel> {
    const mujoco = await loadEngine();
    const compiled = mujoco.MjModel.from_xml_string(modelXml(robot));
    if (dynamics) setDynamics(mujoco, compiled, dynamics);
    return new RobotModel(mujoco, robot, compiled);
  }

  openSimulation(): Simulation {
    return new Simulation(this.mujoco, this, new this.mujoco.MjData(this.compiled));
  }

  close(): void {
    this.compiled.delete();
  }
}

/**
 * The state of one robot in the engine.
 *
 * The engine's arrays are views on its heap: when the heap grows, every view taken before becomes empty without an
 * error. So no view is ever kept: each access below takes it again.
 */
export class Simulation {
  private readonly mujoco: MainModule;
  private readonly data: MjData;
  private envSteps = 0;

  constructor(mujoco: MainModule, private readonly model: RobotModel, data: MjData) {
    this.mujoco = mujoco;
    this.data = data;
  }

  /** Positions, `[nq]`: a view that is valid until the engine is used again. */
  get qpos(): Float64Array {
    return this.data.qpos;
  }

  /** Velocities, `[nv]`: a view that is valid until the engine is used again. */
  get qvel(): Float64Array {
    return this.data.qvel;
  }

  /** Contacts the engine holds after the last step. */
  get contactCount(): number {
    return this.data.ncon;
  }

  /** Starts again from a given state: clears time, controls and warm start, then evaluates once. */
  setState(qpos: ArrayLike<number>, qvel: ArrayLike<number>): void {
    this.mujoco.mj_resetData(this.model.compiled, this.data);
    this.data.qpos.set(qpos);
    this.data.qvel.set(qvel);
    this.mujoco.mj_forward(this.model.compiled, this.data);
    this.envSteps = 0;
  }

  /**
   * One environment step: `frameSkip` engine steps under the same action. The engine clamps motors to [-1, 1] itself.
   *
   * @param action `[A]`
   * @throws {Error} when the simulation became unstable: the engine then silently starts again, which must not pass as data
   */
  step(action: ArrayLike<number>): void {
    const { frameSkip, options, model: name } = this.model.robot;
    this.data.ctrl.set(action);
    for (let i = 0; i < frameSkip; i++) this.mujoco.mj_step(this.model.compiled, this.data);
    this.envSteps++;
    if (this.data.time < this.envSteps * this.model.dt - options.timestep / 2) {
      throw new Error(
        `Cannot go on as the simulation of ${name} became unstable at environment step ${this.envSteps}`,
      );
    }
  }

  /**
   * Where the shapes are now, in the order of the robot's geoms: three numbers of place and nine of rotation (by rows) each.
   *
   * After a step the engine still has them where they were before it, so they are computed again, which changes no later step.
   */
  shapePlaces(target: Float64Array): void {
    this.mujoco.mj_kinematics(this.model.compiled, this.data);
    const { geom_xpos: places, geom_xmat: rotations } = this.data;
    for (let i = 0; 12 * i < target.length; i++) {
      for (let j = 0; j < 3; j++) target[12 * i + j] = places[3 * i + j];
      for (let j = 0; j < 9; j++) target[12 * i + 3 + j] = rotations[9 * i + j];
    }
  }

  /** A force on the body of a shape until it is set again, N in the frame of the world. @param shape its place in the order of the geoms */
  push(shape: number, force: readonly number[]): void {
    const body: number = this.model.compiled.geom_bodyid[shape];
    this.data.xfrc_applied.fill(0);
    this.data.xfrc_applied.set(force, 6 * body);
  }

  close(): void {
    this.data.delete();
  }
}
