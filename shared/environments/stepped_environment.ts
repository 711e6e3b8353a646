/**
 * Copies of a task that step together, whatever simulates them: who goes on, what ends, what may be asked.
 * @module
 */

/** The result of a vectorised step; n = `size`. All arrays are the caller's to keep. */
export interface StepResult {
  /** `[n, S]`, the state after the step; of a finished environment its last state */
  readonly states: Float32Array;
  /** `[n]`, 0 for environments that were already finished */
  readonly rewards: Float64Array;
  /** `[n]`, 1 in the step that ended the episode by itself: the robot fell, the goal was reached */
  readonly terminals: Uint8Array;
  /** `[n]`, 1 in the step that reached the horizon, where nothing else ended the episode */
  readonly timeouts: Uint8Array;
  /** `[n]`, 1 for environments that go on: whose episode has not ended with or before this step */
  readonly active: Uint8Array;
  /** `[n]`, 1 in a step in which the task succeeded; absent where the simulator does not tell */
  readonly successes?: Uint8Array;
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
   * @throws {RangeError} when there are no seeds, more seeds than environments, or a seed is not a safe integer
   */
  reset(seeds: readonly number[]): Float32Array;
  /**
   * One step of every active environment.
   *
   * @param actions `[n, A]`; rows of finished environments are not looked at
   * @throws {RangeError} when `actions` has another size, or the action of an active environment is not finite
   */
  step(actions: Float32Array): StepResult;
  /** Frees the engine's memory. Closing twice is allowed, stepping afterwards is not. */
  close(): void;
}

/** A simulator of n copies of a task. `i`: which of them. */
export interface Copies<Start = unknown> {
  /**
   * The start state of a seed.
   *
   * @throws {RangeError} when the seed is not a safe integer
   */
  startOf(seed: number): Start;
  /** Puts a copy into a start state. */
  start(i: number, start: Start): void;
  /** Writes the state of a copy into `target[offset .. offset + S)`. */
  observe(i: number, target: Float32Array, offset: number): void;
  /**
   * @param action `[A]` finite
   * @returns `success` where the simulator tells it
   */
  step(i: number, action: Float32Array): { reward: number; ended: boolean; success?: boolean };
  /** Frees what they hold. */
  close(): void;
}

/** Sizes of a task's environment. */
export interface EnvironmentSizes {
  readonly stateDim: number;
  readonly actionDim: number;
  readonly horizon: number;
  readonly size: number;
}

/** Copies as one environment. */
export class SteppedEnvironment<Start> implements VectorEnvironment {
  readonly stateDim: number;
  readonly actionDim: number;
  readonly horizon: number;
  readonly size: number;
  private readonly active: Uint8Array;
  private readonly lengths: Uint32Array;
  private states: Float32Array;
  private open = true;

  constructor(private readonly copies: Copies<Start>, sizes: EnvironmentSizes) {
    this.stateDim = sizes.stateDim;
    this.actionDim = sizes.actionDim;
    this.horizon = sizes.horizon;
    this.size = sizes.size;
    this.active = new Uint8Array(this.size);
    this.lengths = new Uint32Array(this.size);
    this.states = new Float32Array(this.size * this.stateDim);
  }

  reset(seeds: readonly number[]): Float32Array {
    this.assertOpen();
    if (seeds.length < 1 || seeds.length > this.size) {
      throw new RangeError(
        `Cannot reset as there must be 1 to ${this.size} seeds: current number is ${seeds.length}`,
      );
    }
    const starts = seeds.map((seed) => this.copies.startOf(seed));
    this.states = new Float32Array(this.states.length);
    this.active.fill(0);
    this.lengths.fill(0);
    starts.forEach((start, i) => {
      this.copies.start(i, start);
      this.copies.observe(i, this.states, i * this.stateDim);
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
    let successes: Uint8Array | undefined;
    for (let i = 0; i < this.size; i++) {
      if (this.active[i] === 0) continue;
      const action = actions.subarray(i * this.actionDim, (i + 1) * this.actionDim);
      const { reward, ended, success } = this.copies.step(i, action);
      this.copies.observe(i, this.states, i * this.stateDim);
      rewards[i] = reward;
      const timedOut = !ended && ++this.lengths[i]! >= this.horizon;
      terminals[i] = ended ? 1 : 0;
      timeouts[i] = timedOut ? 1 : 0;
      this.active[i] = ended || timedOut ? 0 : 1;
      if (success === undefined) continue;
      successes ??= new Uint8Array(this.size);
      successes[i] = success ? 1 : 0;
    }
    const ofSuccess = successes ? { successes } : {};
    return {
      states: this.states.slice(),
      rewards,
      terminals,
      timeouts,
      active: this.active.slice(),
      ...ofSuccess,
    };
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.copies.close();
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
