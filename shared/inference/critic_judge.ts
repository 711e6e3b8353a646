/**
 * The critic's judgement of candidates: its ensemble's heads of a task, made into one Q.
 * @module
 */
import { type Bounds, entry, InvalidInputError, type Stored } from "@cugro/algorithm/arrays";
import type { Computing, Kernels } from "./kernels.ts";
import { type Network, networkOf, openNetwork } from "./network.ts";
import { criticNetworks } from "./network_files.ts";
import { piecesOf } from "./row_batches.ts";
import type { PlacedNetwork } from "./placed_network.ts";
import { pessimisticValue } from "./array_selection.ts";
import type { InferenceKnobs, KnownTask } from "./session_input.ts";

/** A critic in memory. */
export interface Judge {
  /**
   * @param states `[n, S]`, in the coordinates that the critic takes
   * @param candidates `[n c, A]`, those of one state together, likewise
   * @param perState c
   * @returns `[n c]`, in units of the head's scale
   */
  judge(known: KnownTask, states: Float32Array, candidates: Float32Array, perState: number): Float32Array;
  readonly placed: PlacedJudge;
  dispose(): void;
}

/** A critic as it is placed in memory. */
export interface PlacedJudge {
  networks: readonly PlacedNetwork[];
  /** Scale of each head: means and standard deviations of returns, `[n]` each. */
  returns: { mean: readonly number[]; std: readonly number[] };
}

/**
 * Opens a critic.
 *
 * @param weights of the critic, by name
 * @param stateDim S
 * @param actionDim A
 * @param knobs how an ensemble's values become one
 * @returns values `[n]` of normalised candidates
 * @throws {InvalidInputError} if it does not take such states and actions
 */
export function openJudge(
  weights: Stored,
  stateDim: number,
  actionDim: number,
  knobs: InferenceKnobs,
  kernels: Kernels,
): Judge {
  const networks: Network[] = [];
  const dispose = () => networks.forEach((network) => network.dispose());
  try {
    for (const description of criticNetworks(weights, stateDim, knobs.criticLayerNorm)) {
      networks.push(openNetwork(weights, description, kernels));
    }
    const found = networks[0]!.candidateInputs;
    if (found !== actionDim) {
      throw new InvalidInputError(
        `Cannot open the critic as it must take states of ${stateDim} and actions of ${actionDim} dimensions: it takes ${
          stateDim + found
        } numbers`,
      );
    }
  } catch (error) {
    dispose();
    throw error;
  }
  const numbers = (name: string) => [...entry(weights, name).data];
  const returns = { mean: numbers("returns.mean"), std: numbers("returns.std") };
  return {
    ...judgeOf({ networks: networks.map(({ placed }) => placed), returns }, knobs, kernels),
    dispose,
  };
}

/**
 * A critic that is in memory already; its owner, who placed it, disposes of it.
 *
 * @param placed weights by their addresses
 * @param knobs how an ensemble's values become one
 * @returns the same answers as its owner's
 */
export function judgeOf(placed: PlacedJudge, knobs: InferenceKnobs, kernels: Computing): Judge {
  const networks = placed.networks.map((network) => networkOf(network, kernels));
  const judge: Judge["judge"] = (known, states, candidates, perState) => {
    const ensemble = networks.map((network) => valuesOf(network, known.head!, states, candidates, perState));
    return Float32Array.from(
      ensemble[0]!,
      (_, row) => pessimisticValue(ensemble.map((values) => values[row]!), knobs.pessimism),
    );
  };
  return { placed, judge, dispose: () => {} };
}

function valuesOf(
  network: Network,
  head: number,
  states: Float32Array,
  candidates: Float32Array,
  perState: number,
): Float32Array {
  const { stateInputs: stateDim, candidateInputs: actionDim } = network;
  const values = new Float32Array(candidates.length / actionDim);
  for (const piece of piecesOf(states.length / stateDim, perState)) {
    const rows = [piece.firstRow, piece.firstRow + piece.stateRows * piece.perState] as const;
    const found = network.run({
      ...piece,
      states: states.subarray(piece.firstState * stateDim, (piece.firstState + piece.stateRows) * stateDim),
      candidates: candidates.subarray(rows[0] * actionDim, rows[1] * actionDim),
      taskRow: head,
      columns: [head, head + 1],
    });
    values.set(found, rows[0]);
  }
  return values;
}

/**
 * Normalised rows in raw units, in float32 and not clamped: what a critic of raw inputs is asked with.
 *
 * @param rows `[n, D]`
 * @param bounds centre and half-range, `[D]`
 * @returns `[n, D]`
 */
export function rawRows(rows: Float32Array, { centre, halfRange }: Bounds): Float32Array {
  const dim = centre.length;
  return rows.map((value, i) => Math.fround(value * halfRange[i % dim]!) + centre[i % dim]!);
}
