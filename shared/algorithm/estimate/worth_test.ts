import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describeEstimateWorth, ESTIMATE_CALIBRATION } from "./worth.ts";

Deno.test("describeEstimateWorth() says what it was measured on, and which of the conditions it does not cover", () => {
  const { preset, estimateSteps, streams } = ESTIMATE_CALIBRATION;
  const worlds = Object.values(streams);
  const covered = describeEstimateWorth({
    ...{ preset, estimateSteps },
    tasks: worlds.map((world, i) => ({ task: i + 1, world })),
  });
  for (const part of [...worlds, "preset default", "1,500 steps"]) assertStringIncludes(covered, part);
  assert(!covered.includes("Not covered"), covered);
  const elsewhere = (conditions: Partial<Parameters<typeof describeEstimateWorth>[0]>) =>
    describeEstimateWorth({ preset, estimateSteps, tasks: [], ...conditions }).slice(
      describeEstimateWorth({ preset, estimateSteps, tasks: [] }).length,
    );
  const noteOf = (what: string) =>
    ` Not covered by that: ${what}. What an estimate is worth there is not known.`;
  assertEquals(
    elsewhere({ preset: "smoke", estimateSteps: 60 }),
    noteOf("the preset smoke and fits of 60 steps (estimateSteps)"),
  );
  assertEquals(elsewhere({ estimateSteps: 3_000 }), "");
  const tasks = [{ task: 1, world: "swimmer-dir" }, { task: 2, world: "hopper-vel" }, {
    task: 4,
    world: null,
  }];
  assertEquals(elsewhere({ tasks }), noteOf("the data of tasks 2, 4"));
  assertEquals(elsewhere({ tasks: tasks.slice(0, 2) }), noteOf("the data of task 2"));
});
