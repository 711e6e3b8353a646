/**
 * Jobs that sample are stopped between passes, and go on from their checkpoint to the same bytes.
 */
import { eager, presets } from "@cugro/algorithm";
import { encodeDataset } from "@cugro/datasets";
import { decodeShardStates, encodeShard } from "@cugro/jobs";
import type { JobContext } from "@cugro/worker";
import { openBackend } from "@cugro/tensors";
import { openFilesystemStore, type Store } from "@cugro/store";
import { datasetKey, type FieldsOf, incomingKey } from "@cugro/protocol";
import { assertEquals, assertRejects } from "@std/assert";
import { exampleDataset } from "../fakes/example_dataset.ts";
import { withFolder } from "../fakes/test_folder.ts";
import { createRunner, type Outputs } from "./job_runner.ts";

const KNOBS = {
  ...presets.smoke,
  ...{ stateSteps: 3, behaviorSteps: 3, criticSteps: 3, functionEvaluations: 2, actingEvaluations: 2 },
  actorCandidates: 16,
};
/** Three passes: 2,048 rows, 2,048 rows, the rest. */
const ROWS = 4_100;

class Stopped extends Error {}

async function learn(store: Store) {
  const run = createRunner(store, eager, KNOBS);
  const key = incomingKey("test", "walk.safetensors");
  const { etag } = await store.put(key, encodeDataset(exampleDataset(20, 10)));
  const about = { key, etag, heldOutSeed: 3 };
  const { outputs, metrics } = await run("dataset.import", about, {});
  const normaliser = outputs.normaliser!;
  const dataset = (await store.get(datasetKey(String(metrics.datasetHash))))!.bytes;
  const train = async (kind: "states.train" | "behavior.train" | "critic.train") => {
    const config = { task: 1, oldTasks: 0, heldOutSeed: 3, replayRows: 64 };
    return (await run(kind, config, { dataset, "normaliser/1": normaliser })).outputs.weights!;
  };
  const weights = {
    states: await train("states.train"),
    behavior: await train("behavior.train"),
    critic: await train("critic.train"),
  };
  return { run, normaliser, weights };
}

Deno.test("states.sample, actions.label and labels of one-step networks stop between passes and go on from their checkpoint to the same bytes", async () => {
  await withFolder(async (folder) => {
    await openBackend();
    const store = await openFilesystemStore({ root: folder });
    const { run, normaliser, weights } = await learn(store);
    const steps: number[] = [];
    /** Does the job once as a whole, and once stopped after its first pass and taken up. */
    const inTwo = async <K extends "states.sample" | "actions.label" | "proposer.label" | "actor.label">(
      kind: K,
      config: FieldsOf<K>,
      inputs: Outputs,
    ) => {
      const whole = await run(kind, config, inputs);
      let checkpoint: Uint8Array | undefined;
      const stop: JobContext["tick"] = async ({ step }, snapshot) => {
        steps.push(step);
        checkpoint = await snapshot!();
        throw new Stopped();
      };
      await assertRejects(() => run(kind, config, inputs, { tick: stop }), Stopped);
      const tick: JobContext["tick"] = ({ step }) => Promise.resolve(void steps.push(step));
      const rest = await run(kind, config, inputs, { tick, checkpoint });
      assertEquals(rest.outputs, whole.outputs, kind);
      return whole.outputs;
    };
    const about = { task: 1, shard: 0 };
    const { shard: states } = await inTwo("states.sample", { ...about, rows: ROWS }, {
      stateGenerator: weights.states,
      normaliser,
    });
    const from = { states: states!, behaviorGenerator: weights.behavior, normaliser };
    await inTwo("actions.label", about, from);
    await inTwo("proposer.label", { task: 1 }, from);
    const each = [2_048, 4_096, 4_100];
    assertEquals(steps, [...each, ...each, ...each]);
    // 256 states of 16 candidates a pass.
    steps.length = 0;
    const few = encodeShard(600, decodeShardStates(states!).states.slice(0, 600 * 2));
    await inTwo("actor.label", { task: 1 }, { ...from, states: few, critic: weights.critic });
    assertEquals(steps, [256, 512, 600]);
    await store.close();
  });
});
