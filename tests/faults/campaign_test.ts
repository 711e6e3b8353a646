import { assertEquals } from "@std/assert";
import { openCampaign } from "./campaign/campaign.ts";
import { describeReport } from "./campaign/report.ts";

/** A kill between the steps of a job, a frozen bus, a deleted JetStream, two coordinators, distorted news. */
const SEEDS = [1, 5, 7, 8, 12];

Deno.test("clusters that are damaged while they work come to what they come to undisturbed: five seeds", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const campaign = await openCampaign("stub", folder);
    for (const seed of SEEDS) {
      const report = await campaign.run(seed);
      console.log(describeReport(report, "stub"));
      assertEquals(report.violations, [], describeReport(report, "stub"));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
