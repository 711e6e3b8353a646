import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Dataset, statisticsOf } from "@cugro/datasets";
import { parseHTML } from "linkedom";
import { exampleDataset } from "../../tests/fakes/example_dataset.ts";
import { drawDataset } from "./dataset_picture.ts";

/** The picture as a tree. */
function drawn(dataset: Dataset, name = "task1.hdf5"): { text: string; count: (selector: string) => number } {
  const text = drawDataset(dataset, statisticsOf(dataset), name);
  // cast: linkedom types its window as the one of this runtime.
  const { document } = parseHTML(`<html><body>${text}</body></html>`) as unknown as {
    document: { querySelectorAll: (selector: string) => ArrayLike<unknown> };
  };
  return { text, count: (selector) => document.querySelectorAll(selector).length };
}

Deno.test("a dataset's picture says what it shows, and has a bar for each end and value", () => {
  const dataset = exampleDataset(20, 10);
  dataset.terminals[99] = 1;
  dataset.timeouts[99] = 0;
  const { text, count } = drawn(dataset);
  assert(text.startsWith("<svg xmlns=") && text.endsWith("</svg>\n"));
  for (
    const words of [
      ...["task1.hdf5", "200 transitions in 20 episodes", "1 ended by themselves", "19 were cut"],
      ...[
        "Return of an episode",
        "Length of an episode",
        "Reach of each state dimension",
        "good policy",
        "first states",
      ],
    ]
  ) assertStringIncludes(text, words);
  // All returns are equal, and all lengths: one bar each, in two parts.
  assertEquals(count('g[aria-label="rect"] rect'), 4);
  assertEquals(count('g[aria-label="bar"] rect'), 4, "two for each of two dimensions");
  assert(count('g[aria-label="dot"] path') + count('g[aria-label="dot"] circle') > 20);
  assert(!/NaN|undefined|Infinity/.test(text));
});

Deno.test("a picture is drawn of what has one state dimension, constant ones, many, and of names with marks", () => {
  const one = exampleDataset(10, 10);
  const narrow = { ...one, states: one.rewards, nextStates: one.rewards, stateDim: 1 };
  assertStringIncludes(drawn(narrow).text, "fewer than two dimensions vary");
  const constant = {
    ...one,
    states: new Float32Array(200).fill(3),
    nextStates: new Float32Array(200).fill(3),
  };
  assertStringIncludes(drawn(constant).text, ">constant<");
  const wide = new Float32Array(100 * 60).map((_, i) => Math.sin(i * i));
  const { text, count } = drawn({ ...one, states: wide, nextStates: wide, stateDim: 60 }, "<a & b>");
  assertStringIncludes(text, "(the first 40 of 60)");
  assertEquals(count('g[aria-label="tick"] line'), 40);
  assert(!text.includes("<a & b>"), "escaped");
  for (const { text } of [drawn(narrow), drawn(constant)]) assert(!/NaN|undefined|Infinity/.test(text));
});

Deno.test("a picture's title fits beside the legend, and is XML whatever the file is called", () => {
  const titleOf = (name: string) =>
    /font-weight="600"[^>]*>([^<]*)</.exec(drawn(exampleDataset(10, 10), name).text)![1]!;
  assertEquals(titleOf("cheetah.hdf5"), "cheetah.hdf5");
  const long = titleOf(`cheetah_${"x".repeat(100)}_seed7.hdf5`);
  assert(long.length <= 52 && long.startsWith("cheetah_") && long.endsWith("_seed7.hdf5"), long);
  assertEquals(titleOf("a\x1b[31m\x07.npz"), "a\\u001b[31m\\u0007.npz");
});
