import { assert, assertEquals } from "@std/assert";
import { exampleDataset } from "../../../tests/fakes/example_dataset.ts";
import { randomNumbers } from "../testing/point_recording.ts";
import { distributionOf, distributionsOf } from "./distribution.ts";
import { planeOf } from "./principal_plane.ts";
import { statisticsOf } from "./statistics.ts";

const near = (actual: number, expected: number, within = 1e-9) =>
  assert(Math.abs(actual - expected) <= within, `${actual} is not ${expected}`);

Deno.test("quantiles are those that numpy computes", () => {
  const { min, p1, p25, median, p75, p99, max, mean, deviation } = distributionOf([5, 1, 4, 2, 10, -3]);
  // numpy.percentile([5, 1, 4, 2, 10, -3], [1, 25, 50, 75, 99]), numpy.std
  for (
    const [actual, expected] of [[p1, -2.8], [p25, 1.25], [median, 3], [p75, 4.75], [p99, 9.75], [
      deviation,
      3.975620147292188,
    ]]
  ) near(actual!, expected!);
  assertEquals([min, max, mean], [-3, 10, 19 / 6]);
  assertEquals(distributionOf([7]).p99, 7);
});

Deno.test("returns, lengths, success and constant dimensions are counted over all rows", () => {
  const dataset = exampleDataset(4, 10);
  const success = Uint8Array.from({ length: 40 }, (_, row) => row === 13 || row === 14 || row === 25 ? 1 : 0);
  const terminals = Uint8Array.from({ length: 40 }, (_, row) => row === 19 ? 1 : 0);
  const states = dataset.states.map((value, i) => i % 2 === 1 ? 0.25 : value);
  const found = statisticsOf({ ...dataset, success, terminals, states });
  assertEquals([found.episodes, found.terminalEpisodes, found.successful], [4, 1, 0.5]);
  near(found.episodeReturn.median, 4.5, 1e-6);
  assertEquals([found.episodeLength.min, found.episodeLength.max, found.rewarded], [10, 10, 0.9]);
  assertEquals(found.states.map(({ isConstant, max }) => [isConstant, max]), [[false, 9], [true, 0.25]]);
  assert(!("discrete" in found.actions) && found.actions.length === 1);
});

Deno.test("discrete actions are counted", () => {
  const actions = new Float32Array(40 * 4);
  for (let row = 0; row < 40; row++) actions[row * 4 + (row % 4 === 0 ? 2 : 0)] = 1;
  const { actions: taken } = statisticsOf({
    ...exampleDataset(4, 10),
    ...{ actions, actionDim: 4, metadata: { discreteActions: 4 } },
  });
  assert("discrete" in taken);
  assertEquals(taken.discrete.map(({ share }) => share), [0.75, 0, 0.25, 0]);
});

Deno.test("the plane of states is the one in which they differ most, whatever their units", () => {
  const random = randomNumbers(4);
  const rows = 6000;
  const states = new Float32Array(rows * 4);
  for (let row = 0; row < rows; row++) {
    const [a, b] = [random(), random()];
    // Two that go together in other units, one of its own, one constant.
    states.set([a, 1000 * a + 20 * random(), b, 7], row * 4);
  }
  const plane = planeOf(states, 4, distributionsOf(states, 4))!;
  near(plane.shares[0], 2 / 3, 0.02);
  near(plane.shares[1], 1 / 3, 0.02);
  assertEquals([plane.rows.length, plane.points.length], [4000, 4000]);
  const along = plane.points.map(([x], i) => x * states[plane.rows[i]! * 4]!).reduce(
    (sum, one) => sum + one,
    0,
  );
  assert(along > 0, "the largest number of a component is positive");
  const across = plane.points.reduce((sum, [x, y]) => sum + x * y, 0) / 4000;
  near(across, 0, 0.01);
  const flat = Float32Array.from(states, (value, i) => i % 4 === 0 ? value : 1);
  assertEquals(planeOf(flat, 4, distributionsOf(flat, 4)), undefined, "one dimension varies");
});
