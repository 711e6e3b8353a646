/**
 * What the checks of this room throw.
 * @module
 */

/**
 * These arguments can never work: a wrong shape, a task that was not learnt, a missing normaliser, a loss that is no
 * longer finite. The same call fails the same way every time, unlike other range errors (out of memory, for example).
 */
export class InvalidInputError extends RangeError {
  override name = "InvalidInputError";
}
