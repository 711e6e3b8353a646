/**
 * A version's policy as one file for those who compute with it themselves: what its metadata's `about` says, as JSON.
 * @module
 */
import type { EnvironmentRef } from "./environment.ts";
import type { WayOfActing } from "./ways_of_acting.ts";

/** A task in the file. */
export interface PortableTask {
  task: number;
  name: string;
  environment: EnvironmentRef | null;
  /** Steps of an episode at most. */
  horizon: number;
  /** How the version serves it. */
  acting: WayOfActing;
  /** Of held-out rows, at the levels of the measure `unusual`; null where none were kept. */
  distances: number[] | null;
}

/** Metadata of a policy file. */
export interface PortableAbout {
  learner: string;
  version: number;
  /** The ways that the version can act by; of the sampler the file has the critic alone. */
  ways: WayOfActing[];
  stateDim: number;
  actionDim: number;
  /** How many discrete actions there are; null where actions are continuous. */
  discreteActions: number | null;
  /** Every knob of the version. */
  hyperparameters: Record<string, unknown>;
  tasks: PortableTask[];
}
