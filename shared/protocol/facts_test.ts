import { assertEquals, assertThrows } from "@std/assert";
import { encodeFact, parseFact } from "./fact_bytes.ts";
import { headFactSchema, learnerFactSchema, resultFactSchema } from "./facts.ts";
import { rowCellSchema } from "./row_cell.ts";

const learner = { schema: 1 as const, name: "a", seed: 3, created: "2024-01-01T00:00:00.000Z" };
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

Deno.test("parseFact() gives back what encodeFact() wrote", () => {
  assertEquals(parseFact(learnerFactSchema, encodeFact(learner, learnerFactSchema), "k"), learner);
  assertEquals(parseFact(headFactSchema, encodeFact({ schema: 1, version: null }), "k").version, null);
});

Deno.test("parseFact() names the key and the member that is wrong", () => {
  const message = (value: Uint8Array) =>
    assertThrows(() => parseFact(learnerFactSchema, value, "k/1"), SyntaxError).message;
  assertEquals(message(new Uint8Array([0x7b])), "k/1 is damaged: it is not JSON");
  assertEquals(message(bytes({ ...learner, seed: "x" })).startsWith("k/1 is damaged: seed: "), true);
  assertEquals(message(bytes(null)).startsWith("k/1 is damaged: value: "), true);
});

Deno.test("parseFact() tells a newer writer from damage", () => {
  assertThrows(
    () => parseFact(learnerFactSchema, bytes({ ...learner, schema: 2 }), "k"),
    SyntaxError,
    "was written by a newer version (schema 2; this one reads up to 1)",
  );
});

Deno.test("rowCellSchema reads the rows of version 0.2, which have no value", () => {
  const cell = { task: 1, job: "0".repeat(64), returns: [], scores: [], fidelity: null };
  const old = { ...cell, meanScore: null, low: null, high: null };
  assertEquals(rowCellSchema.parse(old), { ...old, valueEstimate: null });
  assertEquals(rowCellSchema.parse({ ...old, valueEstimate: 2.5 }).valueEstimate, 2.5);
});

Deno.test("encodeFact() refuses what the schema refuses, before it is in the store", () => {
  assertThrows(() => encodeFact({ ...learner, seed: -1 }, learnerFactSchema), TypeError, "seed");
  assertThrows(
    () => encodeFact({ jobId: "x" } as never, resultFactSchema),
    TypeError,
    "Cannot write this fact",
  );
});
