/**
 * A model asked with the inputs of a check, some rows at a time.
 * @module
 */
import type { ModelName } from "../graphs/decision_graphs.ts";
import type { OnnxArray, OnnxModel } from "../onnx/runtime.ts";
import type { Parts } from "../parts.ts";
import type { TaskInputs } from "./inputs.ts";
import type { ReplayNoise } from "./ours.ts";

/** Candidates that go through a model together: what lies between its layers stays small. */
const CANDIDATES_AT_ONCE = 2_048;

/** Inputs of a model whose first axis is the row. */
export type ModelInputs = Readonly<Record<string, OnnxArray>>;

/**
 * The inputs of a model, as it names them.
 *
 * @param inputs rows of one task, n
 * @param replay noise `[n, S]` and `[n, A]`, for the generators alone
 * @returns tensors of `[n, ...]` by the names of the model's inputs
 */
export function modelInputs(
  name: ModelName,
  parts: Parts,
  inputs: TaskInputs,
  replay?: ReplayNoise,
): ModelInputs {
  const { stateDim, actionDim, knobs: { candidates } } = parts;
  const { rows, observations, noise, gumbel } = inputs;
  const task = { shape: [rows], data: new BigInt64Array(rows).fill(BigInt(inputs.task)) };
  const matrix = (data: Float32Array, ...shape: number[]) => ({ shape: [rows, ...shape], data });
  if (name === "generators") {
    const { stateNoise, actionNoise } = replay!;
    return { task, state_noise: matrix(stateNoise, stateDim), action_noise: matrix(actionNoise, actionDim) };
  }
  const observation = matrix(observations, stateDim);
  if (name === "critic") return { observation, task, action: matrix(inputs.actions, actionDim) };
  if (name === "actor") return { observation, task };
  return {
    ...{ observation, task, noise: matrix(noise, candidates, actionDim) },
    ...(gumbel === undefined ? {} : { gumbel: matrix(gumbel, candidates) }),
  };
}

/**
 * Asks a model for all rows, a part at a time.
 *
 * @param candidates of each row, which bound the rows of a part
 * @param onRows told how many are done
 * @returns `[n * width]` by the names of its outputs
 */
export async function askModel(
  model: OnnxModel,
  inputs: ModelInputs,
  candidates: number,
  onRows: (done: number) => void = () => {},
): Promise<Record<string, Float32Array>> {
  const rows = inputs.task!.shape[0]!;
  const atOnce = Math.max(1, Math.floor(CANDIDATES_AT_ONCE / candidates));
  const outputs: Record<string, Float32Array> = {};
  for (let from = 0; from < rows; from += atOnce) {
    const to = Math.min(from + atOnce, rows);
    for (const [name, { data }] of Object.entries(await model.run(sliced(inputs, from, to)))) {
      const width = data.length / (to - from);
      (outputs[name] ??= new Float32Array(rows * width)).set(Float32Array.from(data, Number), from * width);
    }
    onRows(to);
  }
  return outputs;
}

function sliced(inputs: ModelInputs, from: number, to: number): ModelInputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape: [rows, ...rest], data }]) => {
      const width = data.length / rows!;
      return [name, { shape: [to - from, ...rest], data: data.slice(from * width, to * width) }];
    }),
  );
}
