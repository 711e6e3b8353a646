import { assertEquals } from "@std/assert";
import { parseSide, sideWords, usualSides } from "./shown_side.ts";

Deno.test("what a picture shows is words of the address that lead back to it; others name nothing", () => {
  for (const words of ["3", "other/12", "data/0"]) {
    assertEquals(sideWords(parseSide(words, "mine")!, "mine"), words);
  }
  assertEquals(parseSide("mine/3", "mine"), { kind: "version", learner: "mine", version: 3 });
  for (const words of ["", "0", "x", "other/", "/3", "a/b/3", "data", "data/x", "1e3", "-1", undefined]) {
    assertEquals(parseSide(words, "mine"), undefined, words);
  }
});

Deno.test("who learnt a task is compared with the newest version, unless that is the same", () => {
  const versions = [1, 2, 3].map((version) => ({
    ...{ version, task: version },
    tasks: Array.from({ length: version }, (_, i) => i + 1),
  }));
  assertEquals([1, 2, 3, 4].map((task) => usualSides(task, versions)), [
    [1, 3],
    [2, 3],
    [3, undefined],
    [undefined, undefined],
  ]);
});
