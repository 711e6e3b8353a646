import { sleep } from "@cugro/async";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { copyFile, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeTensors, encodeTensors, sha256 } from "@cugro/protocol";
import { withFolder } from "../fakes/test_folder.ts";
import {
  checkpoints,
  finishedJobs,
  runCommand,
  smallStream,
  startCommand,
  weightsOf,
} from "../pipeline/embedded.ts";
import { onSmallDisk } from "../fakes/small_disk.ts";

const KNOBS = ["behaviorSteps=30", "criticSteps=30", "evaluationEpisodes=1"];
const SMOKE = ["--preset", "smoke", "--workers", "1", ...KNOBS.flatMap((knob) => ["--set", knob])];
const SHORT = [...SMOKE, "--set", "stateSteps=30"];
/** Long enough to be found at work. */
const LONG = [...SMOKE, "--set", "stateSteps=1000", "--set", "maxGeneratorSteps=1000"];

/**
 * Runs a command that must fail.
 *
 * @returns what it said
 */
async function failingCommand(args: readonly string[]): Promise<string> {
  const running = startCommand(args);
  const { code, output } = await running.ended;
  assertEquals(code, 1, `${output}${running.errors()}`);
  return output + running.errors();
}

async function until(what: () => unknown): Promise<void> {
  while (!await what()) await sleep(20);
}

Deno.test("a second cugro run on a folder is told who writes there, and the first is not disturbed", async () => {
  await withFolder(async (folder) => {
    const files = await smallStream(folder, 1);
    const store = join(folder, "store");
    const learn = ["run", ...files, "--learner", "one", "--store", store, ...SHORT];
    const first = startCommand(learn);
    await until(() => stat(join(store, "@store", "lock")).then(() => true, () => false));
    const refused = await failingCommand(["run", ...files, "--learner", "two", "--store", store, ...SHORT]);
    assertStringIncludes(refused, "is being written by another command");
    assertStringIncludes(refused, `kill ${first.child.pid}`);
    await runCommand(["status", "--store", store]);
    assertEquals((await first.ended).code, 0, first.errors());
    assertEquals(JSON.parse(await runCommand(["learner", "list", "--store", store, "--json"])), ["one"]);
  });
});

Deno.test("damaged weights stop the next task with a sentence; a copy put back, it goes on", async () => {
  await withFolder(async (folder) => {
    const [first, second] = await smallStream(folder, 2) as [string, string];
    const store = join(folder, "store");
    const learn = (file: string) => ["run", file, "--learner", "one", "--store", store, ...SHORT];
    await runCommand(learn(first));
    const before = await weightsOf(store);
    const jobs = [...(await finishedJobs(store)).values()];
    const hash = jobs.find(({ kind }) => kind === "behavior.train")!.outputs.weights!.artifact;
    const path = join(store, "artifacts", hash);
    await copyFile(path, join(folder, "copy"));
    const bytes = await readFile(path);
    bytes[bytes.length - 5]! ^= 1;
    await writeFile(path, bytes);

    const errors = await failingCommand(learn(second));
    assertStringIncludes(errors, `artifacts/${hash} is damaged`);
    assertStringIncludes(errors, "Task 2 cannot go on");
    assertStringIncludes(errors, `needs weights of version 1 (artifacts/${hash})`);
    assertEquals(await readFile(`${path}.damaged`), bytes, "the damaged bytes are set aside");
    const status = async () =>
      JSON.parse(await runCommand(["status", "--learner", "one", "--store", store, "--json"]));
    assertEquals((await status()).head, 1);

    await copyFile(join(folder, "copy"), path);
    await runCommand(learn(second));
    assertEquals((await status()).head, 2);
    const after = await weightsOf(store);
    for (const [id, weights] of Object.entries(before)) assertEquals(after[id], weights);
  });
});

Deno.test("a checkpoint of another profile is not resumed: the log says so, and the job starts again", async () => {
  await withFolder(async (folder) => {
    const files = await smallStream(folder, 1);
    const store = join(folder, "store");
    const learn = ["run", ...files, "--learner", "one", "--store", store, ...LONG];
    const environment = { CUGRO_CHECKPOINT_STEPS: "20" };
    const cut = startCommand(learn, environment);
    await until(async () => (await checkpoints(store)).length > 0);
    cut.killGroup();
    await cut.ended;
    const [checkpoint] = await checkpoints(store);
    assert(checkpoint, "a checkpoint is left");
    const { tensors, metadata } = decodeTensors(new Uint8Array(await readFile(checkpoint.path)));
    assert(Number(metadata["cugro.step"]) >= 20);
    const foreign = { ...metadata, "cugro.profile": sha256("another processor") };
    await writeFile(checkpoint.path, encodeTensors(tensors, foreign));

    const again = startCommand(learn);
    assertEquals((await again.ended).code, 0, again.errors());
    assertStringIncludes(again.errors(), "checkpoint ignored, the job starts again");
    assertStringIncludes(again.errors(), "it is of another profile");
    const job = (await finishedJobs(store)).get(checkpoint.jobId)!;
    assertEquals(job.startedAtStep, 0);
    assertEquals(await checkpoints(store), []);
  });
});

Deno.test("cugro run on a full disk says so in one sentence, waits, and goes on by itself when there is room", () =>
  // Room for the file that is handed over, but not for the dataset made of it.
  onSmallDisk("180k", async (disk, grow) => {
    await withFolder(async (folder) => {
      const files = await smallStream(folder, 1);
      const store = join(disk, "store");
      const learn = ["run", ...files, "--learner", "one", "--store", store, ...SHORT];
      // The first one gives up, exits with 1, and loses nothing; there is not even room for a note that it ended.
      const brief = startCommand([...learn, "--wait-for-room", "0.05"]);
      const { code, output } = await brief.ended;
      assertEquals(code, 1, output);
      assertStringIncludes(brief.errors(), "the run waits and continues by itself once there is room");
      assertStringIncludes(brief.errors(), "no room for 3 s: stopped. Nothing is lost");
      assertStringIncludes(brief.errors(), "cugro gc");

      const running = startCommand(learn, { CUGRO_ACK_WAIT_SECONDS: "2" });
      let ended = false;
      running.ended.then(() => ended = true);
      await until(() => ended || running.errors().includes("is full (ENOSPC when writing datasets/"));
      await grow("64m");
      const whole = await running.ended;
      assertEquals(whole.code, 0, running.errors());
      assertStringIncludes(whole.output, "serving version 1");
      const errors = running.errors();
      assertStringIncludes(errors, "There is room again: the run goes on");
      assertEquals(errors.split("is full").length, 2, `said once: ${errors}`);
      assertEquals(errors.split("\n").filter((line) => line.startsWith("{")), [], "no line of JSON");
      await rm(store, { recursive: true });
    });
  }));
