/**
 * How a job can end without a result. Whatever else a handler throws is a failed attempt and tried again.
 * @module
 */

/** Trying again is of no use: wrong shapes, NaN, an unknown kind. The job fails at once. */
export class PermanentError extends Error {
  override name = "PermanentError";
}

/** An input is not there (any more). Not the job's fault: it is given back until the input has been made again. */
export class MissingInputError extends Error {
  override name = "MissingInputError";
}

/** The bytes under a content address are others than they were: they are set aside, and made again. */
export class CorruptArtifactError extends MissingInputError {
  override name = "CorruptArtifactError";
}

/** The worker has been asked to stop: the checkpoint is written, the job is given back. */
export class Interrupted extends Error {
  override name = "Interrupted";
}
