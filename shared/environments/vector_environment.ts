import { type Family, resolveTask, type TaskSpec } from "./families.ts";
import { isHealthy, observe, startState } from "./laws.ts";
import { rewardOf } from "./rewards.ts";
import { RobotModel, type Simulation } from "./simulation.ts";

/** What one vectorised step gives; n = `size`. All arrays are the caller's to keep. */
export interface StepResult {
  /** `[n, S]`, the state after the step; of a finished environment its last state */
  readonly states: Float32Array;
  /** `[n]`, 0 for environments that were already finished */
  readonly rewards: Float64Array;
  /** `[n]`, 1 in the step in which the robot fell */
  readonly terminals: Uint8Array;
  /** `[n]`, 1 in the step that reached the horizon without falling */
  readonly timeouts: Uint8Array;
  /** `[n]`, 1 for environments that go on: whose episode has not ended with or before this step */
  readonly active: Uint8Array;
}

/** n copies of one task that step together. Finished ones idle until the next reset. */
export interface VectorEnvironment {
  /** S */
  readonly stateDim: number;
  /** A */
  readonly actionDim: number;
  /** steps after which an episode ends as a timeout */
  readonly horizon: number;
  /** n */
  readonly size: number;
  /**
   * Starts one episode per seed; with fewer seeds than environments the rest idles (their states are 0).
   *
   * @returns `[n, S]` start states; equal seeds give equal start states in every environment of the family
   * @throws RangeError when there are no seeds, more seeds than environments, or a seed is not a safe integer
   */
  reset(seeds: readonly number[]): Float32Array;
  /**
   * One step of every active environment.
   *
   * @param actions `[n, A]`; rows of finished environments are not looked at
   * @throws RangeError when `actions` has another size, or the action of an active environment is not finite
   */
  step(actions: Float32Array): StepResult;
  /** Frees the engine's memory. Closing twice is allowed, stepping afterwards is not. */
  close(): void;
}

class MujocoVectorEnvironment implements VectorEnvironment {
  readonly stateDim: number;
  readonly actionDim: number;
  readonly horizon: number;
  readonly size: number;
  private readonly simulations: Simulation[];
  private readonly active: Uint8Array;
  private readonly lengths: Uint32Array;
  private states: Float32Array;
  private open = true;

  constructor(
    private readonly model: RobotModel,
    private readonly family: Family,
    private readonly goal: readonly number[],
    size: number,
    horizon: number,
  ) {
    this.stateDim = family.info.stateDim;
    this.actionDim = family.info.actionDim;
    this.horizon = horizon;
    this.size = size;
    this.simulations = Array.from({ length: size }, () => model.openSimulation());
    this.active = new Uint8Array(size);
    this.lengths = new Uint32Array(size);
    this.states = new Float32Array(size * this.stateDim);
  }

  reset(seeds: readonly number[]): Float32Array {
    this.assertOpen();
    if (seeds.length < 1 || seeds.length > this.size) {
      throw new RangeError(
        `Cannot reset as there must be 1 to ${this.size} seeds: current number is ${seeds.length}`,
      );
    }
    const starts = seeds.map((seed) => startState(this.family.robot, seed));
    this.states = new Float32Array(this.states.length);
    this.active.fill(0);
    this.lengths.fill(0);
    starts.forEach(({ qpos, qvel }, i) => {
      const simulation = this.simulations[i]!;
      simulation.setState(qpos, qvel);
      observe(this.family.robot, simulation, this.states, i * this.stateDim);
      this.active[i] = 1;
    });
    return this.states.slice();
  }

  step(actions: Float32Array): StepResult {
    this.assertOpen();
    this.assertActions(actions);
    const rewards = new Float64Array(this.size);
    const terminals = new Uint8Array(this.size);
    const timeouts = new Uint8Array(this.size);
    for (let i = 0; i < this.size; i++) {
      if (this.active[i] === 0) continue;
      rewards[i] = this.stepOne(i, actions.subarray(i * this.actionDim, (i + 1) * this.actionDim));
      const fell = !isHealthy(this.family.robot, this.simulations[i]!);
      const timedOut = !fell && ++this.lengths[i]! >= this.horizon;
      terminals[i] = fell ? 1 : 0;
      timeouts[i] = timedOut ? 1 : 0;
      this.active[i] = fell || timedOut ? 0 : 1;
    }
    return { states: this.states.slice(), rewards, terminals, timeouts, active: this.active.slice() };
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    for (const simulation of this.simulations) simulation.close();
    this.model.close();
  }

  /** Steps environment `i`, writes its state row and returns its reward. */
  private stepOne(i: number, action: Float32Array): number {
    const { robot, reward } = this.family;
    const simulation = this.simulations[i]!;
    const before = simulation.qpos;
    const [x, y] = [before[0]!, before[1]!];
    simulation.step(action);
    const after = simulation.qpos;
    observe(robot, simulation, this.states, i * this.stateDim);
    const { dt } = this.model;
    return rewardOf(reward, this.goal, (after[0]! - x) / dt, (after[1]! - y) / dt, action);
  }

  private assertOpen(): void {
    if (!this.open) throw new TypeError("Cannot use the environment as it is closed");
  }

  private assertActions(actions: Float32Array): void {
    const { size, actionDim } = this;
    if (actions.length !== size * actionDim) {
      throw new RangeError(
        `Cannot step as actions must be [${size}, ${actionDim}]: current length is ${actions.length}`,
      );
    }
    for (let j = 0; j < actions.length; j++) {
      const i = Math.floor(j / actionDim);
      if (this.active[i] === 1 && !Number.isFinite(actions[j])) {
        throw new RangeError(
          `Cannot step as actions must be finite: current value of environment ${i} is ${actions[j]}`,
        );
      }
    }
  }
}

/**
 * Opens `size` copies of a task. Close it when done: the engine's memory is not garbage-collected (about 1 MB a copy).
 *
 * @param size number of copies that step together, at least 1
 * @param horizon steps after which an episode is cut. @default the family's
 * @throws RangeError when family, goal, size or horizon are not valid
 */
export async function openVectorEnvironment(
  spec: TaskSpec,
  size: number,
  horizon?: number,
): Promise<VectorEnvironment> {
  const { family, goal, dynamics } = resolveTask(spec);
  const steps = horizon ?? family.info.horizon;
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
  const model = await RobotModel.compile(family.robot, dynamics);
  return new MujocoVectorEnvironment(model, family, goal, size, steps);
}
