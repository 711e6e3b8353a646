/**
 * Which share of rows is flagged as out of a task's distribution: rows of the task that nothing was measured on, rows of
 * the other tasks of the stream, of another robot with as many numbers, and noise.
 * @module
 */
import { codeVersion } from "@cugro/telemetry";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import {
  createRng,
  familiarOf,
  fitNormaliser,
  fitSketch,
  heldOutDistances,
  heldOutRows,
  normalisedLimits,
  type Normaliser,
  SKETCH_ROWS,
  takeRows,
  unusualAmong,
} from "@cugro/algorithm/arrays";
import { type Dataset, readDataset } from "@cugro/datasets";
import { printTable } from "../../cli/terminal_table.ts";
import { streamFiles } from "../streams/stream_files.ts";

const SEED = 1;
/** Rows of each sort that are looked at. */
const LOOKED_AT = 20_000;

/** A task as an import leaves it, and rows to ask about. */
interface Known {
  stateDim: number;
  normaliser: Normaliser;
  judge: (states: Float32Array) => number;
  /** By range alone, as for tasks of earlier versions. */
  judgeByRange: (states: Float32Array) => number;
  train: Float32Array;
  heldOut: Float32Array;
}

/** One task's line; shares in percent. */
interface Row {
  stream: string;
  task: number;
  own: number;
  ownByRange: number;
  /** The least and the greatest of the other tasks. */
  others: [number, number];
  /** Of the first robot among the streams that has as many numbers. */
  otherRobot: number | null;
  /** Of standard normal numbers, and of even ones within the range of each number; normalised units. */
  normalNoise: number;
  evenNoise: number;
}

/**
 * The command.
 *
 * @param folders stores of learners
 * @param options where results go
 */
export async function unusual(folders: string[], { out }: { out: string }): Promise<void> {
  const streams = new Map<string, Known[]>();
  for (const folder of folders) {
    console.error(`reading ${folder}`);
    const files = await streamFiles(folder);
    streams.set(basename(folder), await Promise.all(files.map(know)));
  }
  const rows = [...streams].flatMap(([stream, tasks]) =>
    tasks.map((task, index) => rowOf(stream, index, task, tasks, firstOther(streams, stream, task.stateDim)))
  );
  await writeFile(
    out,
    `${
      JSON.stringify(
        { made: { code: codeVersion }, date: new Date().toISOString(), seed: SEED, rows },
        null,
        2,
      )
    }\n`,
  );
  print(rows);
  console.log(`\npercent of the rows; ${out}`);
}

async function know(file: string): Promise<Known> {
  const { dataset } = readDataset(new Uint8Array(await readFile(file)), file);
  const { size, stateDim, actionDim } = dataset;
  const { train, heldOut } = heldOutRows(size, SEED);
  const normaliser = fitNormaliser(rowsOf(dataset, train));
  const count = Math.min(heldOut.length, SKETCH_ROWS);
  const chosen = Int32Array.from(
    { length: count },
    (_, i) => heldOut[Math.floor(i * heldOut.length / count)]!,
  );
  const sketched = rowsOf(dataset, chosen);
  const sketch = fitSketch({ ...sketched, actionDim, seed: SEED, normaliser });
  const familiar = familiarOf(sketch, stateDim, heldOutDistances(sketch, sketched.states, stateDim));
  const share = (known: typeof familiar | undefined) => (states: Float32Array) => {
    const { outOfDistribution } = unusualAmong({ familiar: known, bounds: normaliser.states }, states);
    return 100 * outOfDistribution.filter((flag) => flag).length / outOfDistribution.length;
  };
  return {
    ...{ stateDim, normaliser, judge: share(familiar), judgeByRange: share(undefined) },
    train: rowsOf(
      dataset,
      createRng(SEED, "unusual").permutation(train.length).slice(0, LOOKED_AT).map((i) => train[i]!),
    )
      .states,
    heldOut: rowsOf(dataset, heldOut).states,
  };
}

function rowsOf({ states, actions, stateDim, actionDim }: Dataset, rows: Int32Array) {
  return {
    ...{ stateDim, actionDim, size: rows.length },
    states: takeRows(states, stateDim, rows),
    actions: takeRows(actions, actionDim, rows),
  };
}

function firstOther(
  streams: ReadonlyMap<string, Known[]>,
  stream: string,
  stateDim: number,
): Known | undefined {
  return [...streams].find(([name, [first]]) => name !== stream && first!.stateDim === stateDim)?.[1][0];
}

function rowOf(stream: string, index: number, task: Known, tasks: Known[], foreign: Known | undefined): Row {
  const { stateDim, normaliser } = task;
  const others = tasks.filter((other) => other !== task).map(({ heldOut }) => task.judge(heldOut));
  const rng = createRng(SEED, "unusual.noise");
  const { low, high } = normalisedLimits(normaliser.states);
  const raw = (draw: (d: number) => number) =>
    Float32Array.from({ length: LOOKED_AT * stateDim }, (_, i) => {
      const { centre, halfRange } = normaliser.states, d = i % stateDim;
      return centre[d]! + draw(d) * halfRange[d]!;
    });
  return {
    ...{ stream, task: index + 1, own: task.judge(task.train), ownByRange: task.judgeByRange(task.heldOut) },
    others: [Math.min(...others), Math.max(...others)],
    otherRobot: foreign ? task.judge(foreign.heldOut) : null,
    normalNoise: task.judge(raw(() => rng.normal())),
    evenNoise: task.judge(raw((d) => low[d]! + rng.uniform() * (high[d]! - low[d]!))),
  };
}

function print(rows: readonly Row[]): void {
  const text = (value: number | null) => value === null ? "-" : value.toFixed(2);
  printTable(
    [
      "stream",
      "task",
      "own rows",
      "own, by range",
      "other tasks",
      "other robot",
      "normal noise",
      "even noise",
    ],
    rows.map(({ stream, task, others, ...row }) => [
      ...[stream, task, text(row.own), text(row.ownByRange), others.map(text).join(" to ")],
      ...[row.otherRobot, row.normalNoise, row.evenNoise].map(text),
    ]),
  );
}
