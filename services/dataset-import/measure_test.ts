import { assert, assertEquals } from "@std/assert";
import {
  createRng,
  fitNormaliser,
  fitSketch,
  heldOutRows,
  normaliserToStored,
  takeRows,
} from "@cugro/algorithm/arrays";
import { rowsIn } from "@cugro/datasets";
import { encodeStored } from "@cugro/jobs";
import { measure } from "./measure_dataset.ts";

const S = 3, A = 2;

/** States with a long tail, a rare indicator and zeros of both signs. */
function recording(size: number) {
  const rng = createRng(7, "recording");
  const states = rng.normals(size * S).map((value, i) =>
    i % S === 0 ? value ** 3 : i % S === 1 ? (i % 997 === 1 ? 1 : 0) : value > 0 ? 0 : -0
  );
  return { states, actions: rng.normals(size * A) };
}

/** What else a dataset has of each row: one episode. */
function flagsOf(size: number) {
  const timeouts = new Uint8Array(size);
  timeouts[size - 1] = 1;
  return { rewards: new Float32Array(size), terminals: new Uint8Array(size), timeouts };
}

Deno.test("measure() gives in blocks the bytes that all rows at once would give", async () => {
  for (const size of [90, 5_000, 50_000]) {
    const { states, actions } = recording(size);
    const { train, heldOut } = heldOutRows(size, 3);
    const rowsOf = (rows: Int32Array) => ({
      states: takeRows(states, S, rows),
      actions: takeRows(actions, A, rows),
      size: rows.length,
      stateDim: S,
      actionDim: A,
    });
    const normaliser = fitNormaliser(rowsOf(train));
    const form = { size, stateDim: S, actionDim: A, metadata: {}, ...flagsOf(size) };
    const blocks = {
      states: rowsIn(states, S, { blockBytes: 500 }),
      actions: rowsIn(actions, A, { blockBytes: 500 }),
      nextStates: rowsIn(states, S, { blockBytes: 500 }),
    };
    const measured = await measure({ ...form, ...blocks }, { seed: 5, heldOutSeed: 3 });
    assertEquals(measured.normaliser, encodeStored(normaliserToStored(normaliser)));
    assertEquals(measured.sketch, encodeStored(fitSketch({ ...rowsOf(heldOut), seed: 5, normaliser })));
  }
});

Deno.test("a normaliser's percentiles are those of the sorted columns, to the bit", async () => {
  const size = 30_000;
  const { states, actions } = recording(size);
  const dataset = {
    size,
    stateDim: S,
    actionDim: A,
    metadata: {},
    states: rowsIn(states, S),
    actions: rowsIn(actions, A),
    nextStates: rowsIn(states, S),
    ...flagsOf(size),
  };
  const { train } = heldOutRows(size, 1);
  const normaliser = fitNormaliser({
    states: takeRows(states, S, train),
    actions: takeRows(actions, A, train),
    size: train.length,
    stateDim: S,
    actionDim: A,
  });
  const tail = Math.floor(0.001 * (train.length - 1));
  for (let column = 0; column < S; column++) {
    const sorted = Float32Array.from(train, (row) => states[row * S + column]!).sort();
    const [low, high] = [sorted[tail]!, sorted.at(-1 - tail)!];
    const { min, max, centre } = normaliser.states;
    assert(Object.is(min[column], sorted[0]) && Object.is(max[column], sorted.at(-1)));
    assert(Object.is(centre[column], Math.fround(high > low ? low + (high - low) / 2 : low)), `${column}`);
  }
  assertEquals(
    (await measure(dataset, { seed: 1, heldOutSeed: 1 })).normaliser,
    encodeStored(normaliserToStored(normaliser)),
  );
});
