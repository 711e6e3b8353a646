import { assertEquals } from "@std/assert";
import { openCampaign } from "./campaign/campaign.ts";
import { makeMemoryFolder } from "./campaign/memory_folder.ts";
import { describeReport } from "./campaign/report.ts";

/** A bus killed, news distorted, workers and a coordinator killed between their steps, JetStream deleted. */
const SEEDS = [4, 12, 17, 19, 23];

Deno.test("clusters that are damaged while they work come to what they come to undisturbed: five seeds", async () => {
  const folder = await makeMemoryFolder();
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
