/**
 * `compile` for the native backend: a whole step, one call into TensorFlow.
 * @module
 */
import type { DeviceName } from "../tensor_settings.ts";
import { type NativeBackend, nativeBackend } from "./native_backend.ts";
import { giveBack, openSession, type Session } from "./graph_session.ts";
import { buildStepGraph, type StepGraph } from "./step_graph.ts";
import { traceStep } from "./record_graph.ts";
import { UntraceableStep } from "./recorded_values.ts";
import {
  checkStored,
  type Compile,
  type CompiledStep,
  eager,
  specsOf,
  type StepDefinition,
  type Stored,
} from "../seam.ts";

/** What the composition root may choose. */
export interface NativeCompileOptions {
  /** Where floating-point work is done. @default "cpu" */
  device?: DeviceName;
  /**
   * Told once for each step that has to stay eager, and why.
   * @default console.warn
   */
  warn?: (message: string) => void;
}

/**
 * Makes the `compile` that turns steps into TensorFlow graphs. The first call with a step traces it (one eager run; steps with
 * an `identity` once a process) and loads its graph; its first run lets TensorFlow optimise it. A step that cannot become a graph stays eager.
 *
 * @param options `device`: where floating-point work is pinned to; `warn` is called with why a step stays eager
 * @returns the `compile` of the seam
 * @throws {Error} When compiling while the active backend is not the native one.
 */
export function nativeCompile(options: NativeCompileOptions = {}): Compile {
  // On a CPU TensorFlow chooses by itself.
  const device = options.device === "gpu" ? "/device:GPU:0" : "";
  const warn = options.warn ?? console.warn;
  const warned = new Set<string>();
  return (definition, initialState, exampleInputs) => {
    const backend = nativeBackend();
    const what = `step "${definition.name}"`;
    checkStored(`${what} with its initial state`, specsOf(initialState), initialState);
    checkStored(what, specsOf(exampleInputs), exampleInputs);
    try {
      const graph = stepGraph(backend, definition, initialState, exampleInputs, device);
      return loadStep(backend, what, graph, initialState);
    } catch (error) {
      if (!(error instanceof UntraceableStep)) throw error;
      const message = `Cannot compile ${what}, so it runs eagerly: ${error.message}`;
      if (!warned.has(message)) warn(message);
      warned.add(message);
      return eager(definition, initialState, exampleInputs);
    }
  };
}

/** Graphs of steps that say what they depend on; the one unused for longest is dropped first. */
const known = new Map<string, StepGraph>();
const MAX_KNOWN = 32;

/** The graph of a step: traced, unless a step of the same identity, state and inputs has been. */
function stepGraph(
  backend: NativeBackend,
  definition: StepDefinition,
  initialState: Stored,
  exampleInputs: Stored,
  device: string,
): StepGraph {
  const { name, identity } = definition;
  const trace = () => buildStepGraph(traceStep(backend, definition, initialState, exampleInputs), device);
  if (identity === undefined) return trace();
  const key = JSON.stringify([name, identity, specsOf(initialState), specsOf(exampleInputs), device]);
  const graph = known.get(key) ?? trace();
  known.delete(key);
  known.set(key, graph);
  if (known.size > MAX_KNOWN) known.delete(known.keys().next().value!);
  return graph;
}

function loadStep(
  backend: NativeBackend,
  what: string,
  graph: StepGraph,
  initialState: Stored,
): CompiledStep {
  const inputSpecs = graph.inputs.map(({ spec }) => spec);
  let session: Session | undefined = openSession(backend.binding, graph);
  session.run(graph.initial, initialState, [], graph.initDone);
  const opened = () => {
    if (!session) throw new Error(`Cannot run ${what} as it is disposed`);
    return session;
  };
  return {
    run(inputs) {
      checkStored(what, inputSpecs, inputs);
      return opened().run(graph.inputs, inputs, graph.outputs, graph.stepDone);
    },
    // deno-lint-ignore require-await -- async so that a disposed step rejects
    async readState() {
      return graph.state.length > 0 ? opened().run([], {}, graph.state, graph.stepDone) : {};
    },
    dispose() {
      if (session) giveBack(session, graph);
      session = undefined;
    },
  };
}
