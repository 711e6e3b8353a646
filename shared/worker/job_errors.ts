/**
 * How a job can end without a result. Whatever else a handler throws is a failed attempt and tried again.
 * @module
 */

/** Trying again is of no use: wrong shapes, NaN, an unknown kind. The job fails at once. */
export class PermanentError extends Error {
  override name = "PermanentError";
}

/** The worker has been asked to stop: the checkpoint is written, the job is given back. */
export class Interrupted extends Error {
  override name = "Interrupted";
}

/** The job is no longer needed: the checkpoint is written, in case it is later, and the message is taken off. */
export class Unneeded extends Interrupted {
  override name = "Unneeded";
}
