/** Learners side by side: on common tasks, in pairs where episodes started alike, over seeds where only these differ. */
import { createLearner } from "@cugro/learners";
import { openFilesystemStore, type Store } from "@cugro/store";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "node:path";
import { addFile, drive, pretend } from "../../../tests/fakes/world.ts";
import { openLocal } from "../learners/local.ts";
import { runCommandLine } from "../cugro.ts";
import { compare } from "./compare_learners.ts";
import { readCompared } from "./compared_learners.ts";
import { renderComparison } from "./render_comparison.ts";

/** What a learner's episodes of each task come to: the mean, and how the starts are spread. */
const STARTS = [-20, -10, 0, 5, 10, 15];

interface Wanted {
  name: string;
  seed: number;
  /** Of a task in its newest version. */
  mean: number;
  files?: string[];
  set?: Record<string, string>;
}

async function learn(store: Store, { name, seed, mean, files = ["x@1", "y@2"], set = {} }: Wanted) {
  const overrides = { gate: "observe", evaluationEpisodes: 6, ...set };
  await createLearner({ store, name, seed, preset: "smoke", overrides });
  for (const file of files) await addFile(store, file, name, `${file}.hdf5`, { asNewTask: true });
  const returns = (task: number, newTask: number) =>
    STARTS.map((start) => mean + start - 10 * (newTask - task) + seed);
  await drive(store, pretend({ returns }), { name });
}

