/**
 * Environment steps per second of every robot, 20 copies side by side, random actions.
 * @module
 */
import { listFamilies, openVectorEnvironment, randomAct } from "@cugro/environments";
import type { Clock, Figures, Group } from "./measure.ts";

const COPIES = 20;

/** The group `environments`. */
export const environments: Group = {
  name: "environments",
  yardstick: [],
  open: ({ quick, clock }) =>
    Promise.resolve({
      measure: async () => {
        const figures: Figures = {};
        for (const { family, goals, actionDim } of listFamilies()) {
          const rate = await stepsPerSecond(
            { family, goal: goals[0]! },
            actionDim,
            quick ? 600 : 2_000,
            clock,
          );
          figures[`${family}StepsPerSecond`] = rate;
        }
        return figures;
      },
      close: () => {},
    }),
};

async function stepsPerSecond(
  task: { family: string; goal: readonly number[] },
  actionDim: number,
  wanted: number,
  clock: Clock,
): Promise<number> {
  const seeds = Array.from({ length: COPIES }, (_, i) => i);
  const env = await openVectorEnvironment(task, COPIES);
  try {
    const act = randomAct(actionDim, seeds);
    let active: Uint8Array = new Uint8Array(COPIES);
    let steps = 0;
    const start = clock();
    while (steps < wanted) {
      if (!active.includes(1)) {
        env.reset(seeds);
        active = new Uint8Array(COPIES).fill(1);
      }
      steps += active.reduce((sum, flag) => sum + flag, 0);
      active = env.step(await act(new Float32Array(0), 0, active)).active;
    }
    return steps / (clock() - start) * 1e3;
  } finally {
    env.close();
  }
}
