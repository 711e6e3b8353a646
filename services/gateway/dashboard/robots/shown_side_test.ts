import { assertEquals } from "@std/assert";
import { episodeBeside, judgingVersion, parseSide, sideWords, usualSides } from "./shown_side.ts";

Deno.test("what a picture shows is words of the address that lead back to it; others name nothing", () => {
  for (const words of ["3", "other/12", "data/0"]) {
    assertEquals(sideWords(parseSide(words, "mine")!, "mine"), words);
  }
  assertEquals(parseSide("mine/3", "mine"), { kind: "version", learner: "mine", version: 3 });
  for (const words of ["", "0", "x", "other/", "/3", "a/b/3", "data", "data/x", "1e3", "-1", undefined]) {
    assertEquals(parseSide(words, "mine"), undefined, words);
  }
});

Deno.test("an episode of the data is judged by the version beside it, if that knows the task; episodes go round", () => {
  const versions = [[1], [1, 2], [1, 2]].map((tasks, i) => ({ version: i + 1, tasks }));
  const judging = (words: string, task: number) =>
    judgingVersion(parseSide(words, "mine"), { learner: "mine", task }, versions);
  assertEquals(["1", "2", "other/1", "data/4", "none"].map((words) => judging(words, 1)), [1, 2, 3, 3, 3]);
  assertEquals([judging("1", 2), judging("1", 3)], [3, undefined]);
  const beside = [[3, 1], [0, -1], [1, 1], [99, 1]].map(([from, by]) => episodeBeside(from!, by!, 4));
  assertEquals(beside, [0, 3, 2, 0]);
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
