import { assertAlmostEquals, assertEquals } from "@std/assert";
import { atShare, placeIn, planeOf } from "./sketch_plane.ts";

/** Three dimensions that are turned by 30 degrees in the first two: variances 4 and 1 there, 0.25 in the third. */
const [cos, sin] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
const COVARIANCE = [
  [4 * cos * cos + sin * sin, 3 * cos * sin, 0, 9],
  [3 * cos * sin, 4 * sin * sin + cos * cos, 0, 9],
  [0, 0, 0.25, 9],
  [9, 9, 9, 9],
];

Deno.test("the plane lies along the greatest spread of states, and actions do not count", () => {
  const { axes: [first, second], deviations } = planeOf({ covariance: COVARIANCE }, 3);
  [cos, sin, 0].forEach((part, d) => assertAlmostEquals(first[d]!, part, 1e-9));
  [-sin, cos, 0].forEach((part, d) => assertAlmostEquals(second[d]!, part, 1e-6));
  assertAlmostEquals(deviations[0], 2, 1e-9);
  assertAlmostEquals(deviations[1], 1, 1e-6);
});

Deno.test("a state is placed by its normalised difference from the mean of the real ones", () => {
  const plane = planeOf({ covariance: COVARIANCE }, 3);
  const real = {
    ...{ rows: 9, quantiles: [], covariance: COVARIANCE, mean: [0.5, 0, 0, 0] },
    ...{ centre: [1, 2, 3, 0], halfRange: [2, 2, 2, 1] },
  };
  assertEquals(placeIn(plane, real, [2, 2, 3]).map((value) => Math.round(value * 1e6) / 1e6), [0, 0]);
  const [x, y] = placeIn(plane, real, [2 + 2 * cos, 2 + 2 * sin, 3]);
  assertAlmostEquals(x, 1, 1e-6);
  assertAlmostEquals(y, 0, 1e-6);
});

Deno.test("shares go from the least to the greatest along the first direction", () => {
  const places = [3, -1, 2, 0, 9].map((x) => [x, 0] as const);
  assertEquals([0, 0.25, 0.5, 0.75, 1].map((share) => places[atShare(places, share)]![0]), [-1, 0, 2, 3, 9]);
});
