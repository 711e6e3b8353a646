/**
 * The parts of a plan.
 * @module
 */
import type { CloudEvent, HeadFact, Job, JsonObject } from "@cugro/protocol";

/** A job to submit. `task`: the task being learnt, or null for an import. */
export interface Submission {
  id: string;
  job: Job;
  task: number | null;
  label: string;
  /** Trace of the file that led to the job. */
  traceparent?: string;
}

/** A fact to create, unless it exists. */
export interface Decision {
  key: string;
  value: JsonObject;
}

/** A head, and the etag of the one it takes the place of; null if there is none. */
export interface HeadMove {
  head: HeadFact;
  ifMatch: string | null;
}

/** The next steps. Each may be done twice, by any coordinator, and partially. */
export interface Plan {
  /** Jobs that are ready: submit them, as often as you like. */
  submit: Submission[];
  /** Facts that follow from what is known. */
  decide: Decision[];
  /** The head as it should be. Derived again when it is moved, as there may be new facts by then. */
  moveHead: HeadMove | null;
  announce: CloudEvent[];
  /** Keys of objects that are no longer needed, or results whose outputs are lost. */
  release: string[];
  /** Warnings for the operator, in words. */
  problems: string[];
}
