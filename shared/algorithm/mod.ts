/**
 * CuGRO itself: arrays, weights and a seed in, arrays and weights out. See README.md for where each equation lives.
 * @module
 */
export * from "./arrays.ts";
export {
  type Compile,
  type CompiledStep,
  eager,
  type Params,
  type StepDefinition,
} from "@cugro/tensors/seam";
export type { GeneratorTrainingInput } from "./diffusion/generator_training.ts";
export type { OnSamples, SamplingRun } from "./diffusion/sampling.ts";
export { planSolver, type SolverPlan } from "./diffusion/solver.ts";
export {
  noiseOfStates,
  sampleStates,
  type StateSamplingInput,
  trainStateGenerator,
} from "./generators/state_generator.ts";
export {
  type ActionSamplingInput,
  noiseOfActions,
  sampleActions,
  trainBehaviorGenerator,
} from "./generators/behavior_generator.ts";
export type { RawTaskRows, ReplayRows } from "./replay/task_rows.ts";
export { trainCritic } from "./critic/critic_training.ts";
export type { CriticTrainingInput } from "./critic/critic_plan.ts";
export { createPolicy, type Policy } from "./policy/create_policy.ts";
export { apartShare, findModes, isMultimodal, type Modes, weightsOfHeavierMode } from "./policy/modes.ts";
export { type ChoiceLabelInput, type ChoiceLabels, labelChoices } from "./policy/label_choices.ts";
export { type OneStepTrainingInput, trainActor, trainProposer } from "./distillation/one_step_training.ts";
export type { LabelledActions, OldStates, RawOneStepRows } from "./distillation/one_step_rows.ts";
export { perturbStates } from "./distillation/perturbed_states.ts";
export { labelProposals, type ProposalLabelInput } from "./distillation/label_proposals.ts";
export type { CriticTaskRows } from "./critic/critic_parts.ts";
export type { Episodes } from "./critic/critic_targets.ts";
export type { MultistepNode, MultistepPlan } from "./diffusion/solver_dpmpp.ts";
export type { SinglestepPlan, SinglestepStep, Update } from "./diffusion/solver_dpm3.ts";