async function inStore(wanted: readonly Wanted[], use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "cugro-compare-" });
  const store = await openFilesystemStore({ root: join(folder, "a"), lock: true });
  try {
    for (const one of wanted) await learn(store, one);
    await store.close();
    await use(join(folder, "a"));
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function compared(folder: string, ...words: string[]) {
  const learners = openLocal(folder);
  try {
    return compare(await readCompared(learners, words));
  } finally {
    await learners.close();
  }
}

Deno.test("differences are taken episode by episode where starts are common, and are wider where they are not", () =>
  inStore([
    { name: "ours", seed: 0, mean: 90 },
    { name: "none", seed: 0, mean: 80, set: { replay: "none" } },
    { name: "other", seed: 4, mean: 80 },
  ], async (folder) => {
    const found = await compared(folder, "ours", "none", "other");
    assertEquals([found.reference, found.tasks], ["ours", ["x@1", "y@2"]]);
    const [ours, none, other] = found.learners;
    assertEquals(ours!.gain, null);
    assertAlmostEquals(ours!.average.mean, 85);
    assert(ours!.average.low! < 85 && 85 < ours!.average.high!);
    assertEquals([none!.gain!.paired, none!.gain!.episodes], [true, 6]);
    // Every episode is 10 worse: in pairs there is nothing to doubt.
    const bounds = none!.gain!.interval!;
    assertAlmostEquals(none!.gain!.gain, -10);
    assertAlmostEquals(bounds[0], -10);
    assertAlmostEquals(bounds[1], -10);
    assertEquals(other!.gain!.paired, false);
    assertAlmostEquals(other!.gain!.gain, -6);
    assert(other!.gain!.interval![1] - other!.gain!.interval![0] > 5);
    assertEquals(none!.cells.map(({ gain }) => Math.round(gain!.gain)), [-10, -10]);
    assertEquals(ours!.measures.worstDrop, 10);
    assertStringIncludes(none!.turned, "replay=none");
    assertEquals(found.seeds!.rows.map(({ label, seeds }) => [label, seeds.length]), [
      ["replay=generated", 2],
      ["replay=none", 1],
    ]);
    assertStringIncludes(found.notes.join(), "Episodes of other started from other states");
  }));

Deno.test("only tasks that all know are compared; where there are none, the error lists each one's tasks", () =>
  inStore([
    { name: "long", seed: 0, mean: 90, files: ["x@1", "y@2", "z@3"] },
    { name: "short", seed: 0, mean: 80 },
    { name: "turned", seed: 0, mean: 80, files: ["y@2", "x@1"] },
    { name: "else", seed: 0, mean: 80, files: ["x@7"] },
    { name: "blind", seed: 0, mean: 80, files: ["x@none"] },
  ], async (folder) => {
    const found = await compared(folder, "long", "short", "turned");
    assertEquals([found.tasks, found.seeds], [["x@1", "y@2"], null]);
    assertEquals(found.learners.map(({ tasks, resultsMatrix }) => [tasks, resultsMatrix[0]!.length]), [
      ...[[3, 2], [2, 2], [2, 2]],
    ]);
    assertEquals(found.learners.map(({ gain }) => gain?.paired), [undefined, true, false]);
    assertStringIncludes(found.notes.join(), "long knows more");
    await assertRejects(
      () => compared(folder, "short", "else"),
      Error,
      "short has scores on x@1, y@2; else has scores on x@7",
    );
    await assertRejects(() => compared(folder, "short", "blind"), Error, "its tasks have no simulator");
    await assertRejects(() => compared(folder, "short", "short"), Error, "short is named twice");
    await assertRejects(() => compared(folder, "short", "shrot"), Error, 'no learner "shrot"');
    await assertRejects(() => compared(folder, "short", "/no/where"), Error, "nor a folder with learners");
    assertThrows(() => compare([]), Error, "At least two");
  }));

Deno.test("cugro compare takes learners of folders, and writes one page that loads nothing", () =>
  inStore([{ name: "ours", seed: 0, mean: 90 }, { name: "none", seed: 1, mean: 80 }], async (folder) => {
    const found = await compared(folder, `${folder}:ours`, folder.replace(/a$/, "a/"), "none").catch(String);
    assertStringIncludes(found as string, "is named twice", "both are in the folder");
    const page = join(folder, "page.html");
    const printed: string[] = [];
    const { log, error } = console;
    console.log = console.error = (text: unknown) => void printed.push(String(text));
    try {
      const words = ["compare", `${folder}:ours`, `${folder}:none`, "--out", page, "--store", folder];
      assertEquals(await runCommandLine(words), 0, printed.join("\n"));
      assertEquals(await runCommandLine(["compare", "ours", "none", "--json", "--store", folder]), 0);
    } finally {
      Object.assign(console, { log, error });
    }
    assertStringIncludes(printed.join("\n"), "-9.0 [");
    assertStringIncludes(printed.join("\n"), "over seeds; in brackets 95 %");
    const text = await Deno.readTextFile(page);
    for (const part of ["<svg", "Over seeds", "-9.0", "unpaired", `${folder}:none`]) {
      assertStringIncludes(text, part);
    }
    assert(!/<(script|link|img|iframe)\b|url\(|@import|src=/i.test(text), "no reference to elsewhere");
    assert(await Deno.stat(join(folder, "reports", "comparison.html")));
  }));

Deno.test("names of strangers stay text in the page", () => {
  const measured = { mean: 1, low: null, high: null, episodes: 1 };
  const row = {
    ...{ label: "<b>", seed: 0, turned: "a=<i>", version: 1, tasks: 1, average: measured, gain: null },
    measures: {
      ...{ averagePerformance: 1, meanPerformance: 1, justLearned: 1, worstDrop: NaN, forgetting: NaN },
      ...{ backwardTransfer: NaN, badlyLearnedFirst: false },
    },
    ...{ cells: [{ measured, gain: null }], resultsMatrix: [[1]] },
  };
  const page = renderComparison(
    { reference: "<b>", tasks: ["<u>"], learners: [row, row], seeds: null, notes: ["<s>"] },
    "<em>",
  );
  assert(!/<(b|i|u|s|em)>(?!&#60;)/.test(page.replaceAll(/<b>&#60;b&#62;<\/b>/g, "")), page.slice(-3000));
});
