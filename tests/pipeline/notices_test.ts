/** What is legal and implausible in a file: said by `validate` and `run` alike, in status, report and facts; errors with --strict. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeTensors, type TensorFile } from "@cugro/protocol";
import { rawOf, record, type Step } from "../../shared/datasets/testing/point_recording.ts";
import { withFolder } from "../fakes/test_folder.ts";
import { runCommand, startCommand } from "./embedded.ts";

const STEPS = ["stateSteps", "behaviorSteps", "criticSteps"].flatMap((knob) => ["--set", `${knob}=10`]);

/** Time limits that stand among the terminals. */
function misread(steps: Step[]): Step[] {
  return steps.map((step) => ({ ...step, terminal: step.timeout, timeout: 0 }));
}

async function write(path: string, steps: Step[]): Promise<string> {
  await writeFile(path, encodeTensors(rawOf(steps).arrays as TensorFile, { action_limit: "1" }));
  return path;
}

Deno.test("notices are in validate, run, status, report and facts, and errors with --strict", async () => {
  await withFolder(async (folder) => {
    const file = await write(join(folder, "limits.safetensors"), misread(record()));
    const other = await write(join(folder, "others.safetensors"), misread(record({ seed: 9 })));
    const two = [record({ seed: 4 }), record({ seed: 5 })];
    const turns = await write(
      join(folder, "turns.safetensors"),
      two[0]!.flatMap((step, i) => [step, two[1]![i]!]),
    );
    const [judged] = JSON.parse(await runCommand(["datasets", "validate", "--json", file]));
    assertEquals(judged.notices.map(({ code }: { code: string }) => code), ["terminals-at-time-limit"]);

    const store = join(folder, "store");
    const learner = ["--learner", "noticed", "--store", store];
    const run = JSON.parse(
      await runCommand(["run", file, ...learner, "--preset", "smoke", ...STEPS, "--workers", "2", "--json"]),
    );
    assertEquals(run.notices, [{ task: 1, ...judged.notices[0] }]);
    assertStringIncludes(
      await runCommand(["status", ...learner]),
      "notice (terminals, row 14): every terminal comes at step 15",
    );
    assertStringIncludes(
      await readFile(join(store, "reports", "noticed.html"), "utf8"),
      "every terminal comes at step 15",
    );

    const strict = startCommand(["run", other, "--strict", ...learner, "--workers", "2"]);
    assertEquals((await strict.ended).code, 1);
    const { rejections } = JSON.parse(await runCommand(["status", ...learner, "--json"]));
    const [refusal] = JSON.parse(
      (await startCommand(["datasets", "validate", "--json", "--strict", other]).ended).output,
    );
    assertEquals(rejections.map(({ reason }: { reason: string }) => reason), [refusal.error.message]);

    // Read rightly, the second recording is a task; the way it was read is in its arrival.
    const more = await runCommand([
      "run",
      turns,
      "--environments",
      "2",
      ...learner,
      "--workers",
      "2",
      "--json",
    ]);
    assertEquals(JSON.parse(more).tasks.length, 2);
    const arrival = JSON.parse(
      await readFile(join(store, "learners", "noticed", "arrivals", "3.json"), "utf8"),
    );
    assertEquals(arrival.reading, { environments: 2 });
    assert(JSON.parse(more).notices.every(({ task }: { task: number }) => task === 1));
  });
});
