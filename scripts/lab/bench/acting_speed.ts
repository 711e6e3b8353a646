/**
 * A decision of the default policy: candidates, denoising, ranking, selection.
 * @module
 */
import { createPolicy, createRng, presets } from "@cugro/algorithm";
import { ACTION_DIM, makeLearner, STATE_DIM } from "./bench_learner.ts";
import { alternate, type Group } from "./measure.ts";

/** The group `acting`: the median decision for one observation and for 64. */
export const acting: Group = {
  name: "acting",
  yardstick: ["lnResNet10ActOneObservationMs", "paperActOneObservationMs"],
  open: async ({ compile, repeats, clock }) => {
    const learner = await makeLearner(compile.eager);
    const open = (which: "compiled" | "eager") =>
      createPolicy({
        ...learner,
        stateDim: STATE_DIM,
        actionDim: ACTION_DIM,
        hyperparameters: presets.default,
        compile: compile[which],
      });
    const policies = { compiled: open("compiled"), eager: open("eager") };
    const states = createRng(3, "bench").normals(64 * STATE_DIM);
    let seed = 0;
    const act = (which: "compiled" | "eager", count: number) => () =>
      policies[which].act(3, states.subarray(0, count * STATE_DIM), seed++);
    return {
      measure: async () => ({
        ...await alternate(clock, {
          actOneObservationMs: act("compiled", 1),
          actOneObservationMsEager: act("eager", 1),
        }, repeats * 6),
        ...await alternate(clock, {
          act64ObservationsMs: act("compiled", 64),
          act64ObservationsMsEager: act("eager", 64),
        }, repeats * 2),
      }),
      close: () => {
        for (const policy of Object.values(policies)) policy.dispose();
      },
    };
  },
};
