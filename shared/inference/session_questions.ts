/**
 * One question to an open session: raw numbers in and out, checked on both sides.
 * @module
 */
import {
  countRows,
  denormalise,
  InvalidInputError,
  normalise,
  OBSERVATION_CLAMP,
  rowSources,
} from "@cugro/algorithm/arrays";
import { answers, decisions, type Opened } from "./decisions.ts";
import type { NoiseSource } from "./drawn_noise.ts";
import { knownTask } from "./session_input.ts";

/**
 * Actions `[n, A]`, raw, as a session gives them.
 *
 * @param task known to the session
 * @param states `[n, S]`, raw
 * @param source a seed, noise, or generators of it
 * @returns `[n, A]`, raw
 * @throws {InvalidInputError} for an unknown task, rows of another size, and answers that are not finite
 */
export function act(
  opened: Opened,
  task: number,
  states: Float32Array,
  source: NoiseSource,
): Float32Array {
  const { input: { acting, stateDim, actionDim }, tasks } = opened;
  const known = knownTask(tasks, task);
  const count = countRows(states, stateDim, "states");
  const observed = normalise(states, known.normaliser.states, OBSERVATION_CLAMP);
  if (acting === "actor" && Array.isArray(source)) rowSources(source, count);
  const actions = acting === "actor"
    ? answers(opened, known, observed, count)
    : decisions(opened, known, observed, count, source);
  const bad = actions.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new InvalidInputError(
      `Cannot act in task ${task} as the ${acting} gives ${actions[bad]} for row ${
        Math.floor(bad / actionDim)
      }: its weights or the critic's are too large`,
    );
  }
  return denormalise(actions, known.normaliser.actions);
}

/** Networks and tasks for computing values. */
export type Valuing = Pick<Opened, "tasks" | "judge"> & { input: Omit<Opened["input"], "acting"> };

/**
 * Q of given actions `[n]`, in raw reward units.
 *
 * @param task known to the session
 * @param states `[n, S]`, raw
 * @param actions `[n, A]`, raw
 * @returns `[n]`
 * @throws {InvalidInputError} without a critic
 */
export function value(
  { input, tasks, judge }: Valuing,
  task: number,
  states: Float32Array,
  actions: Float32Array,
): Float32Array {
  if (judge === undefined) {
    throw new InvalidInputError("Cannot value actions as this session was opened without a critic");
  }
  const { stateDim, actionDim, hyperparameters } = input;
  const known = knownTask(tasks, task);
  const count = countRows(states, stateDim, "states");
  if (countRows(actions, actionDim, "actions") !== count) {
    throw new InvalidInputError(`Cannot value ${actions.length / actionDim} actions in ${count} states`);
  }
  const { normaliser, head } = known;
  const normalised = hyperparameters.criticNormalisedInputs;
  const rows = normalised ? normalise(states, normaliser.states) : states;
  const candidates = normalised ? normalise(actions, normaliser.actions) : actions;
  const { mean, std } = judge.placed.returns;
  return judge.judge(known, rows, candidates, 1).map((q) => q * std[head!]! + mean[head!]!);
}
