import { assertEquals } from "@std/assert";
import { documentedFunctions, lackingTags } from "./doc_tags.ts";

const lacks = (text: string) => documentedFunctions("a.ts", text).flatMap(lackingTags);

Deno.test("lackingTags() wants arguments, results and errors of exported functions, and shapes of arrays", () => {
  const bare = "/** Adds. */\nexport function add(a: Float32Array): number { throw new Error(); }";
  assertEquals(lacks(bare), ["has no @param", "has no @returns", "throws and has no @throws"]);
  assertEquals(lacks(bare.replace("export ", "")), []);
  const full =
    "/**\n * Adds.\n *\n * @param a `[n]`\n * @returns their sum\n * @throws {Error} always\n */\n";
  assertEquals(lacks(bare.replace("/** Adds. */\n", full)), []);
  assertEquals(lacks(bare.replace("/** Adds. */\n", full.replace("`[n]`", "numbers"))), [
    "has no shape in @param a",
  ]);
  assertEquals(lacks(bare.replace("/** Adds. */\n", full.replace("{Error}", "Error"))), [
    "has a @throws without its {Class}",
  ]);
});

Deno.test("lackingTags() wants flags to have a shape, and bytes to be called so", () => {
  const docOf = (text: string) =>
    lacks(`/**\n * Reads.\n * @param a ${text}\n */\nexport function read(a: Uint8Array): void {}`);
  assertEquals(docOf("a file"), ["has no shape in @param a"]);
  assertEquals(docOf("bytes of a file"), []);
  assertEquals(docOf("`[n]`, 1 where an episode ends"), []);
});

Deno.test("lackingTags() wants nothing of what a function does not have, nor of functions inside it", () => {
  assertEquals(lacks("/** Stops. */\nexport function stop(): void {}"), []);
  const inner =
    "/**\n * Makes.\n *\n * @returns it\n */\nexport function make(): F { return () => { throw 1; }; }";
  assertEquals(lacks(inner), []);
});
