/**
 * A grid of runs, through real workers: what is shared is done once, what was interrupted goes on, and results are the same.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { encodeDataset, readDataset } from "@cugro/datasets";
import type { CalibrationResult } from "../../scripts/lab/calibration/calibration_measures.ts";
import type { GridResults } from "../../scripts/lab/grid/write_results.ts";
import { withFolder } from "../fakes/test_folder.ts";
import { episodesFrom } from "./short_episodes.ts";

const SWIMMER = fileURLToPath(new URL("../fixtures/store_0.2/task3.hdf5", import.meta.url));
const EXPERIMENT = fileURLToPath(new URL("../../scripts/lab/experiment.ts", import.meta.url));

async function experiment(...args: string[]): Promise<{ code: number; output: string }> {
  const command = new Deno.Command(process.execPath, {
    args: ["run", "-A", "--no-check", EXPERIMENT, ...args],
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await command.output();
  return { code, output: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

const GRID = {
  about: "Two short tasks of a swimmer",
  preset: "smoke",
  set: [
    ...["stateSteps=20", "behaviorSteps=20", "criticSteps=20", "evaluationEpisodes=2", "candidates=2"],
    "actingEvaluations=1",
  ],
  rows: [
    { streams: [""], methods: ["ours", "none", "separate", "multitask"], seeds: [0] },
    { streams: [""], label: "curve", methods: ["ours", "separate"], seeds: [0], set: ["snapshots=true"] },
  ],
};

/** The worth of estimates is measured on a grid's store as it lies, whatever its learners are called. */
async function calibrates(work: string, estimates: string): Promise<void> {
  const { code, output } = await experiment("calibration", work, "--work", estimates, "--out", estimates);
  assertEquals(code, 0, output);
  const text = await readFile(join(estimates, "calibration.json"), "utf8");
  const { all, runs } = JSON.parse(text) as CalibrationResult;
  assertEquals(runs.map(({ name, stream, rows }) => [name, stream, rows.length]), [
    ["short-curve-ours-0", "short", 3],
    ["short-curve-separate-0-task1", "short", 1],
    ["short-curve-separate-0-task2", "short", 1],
    ["short-multitask-0", "short", 3],
    ["short-none-0", "short", 3],
    ["short-ours-0", "short", 3],
    ["short-separate-0-task1", "short", 1],
    ["short-separate-0-task2", "short", 1],
  ]);
  assertEquals([all.runs, all.streams], [8, 1]);
}

Deno.test("a grid runs each run once, shares what runs have in common, and gives the same results again", () =>
  withFolder(async (folder) => {
    const stream = join(folder, "short");
    await mkdir(stream);
    const { dataset } = await readDataset(await readFile(SWIMMER), SWIMMER);
    for (const [name, sign] of [["task1", 1], ["task2", -1]] as const) {
      const bytes = encodeDataset(episodesFrom(dataset, { count: 6, steps: 60, sign }));
      await writeFile(join(stream, `${name}.safetensors`), bytes);
    }
    const path = join(folder, "tiny.json");
    const work = join(folder, "work");
    const rows = GRID.rows.map((row) => ({ ...row, streams: [stream] }));
    await writeFile(path, JSON.stringify({ ...GRID, rows }));
    const args = [path, "--work", work, "--workers", "1"];
    const first = await experiment(...args);
    assertEquals(first.code, 0, first.output);
    assertStringIncludes(first.output, "6 runs, 6 of them to run");
    const out = join(work, "results", "tiny.json");
    const text = await readFile(out, "utf8");
    const { runs, coreHours, command } = JSON.parse(text) as GridResults;
    assertEquals(command, `deno task experiment ${path}`);
    assertEquals(runs.map(({ id }) => id), [
      "short-ours-0",
      "short-none-0",
      "short-separate-0",
      "short-multitask-0",
      "short-curve-ours-0",
      "short-curve-separate-0",
    ]);
    const [taken, alone] = runs.slice(4);
    assertEquals(taken!.resultsMatrix, runs[0]!.resultsMatrix, "snapshots change nothing about the run");
    assertEquals(taken!.curves!.map(({ shares }) => shares), Array(2).fill([0.1, 0.25, 0.5, 1]));
    assertEquals(alone!.curves!.map(({ task }) => task), [1, 2]);
    assertEquals(alone!.curves![0], taken!.curves![0], "the first task is learnt alone in both");
    const [ours, none, separate, multitask] = runs.map(({ resultsMatrix }) => resultsMatrix);
    assertEquals(ours![0], none![0], "the first task is learnt once, by the same jobs");
    assertEquals(separate![1]![0], ours![0]![0], "a learner of its own has the first task's score");
    assertEquals(multitask!.map((row) => row.length), [2], "the last version is all there is");
    assert(coreHours.done < coreHours.unshared);
    assertStringIncludes(
      await readFile(join(work, "results", "tiny.html"), "utf8"),
      "short, separate, seed 0",
    );

    const again = await experiment(...args);
    assertEquals(again.code, 1);
    assertStringIncludes(again.output, "--replace writes results over it");
    // As after a crash between a learner's end and its record.
    await rm(join(work, "runs", "short-none-0.json"));
    const jobs = await readdir(join(work, "store", "jobs"));
    const third = await experiment(...args, "--replace");
    assertEquals(third.code, 0, third.output);
    assertStringIncludes(third.output, "6 runs, 1 of them to run");
    assertEquals(await readFile(out, "utf8"), text);
    assertEquals(await readdir(join(work, "store", "jobs")), jobs, "nothing was done again");

    await calibrates(work, join(folder, "estimates"));

    const other = { ...GRID, set: [...GRID.set, "emaDecay=0.5"], rows };
    await writeFile(path, JSON.stringify(other));
    const refused = await experiment(...args, "--replace");
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.output, "is of a run with emaDecay 0.995 instead of 0.5");
  }));
