/**
 * Which trace work belongs to: that of the dataset it is done for, from its arrival on.
 * @module
 */
import type { LearnerFacts } from "./facts.ts";

/** The trace context of an arrival, by its number; undefined where nobody traces. */
export function traceOfArrival(
  { arrivals = [] }: Partial<Pick<LearnerFacts, "arrivals">>,
  seq: number,
): string | undefined {
  return arrivals.find((arrival) => arrival.seq === seq)?.traceparent;
}

/** The trace context of a task, by its number k: that of its arrival. */
export function traceOfTask(
  facts: Pick<LearnerFacts, "tasks"> & Partial<Pick<LearnerFacts, "arrivals">>,
  task: number,
): string | undefined {
  const found = facts.tasks.find((fact) => fact.task === task);
  return found && traceOfArrival(facts, found.arrival);
}
