import { sleep } from "@cugro/async";
import { assert, assertEquals } from "@std/assert";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { withFolder } from "../fakes/test_folder.ts";
import {
  type FinishedJob,
  finishedJobs,
  hasCheckpoint,
  runCommand,
  type Running,
  smallStream,
  startCommand,
  weightsOf,
} from "../pipeline/embedded.ts";

/** The least number of kills, and of runs among them that took up a checkpoint; a test that needs MOST kills for it fails. */
const KILLS = 20;
const RESUMED = 10;
const MOST = 60;
const WORKER_KILLS = 8;
/** Long enough for a kill to find something running, small enough for seconds in all. */
const KNOBS = [
  "stateSteps=1200",
  "behaviorSteps=1200",
  "maxGeneratorSteps=1200",
  "criticSteps=1200",
  "maxCriticSteps=1200",
  "evaluationEpisodes=1",
];
const SMOKE = ["--preset", "smoke", "--workers", "2", ...KNOBS.flatMap((knob) => ["--set", knob])];
const ENVIRONMENT = { CUGRO_CHECKPOINT_STEPS: "20", CUGRO_LOG: "info" };

/** The n-th of a fixed sequence in [0, 1): moments differ from kill to kill and not from run to run. */
const fraction = (n: number) => (n * 0.6180339887) % 1;

/** Waits until this run has written a checkpoint and no result yet, then a little more; or for a plain moment. */
async function chooseMoment(store: string, kill: number, running: Running): Promise<void> {
  const began = Date.now();
  let ended = false;
  running.ended.then(() => ended = true);
  if (kill % 4 === 3) return void await sleep(500 + 4000 * fraction(kill));
  while (!ended && !await hasCheckpoint(store, began)) await sleep(10);
  await sleep(150 * fraction(kill));
}

/** Steps at which jobs of a run took up a checkpoint, from its log. */
function resumedSteps(log: string): number[] {
  const lines = log.split("\n").filter((line) => line.includes('"job started"'));
  return lines.map((line) => JSON.parse(line.slice(line.indexOf("{"))).step as number).filter((step) =>
    step > 0
  );
}

function assertNotRedone(before: Map<string, FinishedJob>, after: Map<string, FinishedJob>): void {
  for (const [id, { finished }] of before) {
    assertEquals(after.get(id)?.finished, finished, `${id} ran again after its result existed`);
  }
}

/** Kills runs on one store until there have been enough kills or the work is done, which takes few on a fast machine. */
async function killRuns(learn: string[], store: string, counts: { kills: number; resumed: number }) {
  let finished = new Map<string, FinishedJob>();
  let done = false;
  while (!done && (counts.kills < KILLS || counts.resumed < RESUMED)) {
    const running = startCommand([...learn, "--store", store], ENVIRONMENT);
    await chooseMoment(store, counts.kills, running);
    running.killGroup();
    done = (await running.ended).code === 0;
    counts.kills += done ? 0 : 1;
    counts.resumed += resumedSteps(running.errors()).length > 0 ? 1 : 0;
    const now = await finishedJobs(store);
    assertNotRedone(finished, now);
    finished = now;
  }
  if (!done) await runCommand([...learn, "--store", store], ENVIRONMENT);
  assertNotRedone(finished, await finishedJobs(store));
}

Deno.test("cugro run ends with the same weights after 20 SIGKILLs of all its processes", async () => {
  await withFolder(async (folder) => {
    const files = await smallStream(folder, 2);
    const calm = join(folder, "calm");
    const learn = ["run", ...files, "--learner", "a", ...SMOKE];
    await runCommand([...learn, "--store", calm], ENVIRONMENT);
    const counts = { kills: 0, resumed: 0 };
    for (let round = 0; counts.kills < KILLS || counts.resumed < RESUMED; round++) {
      assert(counts.kills < MOST, `only ${counts.resumed} of ${counts.kills} runs resumed at a step > 0`);
      const store = join(folder, `store${round}`);
      await killRuns(learn, store, counts);
      assertEquals(await weightsOf(store), await weightsOf(calm));
    }
  });
});

Deno.test("cugro run ends with the same weights after SIGKILLs of single workers", async () => {
  await withFolder(async (folder) => {
    const files = await smallStream(folder, 1);
    const calm = join(folder, "calm");
    await runCommand(["run", ...files, "--learner", "a", "--store", calm, ...SMOKE], ENVIRONMENT);
    const store = join(folder, "store");
    const running = startCommand(
      ["run", ...files, "--learner", "a", "--store", store, ...SMOKE],
      ENVIRONMENT,
    );
    const seen = new Map<string, number>();
    let killed = 0;
    let ended = false;
    running.ended.then(() => ended = true);
    while (!ended && killed < WORKER_KILLS) {
      for (const { worker, jobId, kind } of startedJobs(running.errors())) {
        // Only who has got further since its job was last interrupted: three deaths without progress are a poison job.
        const saved = await checkpointTime(store, kind, jobId);
        if (saved === undefined || saved <= (seen.get(jobId) ?? 0) || !tryKill(worker)) continue;
        seen.set(jobId, saved);
        killed++;
      }
      await sleep(20);
    }
    const { code } = await running.ended;
    assertEquals(code, 0, running.errors());
    assert(killed >= 3, `only ${killed} workers were killed`);
    assert(resumedSteps(running.errors()).length > 0, "no job resumed at a step > 0");
    assertEquals(await weightsOf(store), await weightsOf(calm));
  });
});

/** The newest worker of each job that was started, from the log. */
function startedJobs(log: string): { worker: number; jobId: string; kind: string }[] {
  const newest = new Map<string, { worker: number; jobId: string; kind: string }>();
  for (const line of log.split("\n")) {
    if (!line.includes('"job started"')) continue;
    const started = JSON.parse(line.slice(line.indexOf("{")));
    newest.set(started.jobId, started);
  }
  return [...newest.values()];
}

/** When a job's checkpoint was written, in ms; undefined if there is none or the job is done. */
async function checkpointTime(store: string, kind: string, jobId: string): Promise<number | undefined> {
  const folder = join(store, "jobs", kind, jobId);
  if (await stat(join(folder, "result.json")).then(() => true, () => false)) return undefined;
  return await stat(join(folder, "checkpoint")).then(({ mtimeMs }) => mtimeMs, () => undefined);
}

function tryKill(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}
