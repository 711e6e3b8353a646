import { assertEquals, assertLess } from "@std/assert";
import * as tf from "tf";
import { createRng } from "@cugro/algorithm/arrays";
import * as tensors from "../algorithm/policy/modes.ts";
import { noLeaks } from "../algorithm/testing/no_leaks.ts";
import { weightsOfHeavierMode } from "./array_modes.ts";

Deno.test(
  "weightsOfHeavierMode() chooses as the one of tensors, where there are two groups and where there are not",
  noLeaks(() => {
    const rng = createRng(5, "modes"), limits = { low: [-1, -2], high: [1, 2] };
    const counts = { one: 0, two: 0 };
    for (let state = 0; state < 200; state++) {
      const raw = rng.uniforms(16, 0.2, 1), total = raw.reduce((sum, one) => sum + one);
      const weights = raw.map((one) => one / total);
      const side = state % 2 === 0 ? 1.2 : 0;
      const candidates = Float32Array.from(
        { length: 32 },
        (_, i) =>
          i % 2 === 0 ? 0.2 * rng.normal() : (rng.uniform() < 0.5 ? -side : side) + 0.1 * rng.normal(),
      );
      const found = weightsOfHeavierMode(weights, candidates, limits);
      const expected = tf.tidy(() => {
        const given = tf.tensor2d(weights, [1, 16]);
        const actions = tf.tensor2d(candidates, [16, 2]);
        const modes = tensors.findModes(
          given,
          actions,
          tf.tensor2d([limits.low]),
          tf.tensor2d([limits.high]),
        );
        return tensors.weightsOfHeavierMode(given, modes).dataSync();
      });
      found.forEach((weight, m) => assertLess(Math.abs(weight - expected[m]!), 1e-6));
      counts[found === weights ? "one" : "two"]++;
    }
    assertEquals(counts, { one: 100, two: 100 });
  }),
);
