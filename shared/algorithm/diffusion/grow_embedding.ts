/**
 * A new task's place in a denoiser: one more row of the task embedding. All other weights stay byte-identical.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import type { Stored } from "@cugro/tensors/seam";
import type { Rng } from "../numerics/rng.ts";
import { knownTasks, tasksTensor } from "../numerics/weights.ts";

/** Noise of a new row, as a share of the old rows' root mean square: far enough from the mean to be told apart from the first step on. */
const NEW_ROW_NOISE = 0.3;

/**
 * Weights that also know `task`: a row that is the mean of the old ones plus seeded noise is appended.
 *
 * @param parent Published weights of the parent version.
 * @param task id of the new one
 * @param rng draws the noise
 * @returns all weights, with a task embedding of one row more
 * @throws {InvalidInputError} If the parent already knows the task.
 */
export function growTask(parent: Stored, task: number, rng: Rng): Stored {
  const tasks = knownTasks(parent);
  if (tasks.includes(task)) {
    throw new InvalidInputError(
      `Cannot add task ${task} as the parent already knows it: known tasks are [${tasks.join(", ")}]`,
    );
  }
  const grown: Stored = { ...parent, tasks: tasksTensor([...tasks, task]) };
  // Of families with several networks each has its own; in an order that no file decides.
  for (const name of Object.keys(parent).sort()) {
    if (!name.endsWith("taskEmbedding")) continue;
    const { data, shape } = parent[name]!;
    grown[name] = appendRow(data as Float32Array, shape[0]!, rng);
  }
  return grown;
}

function appendRow(rows: Float32Array, count: number, rng: Rng): { shape: number[]; data: Float32Array } {
  const width = rows.length / count;
  const noise = NEW_ROW_NOISE * Math.sqrt(rows.reduce((sum, value) => sum + value * value, 0) / rows.length);
  const data = new Float32Array(rows.length + width);
  data.set(rows);
  for (let i = 0; i < width; i++) {
    let mean = 0;
    for (let row = 0; row < count; row++) mean += rows[row * width + i]! / count;
    data[rows.length + i] = mean + noise * rng.normal();
  }
  return { shape: [count + 1, width], data };
}
