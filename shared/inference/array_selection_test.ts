import { assert, assertLess } from "@std/assert";
import * as tf from "tf";
import { createRng } from "@cugro/algorithm/arrays";
import * as tensors from "../algorithm/policy/selection.ts";
import { noLeaks } from "../algorithm/testing/no_leaks.ts";
import { candidateWeights, pessimisticValue, type SelectionKnobs } from "./array_selection.ts";

const base: SelectionKnobs = {
  selection: "soft",
  topCount: 3,
  selectionSpread: "returns",
  inverseTemperature: 5,
  pessimism: "min",
};
const VARIANTS: Partial<SelectionKnobs>[] = [
  {},
  { inverseTemperature: 1e9 },
  { selectionSpread: "candidates" },
  { selection: "top" },
  { selection: "top", topCount: 99 },
  { selection: "one" },
];

Deno.test(
  "candidateWeights() weighs as the one of tensors: candidates that are alike, far apart, or all the same",
  noLeaks(() => {
    const rng = createRng(1, "selection"), gumbel = rng.normals(7);
    // Few whole numbers: ties everywhere, which go to the earlier candidate.
    const rows = [
      ...Array.from({ length: 20 }, () => Array.from({ length: 7 }, () => rng.integer(3))),
      [...rng.normals(7)],
      [1e6, -1e6, 0, 1e-6, 1e6, 3, 3],
      Array.from({ length: 7 }, () => 4),
    ];
    for (const over of VARIANTS) {
      const knobs = { ...base, ...over };
      for (const q of rows) {
        const found = candidateWeights(Float32Array.from(q), knobs, gumbel);
        const expected = tf.tidy(() =>
          tensors.candidateWeights(tf.tensor2d([q]), knobs, tf.tensor2d(gumbel, [1, 7])).dataSync()
        );
        found.forEach((weight, i) =>
          assertLess(Math.abs(weight - expected[i]!), 1e-6, `${JSON.stringify(over)}, ${q}, candidate ${i}`)
        );
      }
    }
  }),
);

Deno.test(
  "pessimisticValue() judges as the one of tensors",
  noLeaks(() => {
    const rng = createRng(2, "selection");
    for (const pessimism of ["min", 0, 0.7, 3] as const) {
      for (const ensemble of [1, 2, 5]) {
        const q = rng.normals(ensemble);
        const [expected] = tf.tidy(() =>
          tensors.pessimisticValue(tf.tensor2d(q, [1, ensemble]), pessimism).dataSync()
        );
        assert(Math.abs(pessimisticValue(q, pessimism) - expected!) < 1e-6);
      }
    }
  }),
);
