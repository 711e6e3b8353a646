/**
 * A step computed operation by operation: what a step that cannot become a graph falls back to, and what the tests
 * and the benchmark compare with.
 * @module
 */
import * as tf from "tf";
import { checkStored, type Compile, specsOf, type Stored, type Tensors } from "./step.ts";

/** Keeps the state as tensors and runs the step inside `tf.tidy`. */
export const eagerStep: Compile = (definition, initialState, exampleInputs) => {
  const inputSpecs = specsOf(exampleInputs);
  const what = `step "${definition.name}"`;
  let state: Tensors | undefined = toTensors(initialState);
  return {
    run(inputs) {
      if (!state) throw new Error(`Cannot run ${what} as it is disposed`);
      checkStored(what, inputSpecs, inputs);
      const previous = state;
      const { next, outputs } = tf.tidy(() => {
        const result = definition.step(previous as never, toTensors(inputs) as never);
        return { next: result.state as Tensors, outputs: result.outputs as Tensors };
      });
      const stored = toStored(outputs);
      const kept = new Set(Object.values(next));
      const given = new Set(Object.values(previous));
      for (const tensor of given) if (!kept.has(tensor)) tensor.dispose();
      for (const tensor of Object.values(outputs)) {
        if (!kept.has(tensor) && !given.has(tensor)) tensor.dispose();
      }
      state = next;
      return stored;
    },
    readState: () =>
      state ? Promise.resolve(toStored(state)) : Promise.reject(new Error(`${what} is disposed`)),
    dispose() {
      if (state) { for (const tensor of new Set(Object.values(state))) tensor.dispose(); }
      state = undefined;
    },
  };
};

/** Copies arrays into tensors; the caller disposes them. */
export function toTensors(stored: Stored): Tensors {
  return Object.fromEntries(
    Object.entries(stored).map(([name, { shape, data }]) => {
      return [name, tf.tensor(data.slice(), shape, data instanceof Float32Array ? "float32" : "int32")];
    }),
  );
}

/** Copies tensors into arrays; booleans become integers. */
export function toStored(tensors: Tensors): Stored {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      const values = tensor.dataSync() as Float32Array | Int32Array | Uint8Array;
      const data = values instanceof Float32Array ? values.slice() : Int32Array.from(values);
      return [name, { shape: [...tensor.shape], data }];
    }),
  );
}
