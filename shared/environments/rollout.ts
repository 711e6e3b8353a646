import type { TaskSpec } from "./families.ts";
import { createRandom, deriveSeeds } from "./simulation_rng.ts";
import type { StepResult, VectorEnvironment } from "./stepped_environment.ts";
import { openVectorEnvironment } from "./vector_environment.ts";

/**
 * Chooses actions `[n, A]` for states `[n, S]` at a step (from 0) of the current batch. Rows with `active` 0 are not
 * looked at. `n` is always the environment's size.
 */
export type Act = (
  states: Float32Array,
  step: number,
  active: Uint8Array,
) => Float32Array | Promise<Float32Array>;

/** One entry per episode, in the order of the seeds. */
export interface RolloutResult {
  /** undiscounted sums of rewards */
  readonly returns: number[];
  /** environment steps until the end or the time limit */
  readonly lengths: number[];
  /** whether any step succeeded; absent where the simulator does not tell */
  readonly successes?: boolean[];
}

/** One whole episode of T transitions. */
export interface Episode {
  /** of its start state */
  readonly seed: number;
  /** T */
  readonly length: number;
  /** undiscounted sum of rewards */
  readonly return: number;
  /** `[T, S]` */
  readonly states: Float32Array;
  /** `[T, A]` */
  readonly actions: Float32Array;
  /** `[T]` */
  readonly rewards: Float32Array;
  /** `[T, S]` */
  readonly nextStates: Float32Array;
  /** `[T]`, 1 where the episode ended by itself */
  readonly terminals: Uint8Array;
  /** `[T]`, 1 at the time limit */
  readonly timeouts: Uint8Array;
}

/** One vectorised step of a batch, as {@linkcode runBatch} reports it. */
interface BatchStep {
  readonly states: Float32Array;
  readonly actions: Float32Array;
  /** which rows took this step */
  readonly stepped: Uint8Array;
  readonly result: StepResult;
}

/** Steps between two pauses in which timers, signals and messages of the process get their turn. */
const STEPS_PER_TURN = 10;

/** Runs one episode per seed, at most `env.size` of them, and reports every step. */
async function runBatch(
  env: VectorEnvironment,
  seeds: readonly number[],
  act: Act,
  onStep: (step: BatchStep) => void,
): Promise<void> {
  let states = env.reset(seeds);
  let active: Uint8Array = Uint8Array.from({ length: env.size }, (_, i) => i < seeds.length ? 1 : 0);
  for (let step = 0; active.includes(1); step++) {
    const actions = await act(states, step, active);
    const result = env.step(actions);
    onStep({ states, actions, stepped: active, result });
    ({ states, active } = result);
    if (step % STEPS_PER_TURN === STEPS_PER_TURN - 1) await new Promise((resolve) => setTimeout(resolve));
  }
}

function* batchesOf(seeds: readonly number[], size: number): Generator<number[]> {
  for (let from = 0; from < seeds.length; from += size) yield seeds.slice(from, from + size);
}

/**
 * One episode per seed, in batches of `env.size`.
 *
 * @param seeds start states follow from these alone, so equal seeds compare policies on common start states
 * @param act asked once per step for the whole batch
 * @param env copies of a task
 * @returns undiscounted return, length and success of each episode
 */
export async function rollout(
  env: VectorEnvironment,
  seeds: readonly number[],
  act: Act,
): Promise<RolloutResult> {
  const returns: number[] = [];
  const lengths: number[] = [];
  const successes: boolean[] = [];
  let reportsSuccess = false;
  for (const batch of batchesOf(seeds, env.size)) {
    const sums = new Float64Array(batch.length);
    const counts = new Uint32Array(batch.length);
    const succeeded = new Uint8Array(batch.length);
    await runBatch(env, batch, act, ({ stepped, result }) => {
      for (let i = 0; i < batch.length; i++) {
        sums[i]! += result.rewards[i]!;
        counts[i]! += stepped[i]!;
        succeeded[i]! |= result.successes?.[i] ?? 0;
      }
      reportsSuccess ||= result.successes !== undefined;
    });
    returns.push(...sums);
    lengths.push(...counts);
    successes.push(...Array.from(succeeded, (one) => one === 1));
  }
  return { returns, lengths, ...reportsSuccess ? { successes } : {} };
}

