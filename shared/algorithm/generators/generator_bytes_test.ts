import { assertEquals, assertThrows } from "@std/assert";
import { frozenWeights, initDenoiser } from "../diffusion/denoiser.ts";
import { behaviorShape, stateShape } from "../diffusion/denoiser_shape.ts";
import { type Hyperparameters, presets } from "../knobs/hyperparameters.ts";
import { InvalidInputError } from "../numerics/errors.ts";
import { createRng } from "../numerics/rng.ts";
import { countWeights } from "../numerics/weights.ts";
import { familyOf, passOf } from "./generator_families.ts";
import { generatorBytes } from "./generator_bytes.ts";

Deno.test("generatorBytes() is what the weights of both generators take as they are made, of every family", () => {
  for (const generator of ["diffusion", "vae", "gan"] as const) {
    for (const architecture of ["resnet", "unet"] as const) {
      for (const [denoiserBlocks, tasks, behaviorKnowsTask] of [[1, 1, true], [3, 4, false]] as const) {
        const hyperparameters: Hyperparameters = {
          ...presets.smoke,
          ...{ generator, architecture, denoiserWidth: 24, denoiserBlocks, behaviorKnowsTask },
        };
        const made = [stateShape(5, tasks, hyperparameters), behaviorShape(5, 2, tasks, hyperparameters)]
          .map((shape) => countWeights(familyOf(hyperparameters).init(shape, createRng(0))));
        assertEquals(
          generatorBytes(5, 2, tasks, hyperparameters),
          4 * (made[0]! + made[1]!),
          `${generator} ${architecture} ${denoiserBlocks}`,
        );
      }
    }
  }
});

Deno.test("an architecture or a generator that nothing is known of is refused by its name, and is no other one", () => {
  // cast: a word that this version does not have.
  const knobs = (changed: object) => ({ ...presets.smoke, ...changed }) as Hyperparameters;
  const transformer = knobs({ generator: "diffusion", architecture: "transformer" });
  const flow = knobs({ generator: "flow" });
  const shape = stateShape(5, 2, transformer);
  const cases: [string, string, () => unknown][] = [
    ["architecture", "transformer", () => generatorBytes(5, 2, 2, transformer)],
    ["architecture", "transformer", () => initDenoiser(shape, createRng(0))],
    ["architecture", "transformer", () => frozenWeights(shape)],
    ["generator", "flow", () => generatorBytes(5, 2, 2, flow)],
    ["generator", "flow", () => familyOf(flow)],
    ["generator", "flow", () => passOf(stateShape(5, 2, flow), flow)],
  ];
  for (const [knob, word, work] of cases) {
    assertThrows(
      work,
      InvalidInputError,
      `${knob} must be one of the words that \`cugro knobs ${knob}\` lists`,
    );
    assertThrows(work, InvalidInputError, `current value is "${word}"`);
  }
});
