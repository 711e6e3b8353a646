/**
 * A task with more rows than are read is marked as such by `status`, `plan` and the gateway; that `run` and the report do,
 * too: `value_test.ts`.
 */
import { learnerStatus } from "@cugro/learners";
import { openFilesystemStore } from "@cugro/store";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runCommandLine } from "../../scripts/cli/cugro.ts";
import { taskView } from "../../services/gateway/views.ts";
import { drive, learnerWith, pretend } from "../fakes/world.ts";
import { withFolder } from "../fakes/test_folder.ts";

const NOTE =
  "task 2 has 3,000,000 rows: training reads 1,000,000 of them, chosen by the learner's seed (maxTrainingRows)";

/** What a command line prints. */
async function printed(...args: string[]): Promise<string> {
  const { log } = console;
  const lines: string[] = [];
  console.log = (text: unknown) => void lines.push(String(text));
  try {
    assertEquals(await runCommandLine(args), 0);
  } finally {
    console.log = log;
  }
  return lines.join("\n");
}

Deno.test("a task of which not all rows are read is marked as such wherever tasks are shown", async () => {
  await withFolder(async (folder) => {
    const of = ["--learner", "a", "--store", folder];
    const store = await openFilesystemStore({ root: folder });
    await learnerWith(store, ["one", "two"]);
    await drive(store, pretend({ size: (text) => text === "two" ? 3_000_000 : 1_000_000 }));
    const { tasks, jobs } = await learnerStatus(store, "a");
    assertEquals(tasks.map((task) => taskView(task).trainingRows), [1_000_000, 1_000_000]);
    assert(jobs.every(({ state }) => state === "done"));
    await store.close();

    const text = await printed("status", ...of);
    assertEquals(text.split(" rows: ").length, 2, "there is no note about task 1");
    assertStringIncludes(text, NOTE);
    assertEquals(JSON.parse(await printed("status", ...of, "--json")).tasks[1].trainingRows, 1_000_000);

    // Another attempt, with a limit of its own.
    await printed("rollback", "1", ...of);
    await printed("retry", "2", ...of, "--set", "maxTrainingRows=5000");
    const plan = await printed("plan", ...of);
    assertStringIncludes(plan, `task 2, on version 1: 9 jobs\n${NOTE.replace("1,000,000", "5,000")}\n`);
    const [graph] = JSON.parse(await printed("plan", ...of, "--json"));
    assertEquals(graph.rows, { size: 3_000_000, trainingRows: 5_000 });
    assertStringIncludes(await printed("status", ...of), NOTE.replace("1,000,000", "5,000"));
  });
});
