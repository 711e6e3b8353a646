/**
 * How a critic comes to know a task: one more head, or, where a task's dataset has grown, its head in other units.
 * @module
 */
import type { Stored } from "@cugro/tensors/seam";
import { InvalidInputError } from "../numerics/errors.ts";
import { initLinear } from "../numerics/layers.ts";
import { createRng } from "../numerics/rng.ts";
import { entry, knownTasks, tasksTensor } from "../numerics/weights.ts";
import { checkCritic, type CriticShape } from "./critic_network.ts";

/**
 * The critic with one more head, seeded; all that was there stays as it is, bit for bit.
 *
 * @param parent published weights or a fresh critic
 * @param task id of the new head
 * @param returns scale of the new head's targets
 * @param shape what the parent must be of
 * @param seed decides the new head's weights
 * @returns all weights, with `head.<e>.kernel` `[W, heads + 1]`
 * @throws {InvalidInputError} if the parent knows the task or has other shapes than `shape`
 */
export function growCritic(
  parent: Stored,
  shape: CriticShape,
  task: number,
  seed: number,
  returns: { mean: number; std: number },
): Stored {
  const tasks = knownTasks(parent);
  if (tasks.includes(task)) {
    throw new InvalidInputError(`Cannot add a head as the critic already knows task ${task}`);
  }
  checkCritic(parent, shape);
  const weights: Stored = { ...parent, tasks: tasksTensor([...tasks, task]) };
  for (let e = 0; e < shape.ensemble; e++) {
    const fresh = initLinear(createRng(seed, `critic.head.${e}.${task}`), "head", shape.width, 1);
    weights[`head.${e}.kernel`] = addColumn(
      entry(parent, `head.${e}.kernel`),
      entry(fresh, "head.kernel").data,
    );
    weights[`head.${e}.bias`] = addNumber(
      entry(parent, `head.${e}.bias`),
      entry(fresh, "head.bias").data[0]!,
    );
  }
  weights["returns.mean"] = addNumber(entry(parent, "returns.mean"), returns.mean);
  weights["returns.std"] = addNumber(entry(parent, "returns.std"), returns.std);
  return weights;
}

/**
 * The critic that a training of a task starts from: with one more head, or, where it knows the task already (its dataset
 * has grown), with that task's head in units of the new scale, so that what it answers stays as it is.
 *
 * @param returns scale of the task's targets
 * @param parent published weights
 * @param shape what the parent must be of
 * @param task id of the task to train
 * @param seed decides a new head's weights
 * @returns the weights to start from
 * @throws {InvalidInputError} if the parent has other shapes than `shape`
 */
export function criticForTask(
  parent: Stored,
  shape: CriticShape,
  task: number,
  seed: number,
  returns: { mean: number; std: number },
): Stored {
  const head = knownTasks(parent).indexOf(task);
  if (head < 0) return growCritic(parent, shape, task, seed, returns);
  checkCritic(parent, shape);
  const [mean, std] = ["returns.mean", "returns.std"].map((name) => entry(parent, name).data[head]!) as [
    number,
    number,
  ];
  const weights: Stored = {
    ...parent,
    "returns.mean": withNumbers(entry(parent, "returns.mean"), head, () => returns.mean),
    "returns.std": withNumbers(entry(parent, "returns.std"), head, () => returns.std),
  };
  for (let e = 0; e < shape.ensemble; e++) {
    const [kernel, bias] = [`head.${e}.kernel`, `head.${e}.bias`];
    weights[kernel] = withNumbers(entry(parent, kernel), head, (value) => value * std / returns.std);
    weights[bias] = withNumbers(
      entry(parent, bias),
      head,
      (value) => (value * std + mean - returns.mean) / returns.std,
    );
  }
  return weights;
}

/** The numbers of one column changed. */
function withNumbers(old: Stored[string], column: number, change: (value: number) => number): Stored[string] {
  const columns = old.shape.at(-1)!;
  const data = Float32Array.from(old.data, (value, i) => i % columns === column ? change(value) : value);
  return { shape: old.shape, data };
}

function addNumber(old: Stored[string], value: number): Stored[string] {
  return { shape: [old.data.length + 1], data: Float32Array.of(...old.data, value) };
}

function addColumn(old: Stored[string], column: ArrayLike<number>): Stored[string] {
  const rows = column.length, columns = old.data.length / rows;
  const data = new Float32Array(rows * (columns + 1));
  for (let row = 0; row < rows; row++) {
    data.set(old.data.subarray(row * columns, (row + 1) * columns), row * (columns + 1));
    data[row * (columns + 1) + columns] = column[row]!;
  }
  return { shape: [rows, columns + 1], data };
}
