/**
 * Which trace work belongs to: that of the dataset it is done for, from its arrival on.
 * @module
 */
import type { LearnerFacts } from "./learner_facts.ts";

/**
 * The trace context of an arrival, by its number; undefined where nobody traces.
 *
 * @param seq number of the arrival
 * @param facts arrivals of the learner
 * @returns a W3C `traceparent`
 */
export function traceOfArrival(
  { arrivals = [] }: Partial<Pick<LearnerFacts, "arrivals">>,
  seq: number,
): string | undefined {
  return arrivals.find((arrival) => arrival.seq === seq)?.traceparent;
}

/**
 * The trace context of a task, by its number k: that of its arrival.
 *
 * @param facts tasks and arrivals
 * @param task its number
 * @returns a W3C `traceparent`; undefined where nobody traces
 */
export function traceOfTask(
  facts: Pick<LearnerFacts, "tasks"> & Partial<Pick<LearnerFacts, "arrivals">>,
  task: number,
): string | undefined {
  const found = facts.tasks.find((fact) => fact.task === task);
  return found && traceOfArrival(facts, found.arrival);
}
