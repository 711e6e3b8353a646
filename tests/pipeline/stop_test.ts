/** A person stops work that is under way in another terminal, on a folder, with real trainings. */
import { sleep } from "@cugro/async";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { openLocal } from "../../scripts/cli/learners/local.ts";
import { withFolder } from "../fakes/test_folder.ts";
import { checkpoints, smallStream, startCommand } from "./embedded.ts";

/** So that no training is done before the test is. */
const LONG = ["stateSteps", "behaviorSteps", "maxGeneratorSteps", "criticSteps", "maxCriticSteps"]
  .flatMap((knob) => ["--set", `${knob}=200000`]);

Deno.test("cugro cancel ends a cugro run on the same folder, which says so; what was stopped can go on", () =>
  withFolder(async (folder) => {
    const files = await smallStream(folder, 1);
    const store = join(folder, "store");
    const learners = openLocal(store);
    const running = startCommand(
      ["run", ...files, "--learner", "a", "--preset", "smoke", "--workers", "2", ...LONG, "--store", store],
      { CUGRO_LOG: "info" },
    );
    try {
      // The import, then two trainings.
      const started = () => running.errors().split('"job started"').length - 1;
      for (const end = performance.now() + 60_000; started() < 3; await sleep(20)) {
        assert(performance.now() < end, running.errors());
      }
      await learners.cancel("a", 1, undefined);
      const { code } = await running.ended;
      assertEquals(code, 0, running.errors());
      assertStringIncludes(running.errors(), "task 1 was cancelled, and its work is stopped; learnt again: ");
      assertStringIncludes(running.errors(), `cugro retry 1 --learner a --store ${store}`);
      assertEquals((await checkpoints(store)).length, 2);
      const { tasks, problems } = await learners.status("a");
      assertEquals([tasks.map(({ state }) => state), problems], [["cancelled"], []]);
    } finally {
      await learners.close();
      running.killGroup();
    }
  }));
