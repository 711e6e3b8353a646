/**
 * A learner whose data names no environment, with estimates: what run, status, versions, report and gateway show of them,
 * and what its gate makes of them.
 */
import { encodeDataset } from "@cugro/datasets";
import { resultsSchema } from "@cugro/client/schemas";
import { learnerStatus } from "@cugro/learners";
import { gatherReport, renderReport } from "@cugro/report";
import { openFilesystemStore } from "@cugro/store";
import { collectGarbage } from "@cugro/coordinator";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { resultsView, versionView } from "../../services/gateway/views.ts";
import { exampleDataset } from "../fakes/example_dataset.ts";
import { withFolder } from "../fakes/test_folder.ts";
import { runCommand, startCommand } from "./embedded.ts";

const SETTINGS = [
  ...["stateSteps=20", "behaviorSteps=120", "maxGeneratorSteps=120", "criticSteps=120", "maxCriticSteps=120"],
  ...["generatorLearningRate=5e-3", "criticLearningRate=5e-3", "estimate=noSimulator", "estimateSteps=150"],
  // Whatever was lost, by however little, parks.
  ...["gate=enforce", "evaluationEpisodes=5", "maxEstimatedDrop=0"],
].flatMap((knob) => ["--set", knob]);

/** The preset and the length of fits were never calibrated, nor was any data of strangers. */
const NOT_COVERED =
  "Not covered by that: the preset smoke, fits of 150 steps (estimateSteps) and the data of tasks 1, 2.";

Deno.test("without a simulator versions have estimates, whose networks are kept, and whose gate parks", async () => {
  await withFolder(async (folder) => {
    const walk = exampleDataset(20, 10);
    // What is done is what earns; the second task knows nothing but what is worst in the first, which is lost without replay.
    const first = { ...walk, rewards: walk.actions.map((action) => 1 + action) };
    const actions = walk.actions.map((action) => -0.9 + 0.05 * action);
    // It says no anchors of its own.
    const { returnRandom: _, returnFinalPolicy: __, ...metadata } = walk.metadata;
    const second = { ...walk, actions, rewards: actions.map((action) => 1 - action), metadata };
    const files = [first, second].map((data, i) => [join(folder, `walk${i + 1}.safetensors`), data] as const);
    for (const [file, data] of files) await writeFile(file, encodeDataset(data));
    const of = ["--learner", "walk", "--store", join(folder, "store")];
    const run = startCommand(
      [
        ...["run", ...files.map(([file]) => file), ...of, "--as-new-task", "--json", "--preset", "smoke"],
        ...["--replay", "none", ...SETTINGS],
      ],
    );
    const { output } = await run.ended;
    const result = JSON.parse(output);
    assertEquals(result.resultsMatrix[0], [null, null], run.errors());
    assertEquals(result.estimates[0].map((one: unknown) => one !== null), [true, false]);

    const store = await openFilesystemStore({ root: join(folder, "store") });
    const status = await learnerStatus(store, "walk");
    const [one, two] = status.versions;
    const estimates = two!.row.map(({ estimate }) => estimate!);
    assertEquals(estimates.map(({ drop }) => drop === null), [false, true]);
    assertEquals(two!.state, "parked", JSON.stringify(estimates));
    assertStringIncludes(two!.reasons.join(), "task 1 has lost an estimated");
    const learnt = one!.row[0]!.estimate!.score.mean;
    assert(Math.abs(learnt - estimates[0]!.drop!.mean - estimates[0]!.score.mean) < 1e-6);

    const shown = estimates[1]!.score.mean.toFixed(1);
    const text = await runCommand(["versions", ...of]);
    const report = renderReport(await gatherReport(store, "walk"));
    const standing = await runCommand(["status", ...of]);
    for (const page of [text, report, standing]) {
      assertStringIncludes(page, shown);
      assertStringIncludes(
        page,
        "return_final_policy of the file (task 1); worst and best 10 % of the episodes (task 2)",
      );
      assertStringIncludes(page, "blind to states that the data never reached");
      assertStringIncludes(page, "rank correlation");
      assertStringIncludes(page, NOT_COVERED);
    }
    // What is parked is what a person is to decide on: its values and estimates stand beside those of what counts.
    assertEquals(standing.match(/^2 \(parked\) .*$/gm)?.length, 2, standing);
    assertStringIncludes(standing, "walk: no version has a score, as its tasks have no simulator");
    assertEquals(result.parked.map((one: { version: number }) => one.version), [2]);
    assertEquals(result.parked[0].estimates, estimates);
    assertEquals(result.parked[0].values.map(Number.isFinite), [false, true]);
    const view = resultsSchema.parse(resultsView(status));
    assertStringIncludes(view.estimateNote!, NOT_COVERED);
    assertEquals(versionView(two!, 1).scores[1]!.estimate, estimates[1]);

    // What old tasks are asked by is no garbage.
    const before = (await store.list("artifacts/")).length;
    const kept = status.jobs.find(({ id }) => id === one!.row[0]!.estimate!.job)!.outputs.network!.artifact;
    await collectGarbage({ store, graceHours: 0 });
    const left = await store.list("artifacts/");
    assert(
      left.length <= before && left.some(({ key }) => key.includes(kept)),
      "the networks of task 1 are gone",
    );
    await store.close();
  });
});
