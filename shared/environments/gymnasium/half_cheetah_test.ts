/** HalfCheetah-v5 in Python and the cheetah of this project: the same states and actions lead to the same states. */
import { assertEquals, assertLess } from "@std/assert";
import { gymnasiumPython, withPython } from "../../../tests/fakes/gymnasium_python.ts";
import { observe } from "../laws.ts";
import { createRandom } from "../simulation_rng.ts";
import { ROBOTS } from "../robots.ts";
import { RobotModel } from "../simulation.ts";
import { openGymnasium } from "./gymnasium_environment.ts";

const COPIES = 4;
const STEPS = 60;
const S = 17;
const A = 6;

/** Of the state after a step, relative to how much there is of it. Observations are float32, from which this one starts. */
const MOST = 2e-4;

Deno.test({
  name:
    "HalfCheetah-v5 through Python and our cheetah agree on every step, and its reward is the speed less the cost of control",
  ignore: gymnasiumPython === undefined,
  fn: () =>
    withPython(async (python) => {
      const spec = { gymnasium: "HalfCheetah-v5" };
      const theirs = await openGymnasium(python, {
        packages: ["gymnasium"],
        spec,
        size: COPIES,
        horizon: 1000,
      });
      assertEquals([theirs.stateDim, theirs.actionDim, theirs.horizon], [S, A, 1000]);
      const model = await RobotModel.compile(ROBOTS.half_cheetah);
      const ours = model.openSimulation();
      const random = createRandom(3);
      let { states } = await theirs.reset([1, 2, 3, 4]);
      let worst = 0;
      for (let step = 0; step < STEPS; step++) {
        const actions = Float32Array.from({ length: COPIES * A }, () => 2 * random.uniform() - 1);
        const after = await theirs.step(actions);
        for (let i = 0; i < COPIES; i++) {
          const state = states.subarray(i * S, (i + 1) * S);
          const action = actions.subarray(i * A, (i + 1) * A);
          // The observation lacks where the robot is, which no law depends on.
          ours.setState([0, ...state.subarray(0, 8)], [...state.subarray(8)]);
          ours.step(action);
          const expected = new Float32Array(S);
          observe(ROBOTS.half_cheetah, ours, expected, 0);
          for (const [j, value] of expected.entries()) {
            const theirValue = after.states[i * S + j]!;
            worst = Math.max(worst, Math.abs(value - theirValue) / (1 + Math.abs(theirValue)));
          }
          const cost = action.reduce((sum, value) => sum + 0.1 * value * value, 0);
          const reward = ours.qpos[0]! / model.dt - cost;
          assertLess(Math.abs(reward - after.rewards[i]!), 1e-3 * (1 + Math.abs(reward)));
        }
        states = after.states;
      }
      assertLess(worst, MOST);
      ours.close();
      model.close();
    }),
});
