/**
 * The residual MLP: a training step, and 15 forward passes at batch 4096.
 * @module
 */
import { residualForward, residualTraining } from "./residual_network.ts";
import { alternate, type Figures, type Group, type Settings } from "./measure.ts";

const FORWARDS = 15;
const FORWARD_BATCH = 4_096;
const CASES = [
  { width: 512, batch: 1_024, train: "residualTrainStepMs", forwards: "residual15ForwardsMs", effort: 1 },
  {
    width: 256,
    batch: 512,
    train: "residual256TrainStep512Ms",
    forwards: "residual25615ForwardsMs",
    effort: 3,
  },
  { width: 64, batch: 256, train: "residual64TrainStep256Ms", forwards: "residual6415ForwardsMs", effort: 6 },
] as const;

/** The group `residual`. */
export const residual: Group = {
  name: "residual",
  yardstick: CASES.flatMap(({ train, forwards }) => [train, forwards]),
  open: (settings) =>
    Promise.resolve({
      measure: async () => {
        const figures: Figures = {};
        for (const one of CASES) Object.assign(figures, await measureCase(settings, one));
        return figures;
      },
      close: () => {},
    }),
};

async function measureCase(
  { compile, repeats, clock }: Settings,
  one: typeof CASES[number],
): Promise<Figures> {
  const training = residualTraining(one.width, one.batch);
  const forward = residualForward(one.width, FORWARD_BATCH);
  const open = (which: "compiled" | "eager") => ({
    train: compile[which](training.definition, training.state, training.inputs),
    forward: compile[which](forward.definition, forward.state, forward.inputs),
  });
  const compiled = open("compiled"), eager = open("eager");
  try {
    const times = await alternate(clock, {
      [one.train]: () => compiled.train.run(training.inputs),
      [`${one.train}Eager`]: () => eager.train.run(training.inputs),
    }, repeats * one.effort);
    const forwards = await alternate(
      clock,
      {
        [one.forwards]: () => repeat(FORWARDS, () => compiled.forward.run(forward.inputs)),
        [`${one.forwards}Eager`]: () => repeat(FORWARDS, () => eager.forward.run(forward.inputs)),
      },
      Math.ceil(repeats * one.effort / 6),
      1,
    );
    return { ...times, ...forwards };
  } finally {
    for (const side of [compiled, eager]) for (const step of Object.values(side)) step.dispose();
  }
}

async function repeat(times: number, work: () => unknown): Promise<void> {
  for (let i = 0; i < times; i++) await work();
}
