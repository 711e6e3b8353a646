/**
 * The coordinator: facts -> plan -> submit, decide, announce; and the acts of an operator.
 * @module
 */
export { applyPlan } from "./apply.ts";
export { collectGarbage, type Collection, GC_GRACE_HOURS } from "./garbage.ts";
export { createObserver, type Queues, watchQueues } from "./observe.ts";
export { isIdle, MAX_QUEUED_PER_KIND, plan } from "./plan.ts";
export type { Decision, HeadMove, Plan, Submission } from "./plan_parts.ts";
export type { CoordinatorOptions } from "./coordinator_options.ts";
export { runCoordinator } from "./run_coordinator.ts";
export { sweepRegularly } from "./garbage_loop.ts";
