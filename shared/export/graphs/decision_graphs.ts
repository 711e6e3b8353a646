/**
 * The models of a bundle: raw observations, tasks and noise in, raw actions out. Normalisers, limits, the solver, the critic
 * and the weighing of candidates are inside.
 * @module
 */
import { createGraph, type Graph, type Value } from "../onnx/onnx_graph.ts";
import { type Operations, operationsOf } from "../onnx/onnx_operations.ts";
import type { Parts, Sampler } from "../parts.ts";
import type { Program } from "../network_words.ts";
import { runWords } from "./run_words.ts";
import { candidateWeights, pessimisticValue, weightsOfHeavierMode } from "./selection_graph.ts";

/** The models that a version may have, by the names of their files. */
export const MODELS = ["actor", "proposer", "sampler", "critic", "generators"] as const;
/** One of them. */
export type ModelName = typeof MODELS[number];

const ABOUT: Readonly<Record<ModelName, string>> = {
  actor: "One pass: observation and task in, action out.",
  proposer:
    "One-step candidates, weighed by the critic: observation, task and standard normal noise in, action out.",
  sampler:
    "Candidates of the diffusion, weighed by the critic: observation, task and standard normal noise in, action out.",
  critic: "The discounted return that an action is worth, in the task's units of reward.",
  generators: "The dual replay: a state of the task, and an action taken in it, from standard normal noise.",
};

/** A graph that is being made. */
interface Making {
  parts: Parts;
  graph: Graph;
  operations: Operations;
  /** One-hot `[n, 1, tasks]`, nothing but NaN for a task that is not known. */
  task: Value;
}

/**
 * The bytes of a model; undefined where the version has no such network.
 * @param metadata texts of the ONNX file
 * @returns an ONNX file
 */
export function modelBytes(
  parts: Parts,
  name: ModelName,
  metadata: Readonly<Record<string, string>>,
): Uint8Array | undefined {
  if (name !== "sampler" && name !== "critic" && parts[name] === undefined) return undefined;
  const graph = createGraph(name);
  const operations = operationsOf(graph);
  if (name === "generators") addGenerators(open(parts, graph, operations));
  else if (name === "critic") addCritic(parts, graph, operations);
  else addPolicy(parts, graph, operations, name);
  return graph.bytes(ABOUT[name], metadata);
}

function open(parts: Parts, graph: Graph, operations: Operations): Making {
  const { holds, divide, reduce, reshape } = operations;
  const id = reshape(graph.input("task", "int64", ["n"]), -1, 1, 1);
  const own = holds("Equal", id, graph.integers(...parts.tasks));
  // 0 / 0 for an unknown task: it must not give an action that looks right.
  return { parts, graph, operations, task: divide(own, reduce("Sum", own, 2)) };
}

/** The task's row of a table `[n, 1, D]`. */
function rowOf({ parts, operations, graph, task }: Making, name: string): Value {
  const { data, shape } = parts.tables[name]!;
  return operations.product(task, graph.weight(`tasks/${name}`, data, shape));
}

function addPolicy(
  parts: Parts,
  graph: Graph,
  operations: Operations,
  name: "actor" | "proposer" | "sampler",
): void {
  const { stateDim, actionDim, knobs: { candidates, selection } } = parts;
  const observation = graph.input("observation", "float", ["n", stateDim]);
  const making = open(parts, graph, operations);
  const s = observed(making, observation, true);
  if (name === "actor") return addAction(making, limited(making, run(making, parts.actor!, { s })));
  const noise = graph.input("noise", "float", ["n", candidates, actionDim]);
  const gumbel = selection === "one" ? graph.input("gumbel", "float", ["n", candidates]) : undefined;
  const drawn = name === "sampler"
    ? sampled(making, parts.sampler, { noise, s, low: "actions.low", high: "actions.high" })
    : limited(making, run(making, parts.proposer!, { s, z: noise }));
  addAction(making, weighed(making, s, chosen(making, drawn), gumbel));
}

function addCritic(parts: Parts, graph: Graph, operations: Operations): void {
  const { stateDim, actionDim, knobs } = parts;
  const observation = graph.input("observation", "float", ["n", stateDim]);
  const action = graph.input("action", "float", ["n", actionDim]);
  const making = open(parts, graph, operations);
  const raw = (rows: Value, width: number) => operations.reshape(rows, -1, 1, width);
  const s = knobs.criticNormalisedInputs ? observed(making, observation, false) : raw(observation, stateDim);
  const z = knobs.criticNormalisedInputs
    ? normalised(making, raw(action, actionDim), "actions")
    : raw(action, actionDim);
  const value = pessimisticValue(operations, ensemble(making, s, z), 1, knobs.pessimism);
  const [mean, std] = ["returns.mean", "returns.std"].map((name) =>
    operations.reshape(rowOf(making, name), -1, 1)
  );
  const inReward = operations.add(operations.multiply(value, std!), mean!);
  graph.output("value", operations.reshape(inReward, -1), "float", ["n"]);
}

function addGenerators(making: Making): void {
  const { parts: { stateDim, actionDim, generators }, graph, operations: { reshape } } = making;
  const stateNoise = graph.input("state_noise", "float", ["n", stateDim]);
  const actionNoise = graph.input("action_noise", "float", ["n", actionDim]);
  const drawn = sampled(making, generators!.states, {
    ...{ noise: reshape(stateNoise, -1, 1, stateDim), low: "observations.low", high: "observations.high" },
  });
  const states = denormalised(making, drawn, "observations");
  graph.output("observation", reshape(states, -1, stateDim), "float", ["n", stateDim]);
  const s = normalised(making, states, "observations");
  const noise = reshape(actionNoise, -1, 1, actionDim);
  addAction(
    making,
    sampled(making, generators!.actions, { noise, s, low: "actions.low", high: "actions.high" }),
  );
}

