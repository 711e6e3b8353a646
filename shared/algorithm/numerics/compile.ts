/**
 * The seam between a step and how it runs. A step is a pure function of tensors with static shapes; `eager` runs it as it is,
 * a graph compiler may trace it once and run it as one call.
 * @module
 */
import * as tf from "tf";
import { type Params, type Stored, toParams, toStored } from "./weights.ts";

/** A pure step. It returns every entry of the state, changed or not; it must not keep or dispose its arguments. */
export interface StepDefinition {
  /** For error messages and traces. */
  name: string;
  /**
   * Everything that decides what the step computes, besides the names, shapes and types of state and inputs. A compiler
   * may do its work once for all steps of equal name and identity; without it, it must not.
   */
  identity?: string;
  /** Next state and outputs, from nothing but its arguments. */
  step: (state: Params, inputs: Params) => { state: Params; outputs: Params };
}

/** A step bound to its state. Calls of `run` must not overlap. */
export interface CompiledStep {
  /** Runs one step on `inputs` (names and shapes as in the example), keeps the new state, returns the outputs. */
  run(inputs: Stored): Promise<Stored> | Stored;
  /** A copy of the present state. */
  readState(): Promise<Stored>;
  /** Frees the state. */
  dispose(): void;
}

/** Binds a step to an initial state; `exampleInputs` fixes names, shapes and types of the inputs. */
export type Compile = (
  definition: StepDefinition,
  initialState: Stored,
  exampleInputs: Stored,
) => CompiledStep;

/** The identity: keeps live tensors and runs the step op by op. */
export const eager: Compile = (definition, initialState) => {
  // A backend may read an array as late as the tensor's first use: the caller's must not be it.
  let state = toParams(structuredClone(initialState));
  return {
    run: async (inputs) => {
      const result = tf.tidy(() => definition.step(state, toParams(inputs)));
      const old = state;
      state = result.state;
      for (const [name, tensor] of Object.entries(old)) if (state[name] !== tensor) tensor.dispose();
      const outputs = await toStored(result.outputs);
      tf.dispose(result.outputs);
      return outputs;
    },
    readState: () => toStored(state),
    dispose: () => tf.dispose(state),
  };
};
