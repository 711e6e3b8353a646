/** Discrete actions from file to act: CartPole learnt from a mix of random and steered episodes. */
import { assert, assertEquals, assertGreaterOrEqual, assertRejects } from "@std/assert";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRng } from "@cugro/algorithm";
import { encodeTensors } from "@cugro/protocol";
import { actOn, openPolicy } from "@cugro/serving";
import { openCompute } from "@cugro/tensors";
import { openFilesystemStore } from "@cugro/store";
import { isOver, LIMIT, push, recordCartPole, type Recording, startState } from "../fakes/cart_pole.ts";
import { withFolder } from "../fakes/test_folder.ts";
import { runCommand } from "./embedded.ts";

const STEPS = {
  stateSteps: 50,
  behaviorSteps: 600,
  maxGeneratorSteps: 600,
  criticSteps: 800,
  maxCriticSteps: 800,
};

function fileOf(recording: Recording, actions = recording.actions): Uint8Array {
  const size = recording.actions.length;
  const floats = (data: number[], shape: number[]) => ({ shape, data: Float32Array.from(data) });
  return encodeTensors({
    observations: floats(recording.states, [size, 4]),
    actions: { shape: [size], data: Int32Array.from(actions) },
    rewards: floats(recording.rewards, [size]),
    next_observations: floats(recording.nextStates, [size, 4]),
    terminals: floats(recording.terminals, [size]),
    timeouts: floats(recording.timeouts, [size]),
  }, { horizon: String(LIMIT) });
}

/** Mean return of the serving policy over `episodes` starts. */
async function returnOf(folder: string, episodes: number): Promise<number> {
  const store = await openFilesystemStore({ root: folder, lock: false });
  const served = await openPolicy(store, "cart", { compile: async () => (await openCompute()).compile });
  const rng = createRng(5, "starts");
  let states = Array.from({ length: episodes }, () => startState(rng));
  const lengths = states.map(() => 0);
  try {
    for (let step = 0; step < LIMIT; step++) {
      const { actions } = await actOn(served, { task: 1, observations: states, seed: step });
      assert(actions.every(([action, ...rest]) => (action === 0 || action === 1) && rest.length === 0));
      states = states.map((state, i) => {
        if (isOver(state)) return state;
        lengths[i]!++;
        return push(state, actions[i]![0]!);
      });
    }
  } finally {
    served.policy.dispose();
    await store.close();
  }
  return lengths.reduce((sum, length) => sum + length, 0) / episodes;
}

Deno.test("CartPole from random and steered episodes: the policy is as good as the data's best quarter", async () => {
  await withFolder(async (folder) => {
    const recording = recordCartPole(60, 0.5, 1);
    const best = recording.returns.toSorted((a, b) => b - a).slice(0, 15);
    const file = join(folder, "cart.safetensors");
    await writeFile(file, fileOf(recording));
    const store = join(folder, "store");
    const settings = Object.entries(STEPS).flatMap(([knob, value]) => ["--set", `${knob}=${value}`]);
    const learn = ["--learner", "cart", "--store", store, "--workers", "1"];
    await runCommand(["run", file, ...learn, "--preset", "smoke", ...settings]);
    assertGreaterOrEqual(
      await returnOf(store, 20),
      best.reduce((sum, value) => sum + value, 0) / best.length,
    );

    // Task 1 fixes the number of actions, as it fixes dimensions.
    const three = join(folder, "three.safetensors");
    await writeFile(
      three,
      fileOf(recording, recording.actions.map((action, row) => row % 7 === 0 ? 2 : action)),
    );
    await assertRejects(() => runCommand(["run", three, ...learn]), Error, "ended with 1");
    const status = JSON.parse(await runCommand(["status", "--learner", "cart", "--store", store, "--json"]));
    assertEquals(status.rejections.length, 1);
    assert(
      status.rejections[0].reason.includes("one of 2 discrete ones as in task 1"),
      status.rejections[0].reason,
    );
  });
});
