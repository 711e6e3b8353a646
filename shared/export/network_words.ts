/**
 * Networks as words for a machine with one current value and a few registers. Graphs and the loaders of a bundle are made of
 * the same words, so that a network is described once for all of them.
 *
 *   get R, set R, add R, join R   the current value is the register's; is kept there; gets it added; gets it put before it
 *   times W, plus W               the current value times a matrix `[I, O]`; plus a row `[O]`
 *   task W, step W                plus the row of the task `[tasks, O]`; plus the row of the solver's step `[steps, O]`
 *   pick                          the task's column alone
 *   norm, silu, relu              each row to mean 0 and variance 1; x sigmoid(x); max(x, 0)
 *
 * Registers `s` (the state) and `z` (what belongs to a candidate: noise, or an action) are there from the start; one that was
 * never set is 0.
 * @module
 */
import { entry, type Stored } from "@cugro/algorithm/arrays";
import type { InputKernel, Layer, NetworkDescription } from "@cugro/inference/networks";

/** The effect of a word. */
export type Verb =
  | "get"
  | "set"
  | "add"
  | "join"
  | "times"
  | "plus"
  | "task"
  | "step"
  | "pick"
  | "norm"
  | "silu"
  | "relu";
/** A verb, and the register or tensor that it is about. */
export type Word = readonly [Verb, string?];

/** An array of a program. */
export interface Numbers {
  shape: number[];
  data: Float32Array;
}

/** A network that can be written down: its words, and the tensors that they name. */
export interface Program {
  words: readonly Word[];
  tensors: Readonly<Record<string, Numbers>>;
}

/** Where tensors are taken from, what they are called from now on, and which of their rows and columns are of tasks. */
export interface Naming {
  weights: Stored;
  /** Before every name, as in `actor/`. */
  prefix: string;
  /** Place of each of the version's tasks in these weights. */
  places: readonly number[];
}

/**
 * Words of the current value times a matrix and plus a row.
 *
 * @param name of the layer
 * @returns two words
 */
export function dense(name: string): Word[] {
  return [["times", `${name}.kernel`], ["plus", `${name}.bias`]];
}

/**
 * A described network as a program.
 *
 * @param naming weights and the prefix of their names
 * @param columns of tasks, of which the task's is picked
 * @returns words, and the tensors that they name
 */
export function describedProgram(
  { states, candidates, bias, layers }: NetworkDescription,
  naming: Naming,
  columns: string[] = [],
): Program {
  const sliced: Stored = { ...naming.weights };
  const times = ({ kernel, rows }: InputKernel): Word[] => {
    if (rows === undefined) return [["times", kernel]];
    const name = `${kernel}.from${rows[0]}`;
    sliced[name] = rowsOf(entry(naming.weights, kernel), ...rows);
    return [["times", name]];
  };
  const words: Word[] = [
    ["get", "s"],
    ...times(states),
    ...(candidates ? [["set", "h"], ["get", "z"], ...times(candidates), ["add", "h"]] as Word[] : []),
    ["plus", bias],
    ...layerWords(layers),
    ...(columns.length > 0 ? [["pick"] as Word] : []),
  ];
  return namedProgram(words, { ...naming, weights: sliced }, columns);
}

/** `depth`: residual layers inside each other have registers of their own. */
function layerWords(layers: readonly Layer[], depth = 0): Word[] {
  return layers.flatMap((layer): Word[] => {
    if (layer.layer === "linear") {
      return [...dense(layer.kernel.replace(/\.kernel$/, "")), ...taskWords(layer.taskRows)];
    }
    if (layer.layer === "residual") {
      const register = `r${depth}`;
      return [["set", register], ...layerWords(layer.layers, depth + 1), ["add", register]];
    }
    return [[layer.layer === "layerNorm" ? "norm" : layer.layer]];
  });
}

function taskWords(rows: string | undefined): Word[] {
  return rows === undefined ? [] : [["task", rows]];
}

/**
 * Words and the tensors that they name, with the prefix, and with the version's tasks in their order.
 *
 * @param words that name tensors without the prefix
 * @param columns tensors of which only the tasks' columns are taken
 * @returns tensors by their names with the prefix
 */
export function namedProgram(
  words: readonly Word[],
  { weights, prefix, places }: Naming,
  columns: readonly string[] = [],
): Program {
  const tensors: Record<string, Numbers> = {};
  const named = words.map(([verb, name]): Word => {
    if (name === undefined || !TENSOR_VERBS.has(verb)) return name === undefined ? [verb] : [verb, name];
    const { shape, data } = entry(weights, name);
    const whole = { shape, data: Float32Array.from(data) };
    const ofTasks = verb === "task" ? takeRows(whole, places) : whole;
    tensors[prefix + name] = columns.includes(name) ? takeColumns(ofTasks, places) : ofTasks;
    return [verb, prefix + name];
  });
  return { words: named, tensors };
}

const TENSOR_VERBS = new Set<Verb>(["times", "plus", "task", "step"]);

function rowsOf({ shape, data }: Stored[string], from: number, to: number): Stored[string] {
  const width = shape[1]!;
  return { shape: [to - from, width], data: Float32Array.from(data.subarray(from * width, to * width)) };
}

function takeRows({ shape, data }: Numbers, rows: readonly number[]): Numbers {
  const width = shape[1]!;
  const taken = rows.flatMap((row) => [...data.subarray(row * width, (row + 1) * width)]);
  return { shape: [rows.length, width], data: Float32Array.from(taken) };
}

function takeColumns({ shape, data }: Numbers, columns: readonly number[]): Numbers {
  const width = shape.at(-1)!, rows = data.length / width;
  const taken = Array.from({ length: rows }, (_, row) => columns.map((at) => data[row * width + at]!)).flat();
  return { shape: [...shape.slice(0, -1), columns.length], data: Float32Array.from(taken) };
}
