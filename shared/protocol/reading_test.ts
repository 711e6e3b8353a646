import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseActionLimit, parseFieldMap, readingOf, readingSchema } from "./reading.ts";
import { fieldMapTexts } from "./reading_texts.ts";

Deno.test("a map is written and parsed as text, names with commas as a list", () => {
  const map = { observations: ["x", "y z", "infos/qpos"], actions: ["a,b"], rewards: ["[r]"] };
  assertEquals(Object.assign({}, ...fieldMapTexts(map).map(parseFieldMap)), map);
  assertEquals(parseFieldMap("observations= x , y"), { observations: ["x", "y"] });
  for (
    const text of [
      "x,y",
      "=x",
      "weather=x",
      "observations=",
      "observations=[1]",
      "observations=[",
      "__proto__=x",
    ]
  ) {
    const { message } = assertThrows(() => parseFieldMap(text), RangeError);
    assertStringIncludes(message, "must be ARRAY=FIELD,FIELD");
  }
});

Deno.test("limits of actions are positive numbers", () => {
  assertEquals([parseActionLimit("2"), parseActionLimit("2,0.5")], [[2], [2, 0.5]]);
  for (const text of ["", "0", "-1", "2,", "x", "Infinity"]) {
    assertThrows(() => parseActionLimit(text), RangeError);
  }
});

Deno.test("readingOf() gives nothing where a file is read as it is, and what a sidecar may say", () => {
  assertEquals([readingOf({}), readingOf({ map: {}, environments: 1, strict: false })], [
    undefined,
    undefined,
  ]);
  const reading = { map: { observations: ["x"] }, actionLimit: [2], environments: 2 };
  assertEquals(readingSchema.parse(readingOf(reading)), reading);
  assertEquals(readingSchema.safeParse({ map: { weather: ["x"] } }).success, false);
});
