import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type Dataset, DatasetError } from "@cugro/datasets";
import { chooseAnchors } from "./anchors.ts";
import { findEnvironment } from "@cugro/judging";

/** Ten episodes of five steps; the e-th earns e in every step. */
function dataset(metadata: Dataset["metadata"], stateDim = 2, actionDim = 1): Dataset {
  const size = 50;
  return {
    states: new Float32Array(size * stateDim),
    nextStates: new Float32Array(size * stateDim),
    actions: new Float32Array(size * actionDim),
    rewards: Float32Array.from({ length: size }, (_, row) => Math.floor(row / 5)),
    terminals: new Uint8Array(size),
    timeouts: Uint8Array.from({ length: size }, (_, row) => (row % 5 === 4 ? 1 : 0)),
    size,
    stateDim,
    actionDim,
    metadata,
  };
}

Deno.test("chooseAnchors() takes the file's figures when it has both", async () => {
  const anchors = await chooseAnchors(dataset({ returnRandom: -3, returnFinalPolicy: 7 }), null, 0);
  assertEquals([anchors.random, anchors.good], [-3, 7]);
});

Deno.test("chooseAnchors() takes the worst and the best tenth of the episodes without file or simulator", async () => {
  const anchors = await chooseAnchors(dataset({}), null, 0);
  assertEquals(anchors, { random: 0, good: 45, source: "worst and best 10 % of the episodes" });
});

Deno.test("chooseAnchors() runs random episodes where there is a simulator", async () => {
  const data = dataset({ returnRandom: 100 });
  const anchors = await chooseAnchors(data, { family: "cheetah-vel", goal: [0.45] }, 1);
  assertEquals(anchors.good, 45);
  assertAlmostEquals(anchors.random, -165, 20);
});

Deno.test("findEnvironment() knows families, refuses data that cannot be of them, and admits ignorance", () => {
  assertEquals(findEnvironment(dataset({ family: "hopper-vel", goal: [1] }, 11, 3), "f"), {
    family: "hopper-vel",
    goal: [1],
  });
  assertEquals(findEnvironment(dataset({ family: "warehouse" }), "f"), null);
  assertEquals(findEnvironment(dataset({}), "f"), null);
  assertThrows(
    () => findEnvironment(dataset({ family: "hopper-vel", goal: [1] }), "f"),
    DatasetError,
    "[11, 3] numbers: current value is [2, 1]",
  );
  assertThrows(
    () => findEnvironment(dataset({ family: "hopper-vel" }, 11, 3), "f"),
    DatasetError,
    "a goal of the family hopper-vel must be 1 finite number(s)",
  );
  const walker = (goal: number[]) => findEnvironment(dataset({ family: "walker-params", goal }, 17, 6), "f");
  assertEquals(walker([5]), { family: "walker-params", goal: [5] });
  for (const goal of [[6], [1.5], [NaN]]) {
    assertThrows(() => walker(goal), DatasetError, "a goal of the family walker-params must be");
  }
});
