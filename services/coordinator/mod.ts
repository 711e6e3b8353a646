/**
 * The coordinator: facts -> plan -> submit, decide, announce; and the acts of an operator.
 * @module
 */
export { applyPlan } from "./apply.ts";
export { collectGarbage, type Collection, GC_GRACE_HOURS } from "./garbage.ts";
export { judgeVersion } from "./gate.ts";
export { createObserver, type Queues, watchQueues } from "./observe.ts";
export { type Decision, isIdle, MAX_QUEUED_PER_KIND, type Plan, plan, type Submission } from "./plan.ts";
export { type CoordinatorOptions, runCoordinator } from "./run.ts";
export { sweepRegularly } from "./sweep.ts";
