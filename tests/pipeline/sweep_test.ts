/** A sweep through real workers: every learner is learnt once, and the results are compared, in a table and on a page. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { encodeDataset, readDataset } from "@cugro/datasets";
import { withFolder } from "../fakes/test_folder.ts";
import { episodesFrom } from "./short_episodes.ts";

const SWIMMER = fileURLToPath(new URL("../fixtures/store_0.2/task3.hdf5", import.meta.url));
const CUGRO = fileURLToPath(new URL("../../scripts/cli/cugro.ts", import.meta.url));
const SMALL = ["stateSteps=20", "behaviorSteps=20", "criticSteps=20", "evaluationEpisodes=5", "distil=none"];

async function cugro(...args: string[]): Promise<{ code: number; out: string; errors: string }> {
  const command = new Deno.Command(process.execPath, {
    args: ["run", "-A", "--no-check", CUGRO, ...args],
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await command.output();
  return { code, out: new TextDecoder().decode(stdout), errors: new TextDecoder().decode(stderr) };
}

Deno.test("a sweep learns each seed with each value, is not done twice, and compares the results", () =>
  withFolder(async (folder) => {
    const { dataset } = await readDataset(await readFile(SWIMMER), SWIMMER);
    const file = join(folder, "task1.safetensors");
    await writeFile(file, encodeDataset(episodesFrom(dataset, { count: 6, steps: 60, sign: 1 })));
    const store = join(folder, "store");
    const set = [...SMALL, "candidates=2,3"].flatMap((one) => ["--set", one]);
    const args = ["sweep", file, "--learner", "s", "--preset", "smoke", "--store", store, "--seeds", "4"];
    const first = await cugro(...args, ...set, "--workers", "1", "--json");
    assertEquals(first.code, 0, first.errors);
    assertStringIncludes(first.errors, "2 learners of 1 task");
    assertStringIncludes(first.errors, "2 of 2 learnt: s-candidates-3-seed-4");
    const { learners } = JSON.parse(first.out);
    assertEquals(learners.map(({ label }: { label: string }) => label), [
      ...["s-candidates-2-seed-4", "s-candidates-3-seed-4"],
    ]);
    assertEquals([learners[0].gain, learners[1].gain.paired], [null, true]);
    const page = await readFile(join(store, "reports", "comparison.html"), "utf8");
    assertStringIncludes(page, "candidates=3");
    // Both values sample alike: only evaluations differ.
    const kinds = (await readdir(join(store, "jobs"))).sort();
    const jobs = async (kind: string) => (await readdir(join(store, "jobs", kind))).length;
    assertEquals([await jobs("behavior.train"), await jobs("policy.evaluate")], [1, 2]);
    const again = await cugro(...args, ...set, "--workers", "1", "--json");
    assertEquals(again.out, first.out);
    assertEquals((await readdir(join(store, "jobs"))).sort(), kinds);
    assertEquals([await jobs("behavior.train"), await jobs("policy.evaluate")], [1, 2]);
    const other = await cugro(...args, ...set, "--set", "emaDecay=0.5", "--workers", "1");
    assert(other.code === 1 && other.errors.includes("emaDecay"), other.errors);
  }));
