import { assertEquals, assertThrows } from "@std/assert";
import { fitNormaliser, normaliserToStored } from "@cugro/algorithm/arrays";
import { PermanentError } from "@cugro/worker";
import {
  decodeNormaliser,
  decodeShard,
  decodeShardStates,
  decodeSnapshot,
  decodeStored,
  encodeCurves,
  encodeShard,
  encodeSnapshot,
  encodeStored,
} from "./encoding.ts";
import { knobsOf } from "./carried_knobs.ts";

const floats = (...values: number[]) => Float32Array.from(values);

Deno.test("encodeStored() and decodeStored() round-trip weights and task ids", () => {
  const stored = {
    "head.kernel": { shape: [2, 1], data: floats(0.5, -1) },
    tasks: { shape: [2], data: Int32Array.from([1, 3]) },
  };
  assertEquals(decodeStored(encodeStored(stored)), stored);
});

Deno.test("decodeNormaliser() gives back the bounds of states and actions", () => {
  const rows = { states: floats(0, 1, 2, 3), actions: floats(-1, 1), size: 2, stateDim: 2, actionDim: 1 };
  const normaliser = fitNormaliser(rows);
  assertEquals(decodeNormaliser(encodeStored(normaliserToStored(normaliser))), normaliser);
});

Deno.test("decodeShard() reads labelled rows, decodeShardStates() unlabelled ones", () => {
  const states = floats(1, 2, 3, 4);
  assertEquals(decodeShardStates(encodeShard(2, states)), { states, size: 2 });
  const labelled = encodeShard(2, states, floats(5, 6));
  assertEquals(decodeShard(labelled, 4), { task: 4, states, actions: floats(5, 6), size: 2 });
  assertThrows(
    () => decodeShard(encodeShard(2, states), 4),
    PermanentError,
    "shard of task 4 holds no states or no actions",
  );
});

Deno.test("encodeSnapshot() and decodeSnapshot() keep tensors and position", () => {
  const snapshot = {
    tensors: { w: { shape: [1], data: floats(2) } },
    position: { step: 7, rng: [1, 2, 3, 4] },
  };
  assertEquals(decodeSnapshot(encodeSnapshot(snapshot)), snapshot);
});

Deno.test("encodeCurves() writes numbers that are not finite as null", () => {
  const text = new TextDecoder().decode(encodeCurves([{ name: "loss", steps: [1, 2], values: [0.5, NaN] }]));
  assertEquals(JSON.parse(text), [{ name: "loss", steps: [1, 2], values: [0.5, null] }]);
});

Deno.test("knobsOf() refuses to read a knob that the job does not carry", () => {
  const knobs = knobsOf({ kind: "policy.evaluate", knobs: { candidates: 8 } });
  assertEquals(knobs.candidates, 8);
  assertThrows(() => knobs.topCount, PermanentError, "reads the knob topCount");
});
