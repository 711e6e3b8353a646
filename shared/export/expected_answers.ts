/**
 * `selftest.safetensors` of a bundle: inputs with the outputs that a loader must give. The outputs are those of the graphs,
 * which have been checked against this system and have the same bytes on every machine.
 * @module
 */
import { encodeTensors, type TensorFile } from "@cugro/protocol";
import { askModel, modelInputs } from "./checking/ask_model.ts";
import { randomInputs, type TaskInputs } from "./checking/inputs.ts";
import type { ModelName } from "./graphs/decision_graphs.ts";
import { openOnnxModel } from "./onnx/runtime.ts";
import type { Parts } from "./parts.ts";

/** Rows of a self-test. */
export const SELF_TEST_ROWS = 256;
const SEED = 256;
/** The name of each model's output in the file. */
const OUTPUTS = { actor: "action", proposer: "action", sampler: "action", critic: "value" } as const;

/**
 * Bytes of the file, for models that have passed their check.
 *
 * @param models bytes by name; outputs of others are not in the file
 * @returns bytes of a tensor file: inputs, and what each model answers
 */
export async function selfTestFile(
  parts: Parts,
  models: ReadonlyMap<ModelName, Uint8Array>,
): Promise<Uint8Array> {
  const inputs = randomInputs(parts, SELF_TEST_ROWS, SEED);
  const joined = (of: (one: TaskInputs) => Float32Array) => concatenated(inputs.map(of));
  const { stateDim, actionDim, knobs: { candidates } } = parts;
  const matrix = (data: Float32Array, ...shape: number[]) => ({ shape: [SELF_TEST_ROWS, ...shape], data });
  const tasks = Int32Array.from(inputs.flatMap(({ task, rows }) => Array<number>(rows).fill(task)));
  const tensors: TensorFile = {
    task: { shape: [SELF_TEST_ROWS], data: tasks },
    observation: matrix(joined(({ observations }) => observations), stateDim),
    action: matrix(joined(({ actions }) => actions), actionDim),
    noise: matrix(joined(({ noise }) => noise), candidates, actionDim),
    ...(inputs[0]!.gumbel === undefined
      ? {}
      : { gumbel: matrix(joined(({ gumbel }) => gumbel!), candidates) }),
  };
  for (const [name, output] of Object.entries(OUTPUTS)) {
    const bytes = models.get(name as ModelName);
    if (bytes === undefined) continue;
    const data = await outputOf(bytes, name as ModelName, output, parts, inputs);
    const width = data.length / SELF_TEST_ROWS;
    tensors[name] = matrix(data, ...(width === 1 && output === "value" ? [] : [width]));
  }
  return encodeTensors(tensors);
}

async function outputOf(
  bytes: Uint8Array,
  name: ModelName,
  output: string,
  parts: Parts,
  inputs: readonly TaskInputs[],
): Promise<Float32Array> {
  const model = await openOnnxModel(bytes);
  try {
    const all: Float32Array[] = [];
    for (const own of inputs) {
      const answer = await askModel(model, modelInputs(name, parts, own), parts.knobs.candidates);
      all.push(answer[output]!);
    }
    return concatenated(all);
  } finally {
    await model.close();
  }
}

function concatenated(arrays: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    joined.set(array, at);
    at += array.length;
  }
  return joined;
}
