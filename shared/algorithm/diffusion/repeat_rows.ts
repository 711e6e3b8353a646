/**
 * Conditions repeated to the rows of a batch.
 * @module
 */
import * as tf from "tf";
import { InvalidInputError } from "../numerics/errors.ts";

/**
 * `[n, W]` -> `[batch, W]`, each row repeated batch / n times in a row; one row stays one, to be broadcast.
 *
 * @param rows `[n, W]`
 * @param batch a multiple of n
 * @returns `[batch, W]`, or `[1, W]` for n = 1
 * @throws {InvalidInputError} if n does not divide the batch
 */
export function repeatRows(rows: tf.Tensor, batch: number): tf.Tensor {
  const [count, width] = rows.shape as [number, number];
  if (count === batch || count === 1) return rows;
  if (batch % count !== 0) {
    throw new InvalidInputError(`Cannot repeat conditions as ${batch} rows are no multiple of ${count}`);
  }
  return tf.reshape(tf.tile(tf.reshape(rows, [count, 1, width]), [1, batch / count, 1]), [batch, width]);
}
