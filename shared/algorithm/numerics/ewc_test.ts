import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { eager, type Params, type Stored } from "@cugro/tensors/seam";
import * as tf from "tf";
import { noLeaks } from "../testing/no_leaks.ts";
import { consolidated, ewcPenalty, heldState, measureFisher } from "./ewc.ts";
import { linear } from "./layers.ts";
import { createRng } from "./rng.ts";
import { withoutPrefix } from "./weights.ts";

const array = (shape: number[], ...data: number[]) => ({ shape, data: Float32Array.from(data) });

async function ended<T>(measuring: AsyncGenerator<unknown, T>): Promise<T> {
  for (;;) {
    const item = await measuring.next();
    if (item.done) return item.value;
  }
}

Deno.test(
  "measureFisher() of a linear model is the mean of the squared inputs, and 1 for the bias",
  noLeaks(async () => {
    const scales = [0.5, 2, 0];
    const rng = createRng(1);
    const measured = await ended(measureFisher({
      name: "linear",
      weights: { kernel: array([3, 2], 1, -1, 2, 0, 3, 5), bias: array([2], 7, -7) },
      output: ({ kernel, bias }, { x }) => linear(x!, kernel!, bias!),
      outputs: 2,
      rows: 1_500,
      next: () => ({
        x: { shape: [1, 3], data: Float32Array.from(scales, (scale) => scale * rng.normal()) },
      }),
      probe: () => rng.normals(2),
      compile: eager,
    }));
    // E[x_i^2], whatever the weights and whichever the output; the spread of the estimate is 7 % of it.
    measured["kernel"]!.data.forEach((value, i) => {
      assertAlmostEquals(value, scales[Math.floor(i / 2)]! ** 2, 0.3 * scales[Math.floor(i / 2)]! ** 2);
    });
    for (const value of measured["bias"]!.data) assertAlmostEquals(value, 1, 0.15);
  }),
);

Deno.test(
  "ewcPenalty() is strength sum F (w - parent)^2, and its gradient pulls back by 2 strength F (w - parent)",
  noLeaks(() => {
    const start = { a: array([2], 1, 2), b: array([1], 5) };
    const held = heldState(start, { "fisher/a": array([2], 3, 0.5) });
    assertEquals(Object.keys(held).sort(), ["anchor/a", "fisher/a"]);
    tf.tidy(() => {
      const state = Object.fromEntries(
        Object.entries(held).map(([name, { shape, data }]) => [name, tf.tensor(data, shape)]),
      ) as Params;
      const { value, grad } = tf.valueAndGrad((a) => ewcPenalty({ a, b: tf.tensor1d([9]) }, state, 10))(
        tf.tensor1d([2, 0]),
      );
      assertAlmostEquals(value.dataSync()[0]!, 10 * (3 * 1 + 0.5 * 4), 1e-4);
      assertEquals([...grad.dataSync()], [2 * 10 * 3 * 1, 2 * 10 * 0.5 * -2]);
      assertEquals(ewcPenalty({}, {}, 10).dataSync()[0], 0);
    });
    return Promise.resolve();
  }),
);

Deno.test("consolidated() adds a task to what was decayed, and a row or column that is new begins at 0", () => {
  const parent: Stored = {
    "fisher/row": array([1, 2], 1, 2),
    "fisher/column": array([2, 1], 3, 4),
    "fisher/bias": array([1], 5),
  };
  const measured: Stored = {
    row: array([2, 2], 10, 10, 10, 10),
    column: array([2, 2], 10, 10, 10, 10),
    bias: array([2], 10, 10),
  };
  const summed = withoutPrefix(consolidated(parent, measured, 0.5), "fisher/");
  assertEquals([...summed["row"]!.data], [10.5, 11, 10, 10]);
  assertEquals([...summed["column"]!.data], [11.5, 10, 12, 10]);
  assertEquals([...summed["bias"]!.data], [12.5, 10]);
  assertEquals(consolidated(undefined, measured, 0.5)["fisher/bias"], measured["bias"]);
  assertThrows(
    () => consolidated({ "fisher/bias": array([3], 1, 1, 1) }, measured, 1),
    RangeError,
    "Cannot hold",
  );
});
