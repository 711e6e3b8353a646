import { assertEquals } from "@std/assert";
import { bannedPhrases } from "./banned_words.ts";

const found = (text: string) => bannedPhrases(text).map(({ line, text }) => [line, text]);

Deno.test("bannedPhrases() finds a phrase in comments, strings and documents, also across the lines of a comment", () => {
  assertEquals(found("const a = 1;\n// It is kept for ever.\n"), [[2, "for ever"]]);
  assertEquals(found('throw new Error("Whoever asks");'), [[1, "Whoever"]]);
  assertEquals(found("/**\n * The bytes are at\n * hand here.\n */"), [[2, "at hand"]]);
  assertEquals(found("# It is of no\n# importance\n"), [[1, "of no importance"]]);
});

Deno.test("bannedPhrases() leaves alone what only looks like one", () => {
  const fine = [
    "so many that none is left",
    "forever",
    "a session told its task",
    "what said.value holds",
    "cannot be told apart",
    "matHandle(at, hand)",
    "a shelf-place task of Meta-World",
    "/** See {@link Store.put} for conditions. */",
  ];
  assertEquals(fine.flatMap(found), []);
});

Deno.test("bannedPhrases() finds docstrings that say nothing, and metaphors inside identifiers", () => {
  assertEquals(found("\n/** See the module. */"), [[2, "/** See the module."]]);
  assertEquals(found("/** What {@link openBus} needs. */").length, 1);
  assertEquals(found("createHouseholdLoop()").length, 1);
});

Deno.test("bannedPhrases() finds names of values and callbacks where the field has a word", () => {
  const texts = [
    "const said = [];",
    "function tell(): void {}",
    "this.#heard = 1;",
    "say: (line: string) => void",
  ];
  assertEquals(texts.flatMap(found).length, texts.length);
  assertEquals(
    found("// Nothing is said of it, and what\n// comes of it is lost without a word.\n").length,
    3,
  );
});
