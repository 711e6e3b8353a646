/** Tasks whose environment runs in Python: what an evaluation reports of them. */
import { createRng, fitNormaliser, fitSketch, normaliserToStored } from "@cugro/algorithm/arrays";
import { createHandlers as behaviorGeneration } from "@cugro/behavior-generation";
import { createHandlers as criticTraining } from "@cugro/critic-training";
import { encodeStored } from "@cugro/jobs";
import type { JobContext } from "@cugro/worker";
import { openCompute } from "@cugro/tensors";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { exampleDataset } from "../../tests/fakes/example_dataset.ts";
import { withJobs } from "../../tests/fakes/job_bench.ts";
import { gymnasiumPython, PACKAGES, withPython } from "../../tests/fakes/gymnasium_python.ts";
import { createHandlers } from "./mod.ts";

const BRIEF = {
  behaviorSteps: 2,
  criticSteps: 2,
  evaluationEpisodes: 3,
  candidates: 2,
  actingEvaluations: 1,
};

Deno.test({
  name:
    "policy.evaluate reports returns and success from Python, why there are none, and what the environment raised",
  ignore: gymnasiumPython === undefined,
  fn: () =>
    withPython(async (python) => {
      const { compile } = await openCompute();
      const config = {
        gymnasium: { python: undefined, packages: PACKAGES, trust: "registered", network: "refuse" } as const,
      };
      let prepared: typeof python | undefined = python;
      const handlers = {
        ...behaviorGeneration({ compile }),
        ...criticTraining({ compile }),
        "policy.evaluate": (context: JobContext<"policy.evaluate">) =>
          createHandlers({ compile, config, prepared })["policy.evaluate"]!(context),
      };
      await withJobs(handlers, BRIEF, async ({ add, run }) => {
        const data = exampleDataset(20, 6);
        const fitted = fitNormaliser(data);
        const normaliser = encodeStored(normaliserToStored(fitted));
        const about = { task: 1, oldTasks: 0, heldOutSeed: 3, replayRows: 0 };
        const inputs = { dataset: await add(data), "normaliser/1": normaliser };
        const [behavior, critic] = [
          await run("behavior.train", about, inputs),
          await run("critic.train", about, inputs),
        ];
        const evaluate = (gymnasium: string) =>
          run("policy.evaluate", {
            ...{ task: 1, newTask: 2, horizon: 6, heldOutSeed: 3, replayRows: 0 },
            environment: { gymnasium },
            anchors: { random: 0, good: 1, source: "test" },
          }, {
            behaviorGenerator: behavior.outputs.weights!,
            critic: critic.outputs.weights!,
            normaliser,
            sketch: encodeStored(fitSketch({ ...data, seed: 1, normaliser: fitted })),
          });

        const { metrics, outputs } = await evaluate("misbehaving/Succeeds-v0");
        const starts = createRng(7, "starts");
        const seeds = Array.from({ length: 3 }, () => starts.integer(2 ** 31));
        assertEquals(metrics.success, seeds.map((seed) => seed % 2 === 0 ? 1 : 0));
        assertEquals((metrics.returns as number[]).length, 3);
        const rollouts = JSON.parse(new TextDecoder().decode(outputs.rollouts));
        assertEquals(rollouts.lengths, seeds.map((seed) => seed % 2 === 1 ? 4 : 6));
        assertEquals(rollouts.versions.gymnasium, "1.4.0");

        const { failure } = await evaluate("misbehaving/Raises-v0");
        assertStringIncludes(
          failure!.message,
          "raised ValueError in step of its copy 0: the gripper is stuck",
        );
        assertEquals(failure!.permanent, true);
        const other = await evaluate("CartPole-v1");
        assertMatch(other.failure!.message, /of \[4, 2\] numbers, and the data of \[2, 1\]/);
        prepared = undefined;
        const none = await evaluate("misbehaving/Walk-v0");
        assertEquals([none.metrics.returns, none.failure], [[], undefined]);
        assertMatch(String(none.metrics.notRun), /there is no Python for it: .*python3 -m venv/);
      });
    }),
});
