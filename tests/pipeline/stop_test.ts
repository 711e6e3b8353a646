/** A person stops work that is under way in another terminal, on a folder, with real trainings. */
import { sleep } from "@cugro/async";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { openLocal } from "../../scripts/cli/learners/local.ts";
import { checkpoints, smallStream, startCommand, withFolder } from "./embedded.ts";

/** So that no training is done before the test is. */
const LONG = ["stateSteps", "behaviorSteps", "maxGeneratorSteps", "criticSteps", "maxCriticSteps"]
  .flatMap((knob) => ["--set", `${knob}=200000`]);

Deno.test("cugro cancel and cugro learner delete stop what a cugro run on the same folder is doing", () =>
  withFolder(async (folder) => {
    const files = await smallStream(folder, 2);
    const store = join(folder, "store");
    const learners = openLocal(store);
    const running = startCommand(
      ["run", ...files, "--learner", "a", "--preset", "smoke", "--workers", "2", ...LONG, "--store", store],
      { CUGRO_LOG: "info" },
    );
    try {
      const count = (what: string) => running.errors().split(what).length - 1;
      const until = async (what: string, times: number) => {
        const end = performance.now() + 60_000;
        while (count(what) < times) {
          assert(performance.now() < end, `no ${times} lines "${what}" in:\n${running.errors()}`);
          await sleep(20);
        }
      };
      // Two imports, then two trainings of task 1.
      await until('"job started"', 4);
      await learners.cancel("a", 1, undefined);
      const began = performance.now();
      await until("nobody needs the job any more: it is stopped", 2);
      assert(performance.now() - began < 15_000, "running work stops within seconds");
      // They are free for task 2, and what was stopped can go on.
      await until('"job started"', 6);
      assertEquals((await checkpoints(store)).length, 2);
      await learners.delete("a");
      const { code } = await running.ended;
      assertEquals(code, 1);
      assertStringIncludes(
        running.errors(),
        'The learner "a" was deleted meanwhile, and its work is stopped',
      );
      await learners.restore("a");
      const { tasks, problems } = await learners.status("a");
      assertEquals(tasks.map(({ state }) => state), ["cancelled", "undecided"]);
      assertEquals(problems, []);
    } finally {
      await learners.close();
      running.killGroup();
    }
  }));
