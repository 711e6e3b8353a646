/**
 * Where the rooms that know nothing of jobs meet the worker: what their errors mean for a job.
 * @module
 */
import { InvalidInputError } from "@cugro/algorithm/arrays";
import { DatasetError } from "@cugro/datasets";
import { PermanentError } from "@cugro/worker/errors";

/**
 * A job's handler whose errors have the class that the worker goes by. Arguments that can never work and a stored dataset
 * that cannot be read fail the job at once. Everything else, running out of memory among it, stays as it is and is
 * tried again: other range errors are not ours.
 *
 * @param handler of a job
 * @returns the same, whose errors are `PermanentError` where trying again cannot help
 */
export function translateErrors<Arguments extends unknown[], Output>(
  handler: (...given: Arguments) => Promise<Output>,
): (...given: Arguments) => Promise<Output> {
  return async (...given) => {
    try {
      return await handler(...given);
    } catch (error) {
      if (!(error instanceof InvalidInputError || error instanceof DatasetError)) throw error;
      throw new PermanentError(error.message, { cause: error });
    }
  };
}
