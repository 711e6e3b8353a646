import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import * as tf from "tf";
import { createRng } from "../numerics/rng.ts";
import {
  candidateWeights,
  combineCandidates,
  pessimisticValue,
  type SelectionSettings,
} from "./selection.ts";
import { noLeaks } from "../testing/no_leaks.ts";

const settings: SelectionSettings = {
  selection: "soft",
  topCount: 2,
  selectionSpread: "candidates",
  inverseTemperature: 3,
  pessimism: "min",
};

function weightsOf(q: number[][], over: Partial<SelectionSettings>, gumbel?: number[][]): number[][] {
  return tf.tidy(() =>
    candidateWeights(tf.tensor2d(q), { ...settings, ...over }, gumbel ? tf.tensor2d(gumbel) : undefined)
      .arraySync()
  );
}

Deno.test(
  "candidateWeights() soft is exp(alpha (Q - V) / spread), normalised",
  noLeaks(() => {
    const q = [1, 2, 3, 6];
    const [found] = weightsOf([q], { inverseTemperature: 2 });
    const spread = Math.sqrt(q.reduce((sum, value) => sum + (value - 3) ** 2, 0) / 4);
    const weights = q.map((value) => Math.exp(2 * (value - 3) / spread));
    const total = weights.reduce((a, b) => a + b);
    found!.forEach((weight, i) => assertAlmostEquals(weight, weights[i]! / total, 1e-6));
    // Units of Q do not matter.
    const [scaled] = weightsOf([q.map((value) => 25 * value - 7)], { inverseTemperature: 2 });
    scaled!.forEach((weight, i) => assertAlmostEquals(weight, found![i]!, 1e-5));
  }),
);

Deno.test(
  "candidateWeights() goes from all alike to the best alone as alpha grows (failure mode 22)",
  noLeaks(() => {
    const q = [[0.3, -1, 2, 1.9], [5, 5, 5, 5]];
    const flat = weightsOf(q, { inverseTemperature: 0 });
    flat.flat().forEach((weight) => assertAlmostEquals(weight, 0.25, 1e-7));
    assertEquals(weightsOf(q, { inverseTemperature: 1e9 })[0], [0, 0, 1, 0]);
    weightsOf(q, { inverseTemperature: 1e9 })[1]!.forEach((weight) => assertAlmostEquals(weight, 0.25, 1e-7));
  }),
);

Deno.test(
  "candidateWeights() does not overflow whatever Q and alpha are (failure mode 23)",
  noLeaks(() => {
    for (const scale of [1e-12, 1, 1e6, 1e15]) {
      for (const inverseTemperature of [0, 100, 1e9]) {
        const rows = weightsOf([[-scale, 0, scale, 2 * scale]], { inverseTemperature });
        assertAlmostEquals(
          rows[0]!.reduce((a, b) => a + b),
          1,
          1e-5,
          `scale ${scale}, alpha ${inverseTemperature}`,
        );
        assert(rows[0]!.every((weight) => weight >= 0 && weight <= 1 + 1e-6));
      }
    }
  }),
);

Deno.test(
  "candidateWeights() top gives 1/n to exactly n, ties to the earlier",
  noLeaks(() => {
    assertEquals(weightsOf([[1, 5, 3, 4], [2, 2, 2, 2], [0, 1, 1, 1]], { selection: "top" }), [
      [0, 0.5, 0, 0.5],
      [0.5, 0.5, 0, 0],
      [0, 0.5, 0.5, 0],
    ]);
    assertEquals(weightsOf([[3, 1]], { selection: "top", topCount: 9 }), [[0.5, 0.5]]);
  }),
);

Deno.test(
  "candidateWeights() one draws each candidate as often as soft weighs it (failure mode 23)",
  noLeaks(() => {
    const q = [0, 1, 2], draws = 6_000;
    const rng = createRng(4, "gumbel");
    const gumbel = Array.from(
      { length: draws },
      () => q.map(() => -Math.log(-Math.log(rng.uniform() + 1e-12))),
    );
    const drawn = weightsOf(
      Array.from({ length: draws }, () => q),
      { selection: "one", inverseTemperature: 1 },
      gumbel,
    );
    const [expected] = weightsOf([q], { inverseTemperature: 1 });
    expected!.forEach((weight, i) => {
      const share = drawn.reduce((sum, row) => sum + row[i]!, 0) / draws;
      assertLess(Math.abs(share - weight), 3.5 * Math.sqrt(weight * (1 - weight) / draws));
    });
    assert(
      drawn.every((row) => row.reduce((a, b) => a + b) === 1),
      "one candidate each: never a blend of two modes",
    );
  }),
);

Deno.test(
  "pessimisticValue() is the least, or the mean minus deviations",
  noLeaks(() => {
    tf.tidy(() => {
      const q = tf.tensor2d([[1, 3], [4, 4]]);
      assertEquals([...pessimisticValue(q, "min").dataSync()], [1, 4]);
      assertEquals([...pessimisticValue(q, 0).dataSync()], [2, 4]);
      assertEquals([...pessimisticValue(q, 2).dataSync()], [0, 4]);
    });
  }),
);

Deno.test(
  "combineCandidates() weighs the candidates of each state",
  noLeaks(() => {
    tf.tidy(() => {
      const weights = tf.tensor2d([[1, 0], [0.25, 0.75]]);
      const actions = tf.tensor2d([[1, -1], [9, 9], [0, 4], [8, 0]]);
      assertEquals(combineCandidates(weights, actions).arraySync(), [[1, -1], [6, 1]]);
    });
  }),
);

Deno.test(
  "candidateWeights() in units of the returns' spread hardly prefers where candidates hardly differ",
  noLeaks(() => {
    const settings = { selectionSpread: "returns" as const, inverseTemperature: 20 };
    const [close, far] = weightsOf([[0, 0.001], [0, 1]], settings);
    assertAlmostEquals(close![1]! / close![0]!, Math.exp(0.02), 1e-4);
    assertAlmostEquals(far![1]!, 1, 1e-7);
  }),
);
