/**
 * What graphs and loaders are made of: networks as programs, the solver's steps, and one table a task.
 * @module
 */
import { planSolver, type PolicyInput } from "@cugro/algorithm";
import {
  entry,
  InvalidInputError,
  knownTasks,
  normalisedLimits,
  type Normaliser,
  normaliserOf,
  OBSERVATION_CLAMP,
  type Stored,
  taskRow,
} from "@cugro/algorithm/arrays";
import type { Hyperparameters } from "@cugro/algorithm/knobs";
import { criticNetworks, oneStepNetwork } from "@cugro/inference/networks";
import { denoiserProgram } from "./denoiser_words.ts";
import { type SolverStep, solverSteps } from "./solver_steps.ts";
import { describedProgram, type Naming, type Numbers, type Program } from "./network_words.ts";

/** The knobs that acting reads. */
export type Knobs = Pick<
  Hyperparameters,
  | "candidates"
  | "selection"
  | "topCount"
  | "selectionSpread"
  | "inverseTemperature"
  | "pessimism"
  | "criticNormalisedInputs"
>;

/** A denoiser and the steps that call it. */
export interface Sampler {
  program: Program;
  steps: readonly SolverStep[];
}

/** Everything that a version acts with. */
export interface Parts {
  /** Ids in the order of all tables. */
  tasks: readonly number[];
  stateDim: number;
  actionDim: number;
  /** How many discrete actions there are; undefined where actions are continuous. */
  classes: number | undefined;
  knobs: Knobs;
  actor?: Program;
  proposer?: Program;
  sampler: Sampler;
  /** One for each of the ensemble; each gives `[.., 1]`, in units of the head's scale. */
  critic: readonly Program[];
  /** Of states, and of actions as replay has them. */
  generators?: { states: Sampler; actions: Sampler };
  /** By name, `[tasks, ..]` each. */
  tables: Readonly<Record<string, Numbers>>;
}

/** The networks of a version's policy, and its generator of states if wanted. */
export type PartsInput = Omit<PolicyInput, "compile"> & { stateGenerator?: Stored | undefined };

/**
 * Takes a policy apart into programs and tables.
 *
 * @param input weights, normalisers and knobs
 * @returns tasks in the order of their numbers, which is that of the tables' rows
 * @throws {InvalidInputError} for weights of another kind, or a task that one of them does not know
 */
export function partsOf(input: PartsInput): Parts {
  const { normalisers, stateDim, actionDim, hyperparameters: h, behaviorGenerator, stateGenerator } = input;
  const tasks = [...normalisers.keys()].sort((a, b) => a - b);
  if (tasks.length === 0) throw new InvalidInputError("Cannot export a policy that knows no task");
  const known = tasks.map((task) => normaliserOf(normalisers, task));
  const sampler = (weights: Stored, prefix: string, evaluations: number, knowsTask = true): Sampler => {
    const plan = planSolver({ ...h, functionEvaluations: evaluations });
    const naming = { ...namingOf(weights, prefix, tasks), times: plan.times, knowsTask };
    return { program: denoiserProgram(naming), steps: solverSteps(plan) };
  };
  return {
    ...{ tasks, stateDim, actionDim, classes: known[0]!.actions.classes, knobs: h },
    ...oneStepPrograms(input, tasks),
    sampler: sampler(behaviorGenerator, "sampler/", h.actingEvaluations, h.behaviorKnowsTask),
    critic: criticPrograms(input, tasks),
    ...(stateGenerator === undefined ? {} : {
      generators: {
        states: sampler(stateGenerator, "states/", h.functionEvaluations),
        actions: sampler(behaviorGenerator, "actions/", h.functionEvaluations, h.behaviorKnowsTask),
      },
    }),
    tables: tablesOf(known, input, tasks),
  };
}

function namingOf(weights: Stored, prefix: string, tasks: readonly number[]): Naming {
  const order = knownTasks(weights);
  return { weights, prefix, places: tasks.map((task) => taskRow(order, task)) };
}

function oneStepPrograms(input: PartsInput, tasks: readonly number[]): Pick<Parts, "actor" | "proposer"> {
  const program = (kind: "actor" | "proposer") => {
    const weights = input[kind];
    if (weights === undefined) return {};
    return { [kind]: describedProgram(oneStepNetwork(kind, weights), namingOf(weights, `${kind}/`, tasks)) };
  };
  return { ...program("actor"), ...program("proposer") };
}

function criticPrograms(
  { critic, stateDim, hyperparameters }: PartsInput,
  tasks: readonly number[],
): Program[] {
  const naming = namingOf(critic, "critic/", tasks);
  return criticNetworks(critic, stateDim, hyperparameters.criticLayerNorm).map((network, e) =>
    describedProgram(network, naming, [`head.${e}.kernel`, `head.${e}.bias`])
  );
}

function tablesOf(
  known: readonly Normaliser[],
  { critic, stateDim, actionDim }: PartsInput,
  tasks: readonly number[],
): Parts["tables"] {
  const table = (width: number, of: (normaliser: Normaliser) => Float32Array): Numbers => ({
    shape: [known.length, width],
    data: Float32Array.of(...known.flatMap((normaliser) => [...of(normaliser)])),
  });
  const returns = (figure: string): Numbers => {
    const heads = knownTasks(critic), scale = entry(critic, `returns.${figure}`).data;
    return {
      shape: [tasks.length, 1],
      data: Float32Array.from(tasks, (task) => scale[taskRow(heads, task)]!),
    };
  };
  const limits = (end: "low" | "high", factor: number) =>
    table(stateDim, ({ states }) => normalisedLimits(states)[end].map((limit) => limit * factor));
  return {
    "observations.centre": table(stateDim, ({ states }) => states.centre),
    "observations.halfRange": table(stateDim, ({ states }) => states.halfRange),
    "observations.low": limits("low", 1),
    "observations.high": limits("high", 1),
    // What is observed may lie somewhat beyond the data.
    "observations.clampLow": limits("low", OBSERVATION_CLAMP),
    "observations.clampHigh": limits("high", OBSERVATION_CLAMP),
    "observations.min": table(stateDim, ({ states }) => states.min),
    "observations.max": table(stateDim, ({ states }) => states.max),
    "actions.centre": table(actionDim, ({ actions }) => actions.centre),
    "actions.halfRange": table(actionDim, ({ actions }) => actions.halfRange),
    "actions.low": table(actionDim, ({ actions }) => normalisedLimits(actions).low),
    "actions.high": table(actionDim, ({ actions }) => normalisedLimits(actions).high),
    "actions.min": table(actionDim, ({ actions }) => actions.min),
    "actions.max": table(actionDim, ({ actions }) => actions.max),
    "returns.mean": returns("mean"),
    "returns.std": returns("std"),
  };
}
