import { assertEquals, assertLessOrEqual } from "@std/assert";
import { tableLines } from "./terminal_table.ts";

const HEAD = ["version", "decision", "values by task"];
const ROWS = [[1, "published, serving", "100.0 in cheetah, 98.5 in swimmer, 77.1 in hopper"], [
  12,
  "parked",
  "–",
]];

Deno.test("tableLines() breaks no cell where there is no terminal, and aligns numbers to the right", () => {
  assertEquals(tableLines(HEAD, ROWS), [
    "version  decision            values by task",
    "-------  ------------------  -------------------------------------------------",
    "      1  published, serving  100.0 in cheetah, 98.5 in swimmer, 77.1 in hopper",
    "     12  parked              –",
  ]);
});

Deno.test("tableLines() keeps within the terminal, breaks between words and loses none of them", () => {
  for (const width of [40, 50, 60, 79]) {
    const lines = tableLines(HEAD, ROWS, width);
    for (const line of lines) assertLessOrEqual(line.length, width);
    const words = (text: string) => text.split(/\s+/).filter((word) => /\w/.test(word)).sort();
    assertEquals(words(lines.join(" ")), words([HEAD, ...ROWS].flat().join(" ")));
  }
  assertEquals(tableLines(HEAD, ROWS, 200), tableLines(HEAD, ROWS));
});

Deno.test("tableLines() is too wide rather than narrower than can be read, and breaks a word that is longer than its column", () => {
  assertEquals(tableLines(["a"], [["0123456789abc"]], 4), ["a", "----------", "0123456789", "abc"]);
});
