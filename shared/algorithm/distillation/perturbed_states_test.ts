import { assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { createRng } from "../numerics/rng.ts";
import { perturbStates } from "./perturbed_states.ts";

Deno.test("perturbStates() moves every second row by its share of the range, and no dimension that is constant", () => {
  const rows = 4_000;
  const bounds = {
    halfRange: Float32Array.of(2, 10, 1),
    min: Float32Array.of(-2, -10, 5),
    max: Float32Array.of(2, 10, 5),
  };
  const states = createRng(1).normals(3 * rows).map((z, i) => i % 3 === 2 ? 5 : z);
  const moved = perturbStates(states, bounds, 0.1, 7);
  const differences = (d: number, odd: number) =>
    Array.from({ length: rows / 2 }, (_, i) => {
      const at = 3 * (2 * i + odd) + d;
      return moved[at]! - states[at]!;
    });
  const spread = (values: number[]) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
  for (const d of [0, 1, 2]) assertEquals(spread(differences(d, 0)), 0);
  assertAlmostEquals(spread(differences(0, 1)), 0.2, 0.01);
  assertAlmostEquals(spread(differences(1, 1)), 1, 0.05);
  assertEquals(spread(differences(2, 1)), 0);
  assertEquals(perturbStates(states, bounds, 0.1, 7), moved);
  assertNotEquals(perturbStates(states, bounds, 0.1, 8), moved);
  assertEquals(perturbStates(states, bounds, 0, 7), states);
});
