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
    "for (const told of words) {}",
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
