import { assertEquals } from "@std/assert";
import { openCampaign } from "./campaign/campaign.ts";
import { makeMemoryFolder } from "./campaign/memory_folder.ts";
import { describeReport } from "./campaign/campaign_report.ts";

/** A bus killed, news distorted, workers and a coordinator killed between their steps, JetStream deleted. */
const SEEDS = [4, 12, 17, 19, 23];

/** A bus killed; the store lost, and restored beside services that have started in its empty place. */
const RESTORED = 4;

Deno.test("clusters that are damaged while they work come to what they come to undisturbed: five seeds, one with a store that is lost and restored", async () => {
  const folder = await makeMemoryFolder();
  try {
    const campaign = await openCampaign("stub", folder);
    for (const seed of SEEDS) {
      const report = await campaign.run(seed);
      console.log(describeReport(report, "stub"));
      assertEquals(report.violations, [], describeReport(report, "stub"));
    }
    const report = await (await openCampaign("backup", folder)).run(RESTORED);
    console.log(describeReport(report, "backup"));
    assertEquals(report.violations, [], describeReport(report, "backup"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
