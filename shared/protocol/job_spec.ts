/**
 * What a row of the table of kinds holds.
 * @module
 */
import type { z } from "zod";

/**
 * How an input is named: `one` and `optional` by their own name; `perTask` as `<name>/<task>`, `perShard` as
 * `<name>/<task>/<shard>`, any number of them.
 */
export type InputForm = "one" | "optional" | "perTask" | "perShard";

/** One row of `JOB_SPECS`. */
export interface JobSpec {
  /** The service that does this kind of job. */
  service: string;
  /** Raised when what the kind computes changes, so that old results are not taken for new ones. */
  revision: number;
  /** Config that the handler reads, beside the knobs. */
  config: z.ZodObject;
  /**
   * Fields that enter the job's id and that no handler reads: they tell jobs apart which are done alike. They stay for the
   * ids of existing stores; do not add to them what the seed or the inputs tell apart already.
   */
  identity: z.ZodObject;
  inputs: Readonly<Record<string, InputForm>>;
  /** Inputs that may be an output of another job, and the kind of that job. */
  makers: Readonly<Record<string, string>>;
  /** Inputs that may be a dataset; the others never are. */
  datasets: readonly string[];
  outputs: readonly string[];
}
