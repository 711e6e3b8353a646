import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { presets } from "@cugro/algorithm";
import { withFolder } from "../fakes/test_folder.ts";
import { finishedJobs, runCommand, smallStream, weightsOf } from "./embedded.ts";

const SMOKE = [
  "--preset",
  "smoke",
  "--set",
  "stateSteps=30",
  "--set",
  "behaviorSteps=30",
  "--set",
  "criticSteps=30",
  "--workers",
  "2",
];

Deno.test("cugro run learns two tasks, answers --json, and does nothing twice", async () => {
  await withFolder(async (folder) => {
    const files = await smallStream(folder, 2);
    const store = join(folder, "store");
    const learn = ["run", ...files, "--learner", "one", "--store", store, "--json", ...SMOKE];
    const result = JSON.parse(await runCommand(learn));
    // So few steps imitate badly; preset smoke only observes.
    assertEquals(result.problems.map(({ code }: { code: string }) => code), ["version.observed"]);
    assertEquals(result.episodes, [[2, null], [2, 2]]);
    assertEquals(result.intervals, [[null, null], [null, null]], "no bound is drawn from two episodes");
    assertEquals(result.resultsMatrix.map((row: unknown[]) => row.map((score) => score === null)), [[
      false,
      true,
    ], [false, false]]);
    for (const metric of ["averagePerformance", "backwardTransfer", "forgetting"]) {
      assertEquals(typeof result[metric], "number");
    }
    const before = await finishedJobs(store);
    JSON.parse(await runCommand(learn));
    assertEquals(await finishedJobs(store), before, "no job ran again");

    await assertRejects(
      () => runCommand([...learn, "--set", "discount=0.9"]),
      Error,
      `discount: ${presets.smoke.discount} now, 0.9 asked for`,
    );
    const { actions } = JSON.parse(
      await runCommand([
        "act",
        "--learner",
        "one",
        "--store",
        store,
        "--task",
        "2",
        "--observations",
        "[[0,0,0,0,0,0,0,0]]",
      ]),
    );
    assertEquals([actions.length, actions[0].length], [1, 2]);
    assertStringIncludes(
      await runCommand(["status", "--learner", "one", "--store", store]),
      "serving version 2",
    );
    assertStringIncludes(
      await runCommand(["rollback", "1", "--learner", "one", "--store", store]),
      "withdrawn: 2",
    );
    assertStringIncludes(
      await runCommand(["versions", "--learner", "one", "--store", store]),
      "published, serving",
    );
  });
});

Deno.test("cugro run gives the same bytes when old datasets are deleted before the next task", async () => {
  await withFolder(async (folder) => {
    const files = await smallStream(folder, 2);
    const kept = join(folder, "kept");
    await runCommand(["run", ...files, "--learner", "keeps", "--store", kept, ...SMOKE]);
    const lost = join(folder, "lost");
    await runCommand(["run", files[0]!, "--learner", "loses", "--store", lost, ...SMOKE]);
    for (const name of await readdir(join(lost, "datasets"))) await rm(join(lost, "datasets", name));
    await rm(join(lost, "incoming"), { recursive: true, force: true });
    await runCommand(["run", files[1]!, "--learner", "loses", "--store", lost, "--workers", "1"]);
    const weights = await weightsOf(kept);
    assertEquals(Object.keys(weights).length, 6);
    assertEquals(await weightsOf(lost), weights);
  });
});

Deno.test("cugro run says what is wrong with a file, and goes on with the others", async () => {
  await withFolder(async (folder) => {
    const [good] = await smallStream(folder, 1);
    const half = join(folder, "half.hdf5");
    await writeFile(half, (await Deno.readFile(good!)).slice(0, 20_000));
    const store = join(folder, "store");
    const learn = ["run", half, good!, "--learner", "one", "--store", store, ...SMOKE];
    const failure = await assertRejects(() => runCommand([...learn, "--json"]), Error);
    assertStringIncludes(failure.message, "ended with 1");
    const status = JSON.parse(await runCommand(["status", "--learner", "one", "--store", store, "--json"]));
    assertEquals(status.tasks.length, 1);
    const [rejection] = status.rejections;
    assertStringIncludes(rejection.key, "half.hdf5");
    assertStringIncludes(rejection.reason, "damaged or cut short");
    // It has been said; what is accepted since shows that somebody has seen to it.
    assertEquals(status.problems, []);
    await runCommand(["run", "--learner", "one", "--store", store, "--workers", "1"]);
    await assertRejects(
      () => runCommand(["run", join(folder, "none.hdf5"), "--learner", "one", "--store", store]),
      Error,
      "is the path right?",
    );
  });
});
