import { InvalidInputError } from "../numerics/errors.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertThrows,
} from "@std/assert";
import { compareWithSketch, taskPurity } from "./fidelity.ts";
import { fitNormaliser } from "../numerics/normaliser.ts";
import { createRng } from "../numerics/rng.ts";
import { rowFidelity } from "./row_fidelity.ts";
import { fitSketch } from "./sketch.ts";

const S = 4, A = 2;

/** Correlated Gaussian rows; actions depend on states. `shift` and `spread` move and stretch the first state. */
function realRows(
  size: number,
  seed: number,
  shift = 0,
  spread = 1,
  copyFrom?: { states: Float32Array; actions: Float32Array },
) {
  const rng = createRng(seed, "rows");
  const states = new Float32Array(size * S), actions = new Float32Array(size * A);
  for (let i = 0; i < size; i++) {
    const z = rng.normals(S + A);
    states.set([10 * (spread * z[0]! + shift), z[0]! + 0.5 * z[1]!, 0.1 * z[2]!, 7], i * S);
    actions.set([Math.tanh(z[0]! + 0.3 * z[4]!), Math.tanh(-z[1]! + 0.3 * z[5]!)], i * A);
  }
  if (copyFrom) {
    states.set(copyFrom.states.subarray(0, size * S));
    actions.set(copyFrom.actions.subarray(0, size * A));
  }
  return { states, actions, size };
}

const heldOut = realRows(1_000, 1);
const normaliser = fitNormaliser({ ...realRows(4_000, 2), stateDim: S, actionDim: A });
const sketch = fitSketch({ ...heldOut, stateDim: S, actionDim: A, seed: 3, normaliser });

Deno.test("compareWithSketch() puts fresh real rows at their floor, at any shard size", () => {
  for (const size of [250, 2_000]) {
    const found = [11, 12, 13].map((seed) => compareWithSketch(sketch, realRows(size, seed), S, A));
    for (const view of [(f: typeof found[0]) => f, (f: typeof found[0]) => f!.states]) {
      const ratio = (a: number[], b: number[]) => a.reduce((x, y) => x + y, 0) / b.reduce((x, y) => x + y, 0);
      const sliced = ratio(
        found.map((f) => view(f).slicedWasserstein),
        found.map((f) => view(f).slicedWassersteinFloor),
      );
      const mmd = ratio(found.map((f) => view(f).mmd), found.map((f) => view(f).mmdFloor));
      assert(sliced > 0.6 && sliced < 1.6, `sliced Wasserstein is ${sliced} of its floor at ${size} rows`);
      assert(mmd > 0.6 && mmd < 1.6, `MMD is ${mmd} of its floor at ${size} rows`);
      const quantiles = ratio(found.flatMap((f) => f.quantileError), found.flatMap((f) => f.quantileFloor));
      assert(quantiles > 0.6 && quantiles < 1.6, `quantiles are ${quantiles} of their floor at ${size} rows`);
    }
  }
});

Deno.test("compareWithSketch() measures a shift exactly where it is", () => {
  // A shift by s of one normalised coordinate moves every projection by s |direction_0|.
  const shifted = realRows(4_000, 21, 1);
  const found = compareWithSketch(sketch, shifted, S, A);
  const step = 10 / normaliser.states.halfRange[0]!;
  assertAlmostEquals(found.quantileError[0]!, step, 0.1 * step);
  for (const d of [1, 2, 3, 4, 5]) assertLess(found.quantileError[d]!, 0.15 * step);
  // E |u_0| of a unit vector in D dimensions is Gamma(D/2) / (sqrt(pi) Gamma((D+1)/2)): 0.3395 for 6.
  assertAlmostEquals(
    found.slicedWasserstein,
    0.3395 * step,
    0.12 * step * 0.3395 + found.slicedWassersteinFloor,
  );
  assertAlmostEquals(found.meanError, 1, 0.1);
  assertGreater(found.slicedWasserstein, 4 * found.slicedWassersteinFloor);
  assertGreater(found.mmd, 4 * found.mmdFloor);
});

Deno.test("compareWithSketch() sees lost diversity and lost dependence of actions on states", () => {
  const narrow = compareWithSketch(sketch, realRows(2_000, 22, 0, 0.25), S, A);
  assertGreater(narrow.slicedWasserstein, 2 * narrow.slicedWassersteinFloor);
  const rows = realRows(2_000, 23);
  const unrelated = { ...rows, actions: realRows(2_000, 24).actions };
  const broken = compareWithSketch(sketch, unrelated, S, A);
  assertLess(broken.states.slicedWasserstein, 2 * broken.states.slicedWassersteinFloor);
  assertGreater(broken.slicedWasserstein, 2 * broken.slicedWassersteinFloor);
  assertGreater(broken.correlationError, 0.5);
});