/**
 * The same as {@linkcode rollout}, keeping every transition.
 *
 * @param env copies of a task
 * @param seeds of the start states
 * @param act asked once per step
 * @returns transitions of each episode
 */
export async function rolloutRecorded(
  env: VectorEnvironment,
  seeds: readonly number[],
  act: Act,
): Promise<Episode[]> {
  const episodes: Episode[] = [];
  for (const batch of batchesOf(seeds, env.size)) {
    const recorders = batch.map((seed) => createRecorder(env, seed));
    await runBatch(env, batch, act, (step) => {
      recorders.forEach((recorder, i) => {
        if (step.stepped[i] === 1) recorder.add(i, step);
      });
    });
    episodes.push(...recorders.map((recorder) => recorder.finish()));
  }
  return episodes;
}

/** Collects the transitions of one row into an episode. */
function createRecorder(env: VectorEnvironment, seed: number) {
  const { stateDim, actionDim, horizon } = env;
  const states = new Float32Array(horizon * stateDim);
  const nextStates = new Float32Array(horizon * stateDim);
  const actions = new Float32Array(horizon * actionDim);
  const rewards = new Float32Array(horizon);
  const terminals = new Uint8Array(horizon);
  const timeouts = new Uint8Array(horizon);
  let [length, total] = [0, 0];
  const add = (i: number, step: BatchStep) => {
    const rowOf = (rows: Float32Array, width: number) => rows.subarray(i * width, (i + 1) * width);
    states.set(rowOf(step.states, stateDim), length * stateDim);
    actions.set(rowOf(step.actions, actionDim), length * actionDim);
    nextStates.set(rowOf(step.result.states, stateDim), length * stateDim);
    rewards[length] = step.result.rewards[i]!;
    terminals[length] = step.result.terminals[i]!;
    timeouts[length] = step.result.timeouts[i]!;
    total += step.result.rewards[i]!;
    length++;
  };
  const finish = (): Episode => ({
    seed,
    length,
    return: total,
    states: states.slice(0, length * stateDim),
    actions: actions.slice(0, length * actionDim),
    rewards: rewards.slice(0, length),
    nextStates: nextStates.slice(0, length * stateDim),
    terminals: terminals.slice(0, length),
    timeouts: timeouts.slice(0, length),
  });
  return { add, finish };
}

/**
 * Acts uniformly in [-1, 1]. Row i draws from its own stream.
 *
 * @param noiseSeeds one seed per environment
 * @param actionDim A
 * @returns states `[n, S]` -> actions `[n, A]`
 */
export function randomAct(actionDim: number, noiseSeeds: readonly number[]): Act {
  const random = noiseSeeds.map(createRandom);
  return (_states, _step, active) => {
    const actions = new Float32Array(active.length * actionDim);
    for (let i = 0; i < active.length; i++) {
      if (active[i] === 0) continue;
      for (let j = 0; j < actionDim; j++) actions[i * actionDim + j] = 2 * random[i]!.uniform() - 1;
    }
    return actions;
  };
}

/**
 * The mean undiscounted return of uniformly random actions.
 *
 * @param horizon steps after which an episode is cut. @default the family's
 * @param spec family and goal
 * @param episodes number of them
 * @param seed of start states and actions
 * @returns in the task's reward unit
 * @throws {RangeError} when `episodes` is not a positive integer or the task is not valid
 */
export async function randomReturn(
  spec: TaskSpec,
  episodes: number,
  seed: number,
  horizon?: number,
): Promise<number> {
  if (!Number.isInteger(episodes) || episodes < 1) {
    throw new RangeError(
      `Cannot average as episodes must be a positive integer: current value is ${episodes}`,
    );
  }
  const env = await openVectorEnvironment(spec, Math.min(episodes, 20), horizon);
  try {
    const act = randomAct(env.actionDim, deriveSeeds(seed, 1, env.size));
    const { returns } = await rollout(env, deriveSeeds(seed, 0, episodes), act);
    return returns.reduce((sum, value) => sum + value, 0) / episodes;
  } finally {
    env.close();
  }
}
