import { assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { toParams } from "@cugro/tensors/seam";
import * as tf from "tf";
import { createRng } from "../numerics/rng.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import { openBatches, unconditionedRowsAt } from "./batches.ts";
import { initDenoiser } from "./denoiser.ts";
import type { DenoiserShape } from "./denoiser_shape.ts";
import { diffusionPass } from "./sampling.ts";
import { planSolver } from "./solver.ts";
import { presets } from "../knobs/hyperparameters.ts";

const plan = planSolver({ ...presets.smoke, functionEvaluations: 1, finalDenoising: false });

Deno.test(
  "guidance goes on from the answer without a task through the one with it, by its weight",
  noLeaks(() => {
    for (const architecture of ["resnet", "unet"] as const) {
      const shape: DenoiserShape = { architecture, dim: 2, conditionDim: 0, width: 16, blocks: 1, tasks: 2 };
      tf.tidy(() => {
        const params = toParams(initDenoiser(shape, createRng(4)));
        const drawn = (guidance: number, ...task: number[]) => {
          const inputs = {
            noise: tf.tensor2d([[0.3, -0.4]]),
            taskOneHot: tf.tensor2d([task]),
            low: tf.tensor2d([[-1e6, -1e6]]),
            high: tf.tensor2d([[1e6, 1e6]]),
          };
          return diffusionPass(shape, plan, guidance).draw(params, inputs).dataSync();
        };
        // One call of the network, nothing clamped: the sample is linear in the predicted noise.
        const [own, free, guided] = [drawn(0, 0, 1), drawn(0, 0, 0), drawn(0.5, 0, 1)];
        assertNotEquals(own, free);
        own.forEach((value, d) => {
          const wanted = value + 0.5 * (value - free[d]!);
          assertAlmostEquals(guided[d]!, wanted, 1e-3 * (1 + Math.abs(wanted)), architecture);
        });
      });
    }
    return Promise.resolve();
  }),
);

Deno.test("batches leave out the task of their share of rows, of each task alike, and change nothing else", () => {
  const rows = (taskRow: number) => ({
    ...{ taskRow, size: 50, conditions: new Float32Array(0) },
    samples: createRng(taskRow).normals(50),
  });
  const settings = {
    ...{ fresh: rows(2), replay: [rows(0), rows(1)], batchSize: 20, newTaskShare: 0.5 },
    ...{ dim: 1, conditionDim: 0, tasks: 3, seed: 1 },
  };
  const [all, some] = [openBatches(settings), openBatches({ ...settings, conditionDropout: 0.25 })];
  const withoutTask = [0, 0];
  for (let step = 0; step < 20; step++) {
    const [full, less] = [all.next(step), some.next(step)];
    assertEquals(less["noisy"], full["noisy"]);
    const hasTask = (row: number) => less["taskOneHot"]!.data.slice(3 * row, 3 * row + 3).includes(1);
    for (let row = 0; row < 20; row++) if (!hasTask(row)) withoutTask[row < 10 ? 0 : 1]!++;
  }
  assertEquals(withoutTask[0], 20 * 10 * 0.25);
  assertAlmostEquals(withoutTask[1]!, 20 * 10 * 0.25, 2);
  assertEquals(all.state(), some.state());
  assertEquals([0, 1, 2, 3, 4].map((step) => unconditionedRowsAt(step, 3, 0.1)), [0, 0, 0, 1, 0]);
});
