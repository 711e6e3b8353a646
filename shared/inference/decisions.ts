/**
 * Decisions of an open session: normalised states in, normalised actions out, a few rows at a time.
 * @module
 */
import { classesOf, normalisedLimits } from "@cugro/algorithm/arrays";
import { type NoiseSource, openSource } from "./drawn_noise.ts";
import { type Judge, rawRows } from "./critic_judge.ts";
import { weightsOfHeavierMode } from "./array_modes.ts";
import type { Network } from "./network.ts";
import { BATCH_ROWS, piecesOf, statesTogether } from "./row_batches.ts";
import { candidateWeights, combineCandidates } from "./array_selection.ts";
import type { KnownTask, KnownTasks, SessionInput } from "./session_input.ts";

/** The opened networks of a call. */
export interface Opened {
  input: Omit<SessionInput, "network" | "critic">;
  tasks: KnownTasks;
  network: Network;
  judge: Judge | undefined;
}

/**
 * The actor's answers, normalised.
 *
 * @param states `[n, S]`, normalised
 * @param count n
 * @returns `[n, A]`, normalised and within the limits
 */
export function answers(
  { input, network }: Opened,
  known: KnownTask,
  states: Float32Array,
  count: number,
): Float32Array {
  const { stateDim, actionDim } = input;
  const actions = new Float32Array(count * actionDim);
  for (let from = 0; from < count; from += BATCH_ROWS) {
    const to = Math.min(from + BATCH_ROWS, count);
    const answer = network.run({
      states: states.subarray(from * stateDim, to * stateDim),
      stateRows: to - from,
      perState: 1,
      taskRow: known.taskRow,
      columns: [0, actionDim],
    });
    actions.set(answer, from * actionDim);
  }
  return withinLimits(actions, known);
}

/**
 * The proposer's candidates, weighed by the critic, normalised.
 *
 * @param opened networks and knobs
 * @param known the task
 * @param states `[count, S]`, normalised
 * @param count of states
 * @param source of noise
 * @returns `[count, A]`, normalised
 */
export function decisions(
  opened: Opened,
  known: KnownTask,
  states: Float32Array,
  count: number,
  source: NoiseSource,
): Float32Array {
  const { input: { stateDim, actionDim, hyperparameters: knobs } } = opened;
  const noise = openSource(source, count, knobs, actionDim);
  const actions = new Float32Array(count * actionDim);
  const together = statesTogether(knobs.candidates);
  const { actions: bounds } = known.normaliser;
  // Discrete candidates are chosen, never averaged.
  const limits = knobs.selection === "mode" && bounds.classes === undefined
    ? normalisedLimits(bounds)
    : undefined;
  for (let from = 0; from < count; from += together) {
    const size = Math.min(together, count - from);
    const rows = states.subarray(from * stateDim, (from + size) * stateDim);
    const drawn = noise(size);
    const candidates = proposals(opened, known, rows, drawn.noise);
    const q = judged(opened, known, rows, candidates);
    for (let i = 0; i < size; i++) {
      const span = [i * knobs.candidates, (i + 1) * knobs.candidates] as const;
      const gumbel = drawn.gumbel?.subarray(...span);
      const all = candidateWeights(q.subarray(...span), knobs, gumbel);
      const own = candidates.subarray(span[0] * actionDim, span[1] * actionDim);
      const weights = limits ? weightsOfHeavierMode(all, own, limits) : all;
      combineCandidates(weights, own, actions, (from + i) * actionDim);
    }
  }
  return actions;
}

/** Candidates of a few states from their noise `[n M, A]`, as they are judged: within the limits, discrete ones one-hot. */
function proposals(
  { input: { stateDim, actionDim, hyperparameters }, network }: Opened,
  known: KnownTask,
  states: Float32Array,
  noise: Float32Array,
): Float32Array {
  const perState = hyperparameters.candidates;
  const candidates = new Float32Array(noise.length);
  for (const piece of piecesOf(states.length / stateDim, perState)) {
    const rows = [
      piece.firstRow * actionDim,
      (piece.firstRow + piece.stateRows * piece.perState) * actionDim,
    ] as const;
    const answer = network.run({
      states: states.subarray(piece.firstState * stateDim, (piece.firstState + piece.stateRows) * stateDim),
      candidates: noise.subarray(...rows),
      ...piece,
      taskRow: known.taskRow,
      columns: [0, actionDim],
    });
    candidates.set(answer, rows[0]);
  }
  const within = withinLimits(candidates, known);
  const classes = known.normaliser.actions.classes;
  if (classes === undefined) return within;
  const chosen = classesOf(within, classes);
  return Float32Array.from(within, (_, i) => chosen[Math.floor(i / classes)] === i % classes ? 1 : 0);
}

/** Q of candidates, in the coordinates that the critic takes. */
function judged(
  { input: { hyperparameters: { criticNormalisedInputs, candidates: perState } }, judge }: Opened,
  known: KnownTask,
  states: Float32Array,
  candidates: Float32Array,
): Float32Array {
  if (criticNormalisedInputs) return judge!.judge(known, states, candidates, perState);
  const { states: ofStates, actions: ofActions } = known.normaliser;
  return judge!.judge(known, rawRows(states, ofStates), rawRows(candidates, ofActions), perState);
}

function withinLimits(actions: Float32Array, { normaliser }: KnownTask): Float32Array {
  const { low, high } = normalisedLimits(normaliser.actions);
  const dim = low.length;
  // An answer that is infinite stays so, and is refused.
  return actions.map((value, i) =>
    Number.isFinite(value) ? Math.min(Math.max(value, low[i % dim]!), high[i % dim]!) : value
  );
}