Deno.test("fitSketch() holds no rows: its size and names do not depend on how many there were", () => {
  const bytes = (rows: number) =>
    Object.entries(fitSketch({ ...realRows(rows, 5), stateDim: S, actionDim: A, seed: 3, normaliser }))
      .map(([name, { shape, data }]) => `${name} ${shape} ${data.byteLength}`).join("\n");
  assertEquals(bytes(100), bytes(1_000));
  const large = Object.values(sketch).reduce((sum, { data }) => sum + data.byteLength, 0);
  assertLess(large, 80_000);
  // No state of the data appears in it: neither a row nor any pair of neighbouring values of one.
  const kept = Object.values(sketch).flatMap(({ data }) => [...data]);
  for (let i = 0; i < 50; i++) {
    for (let d = 0; d + 1 < 3; d++) {
      const [a, b] = [0, 1].map((e) =>
        Math.fround(
          (heldOut.states[i * S + d + e]! - normaliser.states.centre[d + e]!) /
            normaliser.states.halfRange[d + e]!,
        )
      );
      assert(!kept.some((value, at) => value === a && kept[at + 1] === b), `row ${i} is in the sketch`);
    }
  }
});

Deno.test("fitSketch() is seeded, and refuses too few rows and other dimensions", () => {
  const again = fitSketch({ ...heldOut, stateDim: S, actionDim: A, seed: 3, normaliser });
  assertEquals(again, sketch);
  assertThrows(
    () => fitSketch({ ...realRows(4, 1), stateDim: S, actionDim: A, seed: 0 }),
    RangeError,
    "fewer than 8",
  );
  assertThrows(() => compareWithSketch(sketch, heldOut, S - 1, A), RangeError, "dimensions");
  assertThrows(() => compareWithSketch({}, heldOut, S, A), InvalidInputError, "missing");
});

Deno.test("taskPurity() tells tasks apart, and each row by its own normaliser (failure mode 8)", () => {
  const sketches = new Map([1, 2, 3].map((task) => {
    const rows = realRows(800, task, 4 * task, task === 3 ? 4 : 1);
    return [task, fitSketch({ ...rows, stateDim: S, actionDim: A, seed: 1 })] as const;
  }));
  assertGreater(taskPurity(sketches, { task: 1, ...realRows(500, 31, 4) }, S, A), 0.95);
  assertGreater(taskPurity(sketches, { task: 2, ...realRows(500, 32, 8) }, S, A), 0.95);
  assertLess(taskPurity(sketches, { task: 2, ...realRows(500, 33, 4) }, S, A), 0.05);
  assertThrows(() => taskPurity(sketches, { task: 9, ...heldOut }, S, A), RangeError, "task 9");
});

const train = realRows(3_000, 41);
const compare = (pseudo: typeof train) =>
  rowFidelity({ train, heldOut, pseudo, normaliser, stateDim: S, actionDim: A, seed: 7 });

Deno.test("rowFidelity() rates fresh real rows like real rows", () => {
  const found = compare(realRows(1_000, 42));
  assertAlmostEquals(found.precision, found.real.precision, 0.05);
  assertAlmostEquals(found.recall, found.real.recall, 0.05);
  assertGreater(found.precision, 0.8);
  assertAlmostEquals(found.auc, 0.5, 0.07);
  assertAlmostEquals(found.real.auc, 0.5, 0.07);
  assertLess(found.memorisation, 0.03);
});

Deno.test("rowFidelity() recognises copies, foreign rows and lost diversity", () => {
  const copied = compare(realRows(1_000, 43, 0, 1, train));
  assertGreater(copied.memorisation, 0.99);
  assertGreater(copied.precision, 0.8);
  const foreign = compare(realRows(1_000, 44, 3));
  assertLess(foreign.precision, 0.4);
  assertGreater(foreign.auc, 0.95);
  const narrow = compare(realRows(1_000, 45, 0, 0.2));
  assertLess(narrow.recall, 0.7 * narrow.real.recall);
  assertGreater(narrow.auc, 0.6);
  assertThrows(() => compare(realRows(8, 1)), RangeError, "pseudo");
});
