/**
 * `weights.safetensors` of a bundle: all that the loaders read. Networks are words in its metadata, tables and the solver's
 * steps tensors beside the weights, so that a loader needs this one file and no parser of JSON beyond its header.
 * @module
 */
import { encodeTensors, type TensorFile } from "@cugro/protocol";
import type { WayOfActing } from "@cugro/algorithm";
import type { Parts } from "./parts.ts";
import { STEP_COLUMNS } from "./solver_steps.ts";
import type { Program } from "./network_words.ts";

/** The metadata's `format`. */
export const WEIGHTS_FORMAT = "cugro.policy/1";

/**
 * The weights of all networks, with their programs, as one tensor file.
 *
 * @param parts of the policy
 * @param acting how the version serves each task
 * @returns bytes of the file
 */
export function weightsFile(parts: Parts, acting: ReadonlyMap<number, WayOfActing>): Uint8Array {
  const { tasks, actor, proposer, sampler, critic, tables, knobs, classes } = parts;
  const programs = [actor, proposer, sampler.program, ...critic].filter((program) => program !== undefined);
  const tensors: TensorFile = {
    "tasks/ids": { shape: [tasks.length], data: Int32Array.from(tasks) },
    "sampler/solver": {
      shape: [sampler.steps.length, STEP_COLUMNS.length],
      data: Float32Array.of(...sampler.steps.flatMap((step) => STEP_COLUMNS.map((column) => step[column]))),
    },
  };
  for (const [name, { shape, data }] of Object.entries(tables)) tensors[`tasks/${name}`] = { shape, data };
  for (const program of programs) Object.assign(tensors, program.tensors);
  return encodeTensors(tensors, {
    format: WEIGHTS_FORMAT,
    acting: tasks.map((task) => acting.get(task) ?? "sampler").join(","),
    ...(actor ? { actor: wordsOf(actor) } : {}),
    ...(proposer ? { proposer: wordsOf(proposer) } : {}),
    sampler: wordsOf(sampler.program),
    critics: String(critic.length),
    ...Object.fromEntries(critic.map((program, e) => [`critic.${e}`, wordsOf(program)])),
    classes: String(classes ?? 0),
    ...textOf(knobs),
  });
}

function wordsOf({ words }: Program): string {
  return words.map(([verb, name]) => name === undefined ? verb : `${verb} ${name}`).join(";");
}

function textOf(knobs: Parts["knobs"]): Record<string, string> {
  const { candidates, selection, topCount, selectionSpread } = knobs;
  const { inverseTemperature, pessimism, criticNormalisedInputs } = knobs;
  const named = { candidates, selection, topCount, selectionSpread, inverseTemperature, pessimism };
  return Object.fromEntries(
    Object.entries({ ...named, criticNormalisedInputs }).map(([name, value]) => [name, String(value)]),
  );
}
