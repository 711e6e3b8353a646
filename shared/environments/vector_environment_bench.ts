import { listFamilies } from "./families.ts";
import { randomAct } from "./rollout.ts";
import { openVectorEnvironment } from "./vector_environment.ts";

const COPIES = 20;
const STEPS = 50;
const SEEDS = Array.from({ length: COPIES }, (_, i) => i);

for (const { family, actionDim, goals } of listFamilies()) {
  Deno.bench(`${family}: 1,000 environment steps with random actions`, async (b) => {
    const env = await openVectorEnvironment({ family, goal: goals[0]! }, COPIES);
    env.reset(SEEDS);
    const act = randomAct(actionDim, SEEDS);
    let active: Uint8Array = new Uint8Array(COPIES).fill(1);
    let steps = 0;
    b.start();
    while (steps < STEPS * COPIES) {
      if (!active.includes(1)) {
        env.reset(SEEDS);
        active = new Uint8Array(COPIES).fill(1);
      }
      steps += active.reduce((sum, flag) => sum + flag, 0);
      active = env.step(await act(new Float32Array(0), 0, active)).active;
    }
    b.end();
    env.close();
  });
}
