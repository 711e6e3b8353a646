/**
 * The denoisers of the diffusion as words: the residual MLP and the paper's U-net. What depends on time alone is
 * computed here, one row for each step of the solver.
 * @module
 */
import { entry, type Stored } from "@cugro/algorithm/arrays";
import { dense, namedProgram, type Naming, type Program, type Word } from "./network_words.ts";

/** As in `algorithm/diffusion/denoiser_resnet.ts`. */
const FREQUENCIES = 32;
const GREATEST_FREQUENCY = 1000;
const UNET_BLOCKS = ["down1", "down2", "down3", "middle", "up3", "up2"] as const;
const f = Math.fround;

/** Inputs of a denoiser beside the noisy sample. */
export interface DenoiserNaming extends Naming {
  /** Time of each step, as the solver's plan has them. */
  times: readonly number[];
  knowsTask: boolean;
}

/**
 * eps(z, t, s, task) as a program; of a generator of states there is no `s`.
 *
 * @param naming weights and the prefix of their names
 * @returns of a residual network, or of a U-Net where the weights have frequencies
 */
export function denoiserProgram(naming: DenoiserNaming): Program {
  return naming.weights["fourier.frequencies"] === undefined ? resnetProgram(naming) : unetProgram(naming);
}

function resnetProgram({ weights, times, knowsTask, ...naming }: DenoiserNaming): Program {
  const features = timeFeatures(times, resnetFrequencies());
  const time = linearRows(siluRows(linearRows(features, weights, "time.0")), weights, "time.1");
  const blocks = countBlocks(weights);
  const taskWords: Word[] = knowsTask ? [["task", "taskEmbedding"]] : [];
  const words: Word[] = [
    ...stateWords(weights, [["get", "z"], ["times", "input.kernel"]]),
    ["plus", "input.bias"],
    ...Array.from({ length: blocks }, (_, block): Word[] => [
      ...[["set", "r0"], ["norm"], ...dense(`block.${block}.0`), ["step", "time"], ...taskWords] as Word[],
      ...[["silu"], ...dense(`block.${block}.1`), ["add", "r0"]] as Word[],
    ]).flat(),
    ["silu"],
    ...dense("output"),
  ];
  return namedProgram(words, { ...naming, weights: { ...weights, time: stored(time) } });
}

/** Words that give what a sample adds, with what the state adds where there is one. */
function stateWords(weights: Stored, sample: readonly Word[]): Word[] {
  if (weights["condition.kernel"] === undefined) return [...sample];
  return [["get", "s"], ["times", "condition.kernel"], ["set", "h"], ...sample, ["add", "h"]];
}

function countBlocks(weights: Stored): number {
  let blocks = 0;
  while (weights[`block.${blocks}.0.kernel`] !== undefined) blocks++;
  return blocks;
}

function unetProgram({ weights, times, knowsTask, ...naming }: DenoiserNaming): Program {
  const features = timeFeatures(times, unetFrequencies(weights));
  const sort = (rows: Rows) =>
    siluRows(linearRows(siluRows(linearRows(rows, weights, "sort.0")), weights, "sort.1"));
  const sorted = sort(linearRows(features, weights, "time"));
  const timeRows = Object.fromEntries(
    UNET_BLOCKS.map((block) => [`${block}.steps`, stored(linearRows(sorted, weights, `${block}.time`))]),
  );
  const given: Word[] = weights["condition.kernel"] === undefined
    ? [["get", "zero"]]
    : [["get", "s"], ["times", "condition.kernel"]];
  const words: Word[] = [
    ...given,
    ["plus", "condition.bias"],
    ...(knowsTask ? [["task", "taskEmbedding"] as Word] : []),
    ...[["silu"], ...dense("sort.0"), ["silu"], ...dense("sort.1"), ["silu"], ["set", "c"]] as Word[],
    ...[["get", "z"], ...unetBlock("down1", weights), ["set", "d1"]] as Word[],
    ...[...unetBlock("down2", weights), ["set", "d2"], ...unetBlock("down3", weights)] as Word[],
    ...[["set", "d3"], ...unetBlock("middle", weights), ["join", "d3"]] as Word[],
    ...[...unetBlock("up3", weights), ["join", "d2"], ...unetBlock("up2", weights)] as Word[],
    ...[["join", "d1"], ...dense("output")] as Word[],
  ];
  return namedProgram(words, { ...naming, weights: { ...weights, ...timeRows } });
}

/** h = silu(W1 x) + time + condition; silu(W2 h) + skip(x). */
function unetBlock(block: string, weights: Stored): Word[] {
  const skip = weights[`${block}.skip.kernel`] === undefined ? [] : dense(`${block}.skip`);
  return [
    ...[["set", "x"], ...dense(`${block}.first`), ["silu"], ["set", "h"], ["get", "c"]] as Word[],
    ...[...dense(`${block}.condition`), ["step", `${block}.steps`], ["add", "h"]] as Word[],
    ...[...dense(`${block}.second`), ["silu"], ["set", "h"], ["get", "x"], ...skip, ["add", "h"]] as Word[],
  ];
}

/** Rows of float32 numbers. */
type Rows = readonly Float32Array[];

function resnetFrequencies(): Float32Array {
  return Float32Array.from(
    { length: FREQUENCIES },
    (_, i) => Math.exp((Math.log(GREATEST_FREQUENCY) * i) / (FREQUENCIES - 1)),
  );
}

function unetFrequencies(weights: Stored): Float32Array {
  return Float32Array.from(entry(weights, "fourier.frequencies").data, (value) => value * f(2 * Math.PI));
}

/** Phases are rounded to float32 before their sine is taken, as where networks are tensors: they go up to some thousands. */
function timeFeatures(times: readonly number[], frequencies: Float32Array): Rows {
  return times.map((time) => {
    const phases = frequencies.map((frequency) => f(f(time) * frequency));
    return Float32Array.of(...phases.map(Math.sin), ...phases.map(Math.cos));
  });
}

function linearRows(rows: Rows, weights: Stored, name: string): Rows {
  const kernel = entry(weights, `${name}.kernel`), bias = entry(weights, `${name}.bias`).data;
  const outputs = kernel.shape[1]!;
  return rows.map((row) =>
    Float32Array.from(
      bias,
      (start, o) => row.reduce((sum, x, i) => sum + x * kernel.data[i * outputs + o]!, start),
    )
  );
}

function siluRows(rows: Rows): Rows {
  return rows.map((row) => row.map((x) => x / (1 + Math.exp(-x))));
}

function stored(rows: Rows): Stored[string] {
  return { shape: [rows.length, rows[0]!.length], data: Float32Array.of(...rows.flatMap((row) => [...row])) };
}
