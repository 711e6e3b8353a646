/**
 * A learner whose data names no environment: what its versions are worth is seen by the critic's values.
 */
import { encodeDataset } from "@cugro/datasets";
import { resultsView, versionView } from "../../services/gateway/views.ts";
import { learnerStatus } from "@cugro/learners";
import { gatherReport, renderReport } from "@cugro/report";
import { openFilesystemStore } from "@cugro/store";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exampleDataset } from "../fakes/example_dataset.ts";
import { withFolder } from "../fakes/test_folder.ts";
import { runCommand, startCommand } from "./embedded.ts";

const KNOBS = ["stateSteps=20", "behaviorSteps=20", "criticSteps=20", "maxTrainingRows=1000"].flatMap((
  knob,
) => ["--set", knob]);

Deno.test("without a simulator every version shows a value for each task: run, status, versions, report, gateway", async () => {
  await withFolder(async (folder) => {
    // The second has more rows than are read of it.
    const files = [20, 120].map((episodes, index) =>
      [join(folder, `walk${index + 1}.safetensors`), episodes] as const
    );
    for (const [file, episodes] of files) await writeFile(file, encodeDataset(exampleDataset(episodes, 10)));
    const of = ["--learner", "walk", "--store", join(folder, "store")];
    const learn = [
      "run",
      ...files.map(([file]) => file),
      ...of,
      "--as-new-task",
      "--json",
      "--preset",
      "smoke",
      ...KNOBS,
    ];
    const run = startCommand(learn);
    const { code, output } = await run.ended;
    assertEquals(code, 0, run.errors());
    assertEquals(run.errors().split("task 2 has 1,200 rows: training reads 1,000 of them").length, 2, "once");
    const { resultsMatrix, valueEstimates } = JSON.parse(output);
    assertEquals(resultsMatrix, [[null, null], [null, null]]);
    const isNumber = (value: unknown) => typeof value === "number";
    assertEquals(valueEstimates.map((row: unknown[]) => row.map(isNumber)), [[true, false], [true, true]]);

    const shown = (value: number) => String(Number(value.toPrecision(4)));
    const [[first], [old, second]] = valueEstimates;
    const text = await runCommand(["status", ...of]);
    for (const value of [first, old, second]) assertStringIncludes(text, shown(value));
    assertStringIncludes(await runCommand(["versions", ...of]), `1: ${shown(old)}, 2: ${shown(second)}`);

    const store = await openFilesystemStore({ root: join(folder, "store") });
    const status = await learnerStatus(store, "walk");
    assertEquals(resultsView(status).valueEstimates, valueEstimates);
    const version = versionView(status.versions[1]!, status.head);
    assertEquals(version.scores.map(({ valueEstimate }) => valueEstimate), [old, second]);
    assertEquals(version.row.map(({ valueEstimate }) => valueEstimate), [old, second]);
    const measured = status.jobs.filter(({ kind }) => kind === "policy.evaluate");
    for (const { metrics } of measured) {
      assert([first, old, second].includes(metrics.valueEstimate), `${metrics.valueEstimate} was measured`);
    }
    const report = renderReport(await gatherReport(store, "walk"));
    assertStringIncludes(
      report.replaceAll(/(<[^>]*>|\s)+/g, " "),
      "walk2 environment no simulator transitions 1,200 read by trainings 1,000 ",
    );
    for (const value of [first, old, second]) {
      assertStringIncludes(report, `<b>${shown(value)}</b><small>value</small>`);
    }
    await store.close();
  });
});
