import { assertEquals } from "@std/assert";
import { behaviorShape, stateShape } from "../diffusion/denoiser_shape.ts";
import { type Hyperparameters, presets } from "../knobs/hyperparameters.ts";
import { createRng } from "../numerics/rng.ts";
import { countWeights } from "../numerics/weights.ts";
import { familyOf } from "./generator_families.ts";
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
