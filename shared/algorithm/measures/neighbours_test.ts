import { assertAlmostEquals, assertEquals } from "@std/assert";
import { nearestDistances, neighbourRadii, sharesInside } from "./neighbours.ts";
import type { Cloud } from "./point_clouds.ts";
import { createRng } from "../numerics/rng.ts";

function cloud(size: number, dim: number, seed: number): Cloud {
  return { values: createRng(seed, "cloud").normals(size * dim), size, dim };
}

/** All squared distances by the definition. */
function table(a: Cloud, b: Cloud): number[][] {
  return Array.from({ length: a.size }, (_, i) =>
    Array.from({ length: b.size }, (_, j) => {
      let sum = 0;
      for (let d = 0; d < a.dim; d++) sum += (a.values[i * a.dim + d]! - b.values[j * b.dim + d]!) ** 2;
      return sum;
    }));
}

Deno.test("neighbourRadii() and nearestDistances() agree with the definition, whatever the dimension", () => {
  for (const dim of [1, 3, 4, 7, 8]) {
    const a = cloud(31, dim, dim), b = cloud(40, dim, 50 + dim);
    const radii = neighbourRadii(a, 5);
    table(a, a).forEach((row, i) => {
      const others = row.filter((_, j) => j !== i).sort((x, y) => x - y);
      assertAlmostEquals(radii[i]!, others[4]!, 1e-9);
    });
    const nearest = nearestDistances(a, b);
    table(a, b).forEach((row, i) => assertAlmostEquals(nearest[i]!, Math.min(...row), 1e-9));
  }
});

Deno.test("sharesInside() counts points inside some ball of the other cloud", () => {
  const a = cloud(30, 2, 1), b = cloud(25, 2, 2);
  const radii = [neighbourRadii(a, 2), neighbourRadii(b, 2)] as const;
  const distances = table(a, b);
  const inB = distances.filter((row) => row.some((distance, j) => distance <= radii[1][j]!)).length;
  const inA = b.values.subarray(0, b.size).reduce(
    (count, _, j) => count + (distances.some((row, i) => row[j]! <= radii[0][i]!) ? 1 : 0),
    0,
  );
  assertEquals(sharesInside(a, b, radii), [inB / a.size, inA / b.size]);
});
