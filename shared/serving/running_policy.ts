/**
 * A policy that can be asked, however it computes.
 * @module
 */
import type { WayOfActing } from "@cugro/algorithm";
import type { PolicyParts } from "./policy_parts.ts";

/** Whose rows these are: `asker` keeps its place in its noise from batch to batch until its `last` rows. */
export interface NoiseOf {
  asker: number;
  seed: number;
  rows: number;
  last: boolean;
}

/** A policy that can be asked. */
export interface RunningPolicy {
  /** Calls that may be under way at once. @default 1 */
  readonly callsAtOnce?: number;
  /**
   * Actions `[n * A]` for states `[n * S]`.
   *
   * @throws {ActError} 503 when the policy is gone.
   */
  act(
    task: number,
    states: Float32Array,
    noise: readonly NoiseOf[],
    acting?: WayOfActing,
  ): Promise<Float32Array>;
  /**
   * The most rows to give it in one call, of those that wait; the request with most of them has `longest`.
   * @default those that the sampler is compiled for
   */
  rowsAtOnce?(waiting: number, longest: number, task: number, acting?: WayOfActing): number;
  /** The asker will not come back. */
  forget(asker: number): void;
  /** Whether it can still be asked. */
  isOpen(): boolean;
  /** Frees it. */
  close(): Promise<void>;
}

/**
 * Opens a policy, ready to answer at once.
 *
 * @param say called with what is slower or worse than it could be.
 */
export type OpenPolicy = (parts: PolicyParts, warn: (warning: string) => void) => Promise<RunningPolicy>;
