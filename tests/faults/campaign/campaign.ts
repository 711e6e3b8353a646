/**
 * What the runs of a campaign share: their workloads, and what each comes to undisturbed.
 * @module
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createEmbeddedBus } from "@cugro/bus";
import { openFilesystemStore } from "@cugro/store";
import { openClusterCampaign } from "./cluster/cluster_campaign.ts";
import { type Outcome, readOutcome } from "./run_outcome.ts";
import { discard, runSeed, type SeedReport } from "./run_seed.ts";
import { planFaults, planRestoration, type Scale } from "./schedule.ts";
import { openTrainingCampaign } from "./training_campaign.ts";
import { runUndisturbed, STUB_STEPS } from "./undisturbed.ts";
import { stubWorkload, type Workload } from "./workload.ts";

/** Stub jobs, the same with a store that is lost and restored, real training, or that in a local cluster. */
export type CampaignMode = "stub" | "backup" | "training" | "cluster";

/** Runs seeds. */
export interface Campaign {
  run(seed: number, keep?: boolean): Promise<SeedReport>;
  /** Ends what is shared by several runs. */
  close?(): Promise<void>;
}

/** Everything is faster than in earnest by the same factor: an ack wait of 30 s is one of 2 s. */
const STUB_SCALE: Scale = { ackWaitMs: 2_000, longOutageMs: 30_000 };
const STEP_MS = 8;
const STUB_ENVIRONMENT = {
  CUGRO_ACK_WAIT_SECONDS: String(STUB_SCALE.ackWaitMs / 1000),
  CUGRO_CHECKPOINT_STEPS: "4",
  CUGRO_LOG: "info",
};

/** Prepares a campaign; `folder` is where its runs write. */
export async function openCampaign(mode: CampaignMode, folder: string): Promise<Campaign> {
  if (mode === "cluster") return await openClusterCampaign();
  if (mode === "training") return await openTrainingCampaign(folder);
  const expectations = new Map<string, Outcome>();
  return {
    async run(seed, keep = false) {
      const workload = stubWorkload(seed);
      const expected = expectations.get(workload.id) ?? await expect(workload, join(folder, workload.id));
      expectations.set(workload.id, expected);
      const plan = (mode === "backup" ? planRestoration : planFaults)(seed, STUB_SCALE);
      const longest = Math.max(0, ...plan.timeline.map(({ fault }) => fault.ms));
      const own = join(folder, `seed-${seed}`);
      const report = await runSeed({
        plan,
        workload,
        expected,
        stub: { steps: STUB_STEPS, stepMs: STEP_MS },
        environment: STUB_ENVIRONMENT,
        folder: own,
        timeoutMs: 240_000 + 2 * longest,
      });
      if (report.violations.length === 0 && !keep) await discard(own);
      return report;
    },
  };
}

async function expect(workload: Workload, folder: string): Promise<Outcome> {
  await mkdir(folder, { recursive: true });
  const store = await openFilesystemStore({ root: folder });
  try {
    await runUndisturbed({ workload, store, bus: createEmbeddedBus() });
    return await readOutcome(store, workload.lessons.map(({ learner }) => learner));
  } finally {
    await store.close();
    await discard(folder);
  }
}
