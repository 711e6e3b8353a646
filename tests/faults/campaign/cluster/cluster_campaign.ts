/**
 * The campaign in local clusters: several seeds a start, each a learner of its own whose outcome undisturbed is that of
 * `cugro run`.
 * @module
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { openFilesystemStore } from "@cugro/store";
import { runCommand, smallStream } from "../../../pipeline/embedded.ts";
import type { Campaign } from "../campaign.ts";
import { type Outcome, readOutcome } from "../run_outcome.ts";
import type { Workload } from "../workload.ts";
import { type ClusterRuns, openClusterRuns } from "./cluster_run.ts";
import { planClusterFaults } from "./cluster_schedule.ts";

/** Seeds that share a cluster, one after the other: the number of workloads. */
const RUNS_A_START = 4;
const TASKS = 2;
/** A few seconds of work for all jobs together. */
const KNOBS: Record<string, number> = {
  stateSteps: 60,
  behaviorSteps: 60,
  maxGeneratorSteps: 60,
  criticSteps: 60,
  maxCriticSteps: 60,
  evaluationEpisodes: 1,
  shardsPerTask: 1,
};

/** Collects the datasets. Services may not read in memory (`/dev/shm`), so that this writes to the disk. */
export async function openClusterCampaign(): Promise<Campaign> {
  const folder = await mkdtemp(join(tmpdir(), "cugro-campaign-"));
  const paths = await smallStream(folder, TASKS);
  const files = await Promise.all(
    paths.map(async (path) => ({ name: basename(path), bytes: new Uint8Array(await readFile(path)) })),
  );
  const expectations = new Map<number, Promise<Outcome>>();
  let start: { number: number; runs: ClusterRuns } | undefined;
  let sound = true;
  const runsOf = async (number: number) => {
    if (start?.number === number) return start.runs;
    await start?.runs.close();
    start = undefined;
    const runs = await openClusterRuns(join(folder, `start-${number}`));
    start = { number, runs };
    return runs;
  };
  return {
    async run(seed, keep = false) {
      const [number, variant] = [Math.floor(seed / RUNS_A_START), seed % RUNS_A_START];
      const learner = learnerOf(variant);
      expectations.set(variant, expectations.get(variant) ?? expect(folder, paths, variant));
      const expected = await expectations.get(variant)!;
      const lesson = { learner, seed: variant, files, overrides: { ...KNOBS }, rollback: false };
      const workload: Workload = { id: learner, lessons: [lesson] };
      const runs = await runsOf(number);
      const report = await runs.run({ plan: planClusterFaults(seed), workload, expected });
      sound &&= report.violations.length === 0 && !keep;
      return report;
    },
    async close() {
      await start?.runs.close();
      if (sound) await rm(folder, { recursive: true, force: true });
      else console.log(`histories and stores: ${folder}`);
    },
  };
}

const learnerOf = (variant: number) => `variant${variant}`;

async function expect(folder: string, paths: readonly string[], variant: number): Promise<Outcome> {
  const calm = join(folder, `calm-${variant}`);
  const knobs = Object.entries(KNOBS).flatMap(([knob, value]) => ["--set", `${knob}=${value}`]);
  const learner = ["--learner", learnerOf(variant), "--seed", String(variant), "--preset", "smoke"];
  await runCommand(["run", ...paths, "--store", calm, "--workers", "2", ...learner, ...knobs]);
  const store = await openFilesystemStore({ root: calm, lock: false });
  try {
    return await readOutcome(store, [learnerOf(variant)]);
  } finally {
    await store.close();
  }
}