function run(
  { operations, task }: Making,
  program: Program,
  registers: Readonly<Record<string, Value>>,
  step?: number,
): Value {
  return runWords(operations, program, { registers, task, ...(step === undefined ? {} : { step }) });
}

function normalised(making: Making, rows: Value, kind: "observations" | "actions"): Value {
  const { subtract, divide } = making.operations;
  return divide(subtract(rows, rowOf(making, `${kind}.centre`)), rowOf(making, `${kind}.halfRange`));
}

function denormalised(making: Making, rows: Value, kind: "observations" | "actions"): Value {
  const { add, multiply, clamp } = making.operations;
  const raw = add(multiply(rows, rowOf(making, `${kind}.halfRange`)), rowOf(making, `${kind}.centre`));
  return clamp(raw, rowOf(making, `${kind}.min`), rowOf(making, `${kind}.max`));
}

function observed(making: Making, observation: Value, clamps: boolean): Value {
  const { reshape, clamp } = making.operations;
  const rows = normalised(making, reshape(observation, -1, 1, making.parts.stateDim), "observations");
  return clamps
    ? clamp(rows, rowOf(making, "observations.clampLow"), rowOf(making, "observations.clampHigh"))
    : rows;
}

function limited(making: Making, actions: Value): Value {
  return making.operations.clamp(actions, rowOf(making, "actions.low"), rowOf(making, "actions.high"));
}

/** Noise `[n, m, D]` to samples `[n, m, D]`: the solver's loop, unrolled. */
function sampled(
  making: Making,
  { program, steps }: Sampler,
  { noise, s, low, high }: { noise: Value; s?: Value; low: string; high: string },
): Value {
  const { clamp, subtract } = making.operations;
  const within = (value: Value) => clamp(value, rowOf(making, low), rowOf(making, high));
  let x = noise, at = noise, before: Value | undefined, predicted: Value[] = [];
  for (const [step, { keep, c1, c2, c3, end, clamp: clamps, k, m, q }] of steps.entries()) {
    predicted.push(run(making, program, { ...(s ? { s } : {}), z: at }, step));
    const own = [c1, c2, c3].flatMap((c, i) => c === 0 ? [] : [[c, predicted[i]!] as const]);
    const y = combined(making, [[keep, x], ...own]);
    at = clamps ? within(y) : y;
    if (!end) continue;
    const here = at;
    const ahead = before === undefined || q === 0
      ? [[m, here] as const]
      : [[m, combined(making, [[1, here], [q, subtract(here, before)]])] as const];
    x = at = combined(making, [...(k === 0 ? [] : [[k, x] as const]), ...ahead]);
    [before, predicted] = [here, []];
  }
  return within(x);
}

/** The sum of values times numbers. */
function combined({ operations }: Making, terms: readonly (readonly [number, Value])[]): Value {
  const { add, multiply, number } = operations;
  return terms.map(([factor, value]) => factor === 1 ? value : multiply(value, number(factor)))
    .reduce((sum, term) => add(sum, term));
}

/** Discrete candidates are one-hot rows before they are judged. */
function chosen({ parts: { classes }, operations }: Making, candidates: Value): Value {
  return classes === undefined ? candidates : operations.oneHotOfBest(candidates, classes);
}

/** Q by every critic `[n, m, E]`. */
function ensemble(making: Making, s: Value, z: Value): Value {
  const values = making.parts.critic.map((program) => run(making, program, { s, z }));
  return values.length === 1 ? values[0]! : making.graph.node("Concat", values, { axis: 2 });
}

/** Candidates `[n, M, A]` judged and made into one action `[n, 1, A]`. */
function weighed(making: Making, s: Value, candidates: Value, gumbel: Value | undefined): Value {
  const { parts: { knobs, actionDim, classes }, operations } = making;
  const { multiply, add, reshape, reduce } = operations;
  const raw = (rows: Value, kind: string) =>
    add(multiply(rows, rowOf(making, `${kind}.halfRange`)), rowOf(making, `${kind}.centre`));
  const q = knobs.criticNormalisedInputs
    ? ensemble(making, s, candidates)
    : ensemble(making, raw(s, "observations"), raw(candidates, "actions"));
  const all = candidateWeights(
    operations,
    pessimisticValue(operations, q, knobs.candidates, knobs.pessimism),
    knobs,
    gumbel,
  );
  const limits = { low: rowOf(making, "actions.low"), high: rowOf(making, "actions.high") };
  const sizes = { candidates: knobs.candidates, actionDim };
  const weights = knobs.selection === "mode" && classes === undefined
    ? weightsOfHeavierMode(operations, all, candidates, limits, sizes)
    : all;
  return reduce("Sum", multiply(reshape(weights, -1, knobs.candidates, 1), candidates), 1);
}

/** Normalised actions `[n, 1, A]` as the output: raw `[n, A]`, or the number of a discrete one `[n]`. */
function addAction(making: Making, actions: Value): void {
  const { parts: { actionDim, classes }, operations: { reshape }, graph } = making;
  if (classes === undefined) {
    const raw = reshape(denormalised(making, actions, "actions"), -1, actionDim);
    return graph.output("action", raw, "float", ["n", actionDim]);
  }
  const best = graph.node("ArgMax", [actions], { axis: 2, keepdims: 0, select_last_index: 0 });
  graph.output("action", reshape(best, -1), "int64", ["n"]);
}
