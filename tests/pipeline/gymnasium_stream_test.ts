/** A dataset of a Gymnasium environment that Minari has written, from the file to true returns and the report. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gymnasiumPython } from "../fakes/gymnasium_python.ts";
import { withFolder } from "../fakes/test_folder.ts";
import { runCommand, startCommand } from "./embedded.ts";

const MAKE = fileURLToPath(new URL("make_minari.py", import.meta.url));
const KNOBS = ["stateSteps=20", "behaviorSteps=20", "criticSteps=20", "evaluationEpisodes=5"];
const SMALL = ["--preset", "smoke", "--workers", "1", ...KNOBS.flatMap((knob) => ["--set", knob])];

Deno.test({
  name:
    "a Minari dataset ends with true returns and a report, with no other step than the Python that is named; without it nothing is lost",
  ignore: gymnasiumPython === undefined,
  fn: () =>
    withFolder(async (folder) => {
      execFileSync(gymnasiumPython!, [MAKE, folder], { stdio: ["ignore", "ignore", "ignore"] });
      const dataset = join(folder, "pendulum", "test-v0");
      const of = ["--learner", "pendulum", "--store", join(folder, "store")];

      const learn = ["run", dataset, ...of, ...SMALL, "--json"];
      const { resultsMatrix, problems } = JSON.parse(
        await runCommand([...learn, "--python", gymnasiumPython!]),
      );
      assertEquals(problems, []);
      const [[score]] = resultsMatrix;
      assert(Number.isFinite(score), `the score is ${score}`);
      assertStringIncludes(await runCommand(["status", ...of]), "Pendulum-v1");
      const report = await readFile(join(folder, "store", "reports", "pendulum.html"), "utf8");
      assertStringIncludes(report, "Pendulum-v1 (Gymnasium)");

      const other = ["--learner", "other", "--store", join(folder, "other")];
      const running = startCommand(["run", dataset, ...other, ...SMALL, "--json"], {
        CUGRO_PYTHON: "/nowhere/python",
      });
      const { code, output } = await running.ended;
      assertEquals(code, 0, running.errors());
      // The warning comes while there is time, and at the end.
      const line = "python3 -m venv ~/.cache/cugro/gymnasium && ";
      assertStringIncludes(running.errors(), "task 1 will have no true returns: ");
      const result = JSON.parse(output);
      assertEquals(result.resultsMatrix, [[null]]);
      assertEquals(result.problems.map(({ code }: { code: string }) => code), ["environment.not-run"]);
      assertStringIncludes(result.problems[0].message, line);
      const again = ["evaluate", ...other, "--episodes", "2", "--json", "--python", gymnasiumPython!];
      assertEquals(JSON.parse(await runCommand(again)).tasks[0].returns.length, 2);

      // What is asked for and cannot be is refused before anything is done.
      const asking = ["run", dataset, "--learner", "third", "--store", join(folder, "third"), ...SMALL];
      for (
        const [flags, message] of [
          [["--gymnasium", "os:Pendulum-v1"], "names a module to import: an operator who trusts"],
          [["--gymnasium", "Pendulum-v1"], line],
        ] as const
      ) {
        const refused = startCommand([...asking, ...flags], { CUGRO_PYTHON: "/nowhere/python" });
        assertEquals((await refused.ended).code, 1);
        assertStringIncludes(refused.errors(), message);
      }
    }),
});
