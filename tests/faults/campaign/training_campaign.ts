/**
 * The campaign with real training: tiny datasets, preset `smoke`, the tensor backend. What must come out is what
 * `cugro run` makes of the same files in one command.
 * @module
 */
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { openFilesystemStore } from "@cugro/store";
import { runCommand, smallStream } from "../../pipeline/embedded.ts";
import type { Campaign } from "./campaign.ts";
import { type Outcome, readOutcome } from "./run_outcome.ts";
import { discard, runSeed } from "./run_seed.ts";
import { planFaults, type Scale } from "./schedule.ts";
import type { Workload } from "./workload.ts";

const LEARNER = "ann";
const SEED = 3;
/** Long enough for a fault to find something at work, small enough for half a minute in all. */
const KNOBS: Record<string, number> = {
  stateSteps: 160,
  behaviorSteps: 160,
  maxGeneratorSteps: 160,
  criticSteps: 160,
  maxCriticSteps: 160,
  evaluationEpisodes: 1,
  shardsPerTask: 2,
};
const SCALE: Scale = { ackWaitMs: 15_000, longOutageMs: 30_000 };
const ENVIRONMENT = {
  CUGRO_ACK_WAIT_SECONDS: String(SCALE.ackWaitMs / 1000),
  CUGRO_CHECKPOINT_STEPS: "20",
  CUGRO_LOG: "info",
};

/** Collects the datasets and learns them once, undisturbed. */
export async function openTrainingCampaign(folder: string): Promise<Campaign> {
  const paths = await smallStream(folder, 2);
  const calm = join(folder, "calm");
  const knobs = Object.entries(KNOBS).flatMap(([knob, value]) => ["--set", `${knob}=${value}`]);
  const learner = ["--learner", LEARNER, "--seed", String(SEED), "--preset", "smoke"];
  await runCommand(["run", ...paths, "--store", calm, "--workers", "2", ...learner, ...knobs]);
  const expected = await outcomeOf(calm);
  const files = await Promise.all(
    paths.map(async (path) => ({ name: basename(path), bytes: new Uint8Array(await readFile(path)) })),
  );
  const lesson = { learner: LEARNER, seed: SEED, files, overrides: { ...KNOBS }, rollback: false };
  const workload: Workload = { id: "training", lessons: [lesson] };
  return {
    async run(seed, keep = false) {
      const own = join(folder, `seed-${seed}`);
      const plan = planFaults(seed, SCALE);
      const longest = Math.max(0, ...plan.timeline.map(({ fault }) => fault.ms));
      const report = await runSeed({
        plan,
        workload,
        expected,
        stub: undefined,
        environment: ENVIRONMENT,
        folder: own,
        timeoutMs: 600_000 + 2 * longest,
      });
      if (report.violations.length === 0 && !keep) await discard(own);
      return report;
    },
  };
}

async function outcomeOf(folder: string): Promise<Outcome> {
  const store = await openFilesystemStore({ root: folder, lock: false });
  try {
    return await readOutcome(store, [LEARNER]);
  } finally {
    await store.close();
  }
}
