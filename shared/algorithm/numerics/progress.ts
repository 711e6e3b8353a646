/**
 * What every training yields and returns, and the loss curves that survive a resume.
 * @module
 */
import type { Stored } from "@cugro/tensors/seam";

/** One item a step. */
export interface TrainingProgress {
  /** Steps done so far, the resumed ones included. */
  step: number;
  steps: number;
  losses: Record<string, number>;
  /** The whole state between this step and the next; resuming from it is bit-identical. */
  snapshot(): Promise<Snapshot>;
}

/** A training's whole state as values: tensors, and what fits in JSON. */
export interface Snapshot {
  /** Weights, Adam moments, averages. */
  tensors: Stored;
  position: { step: number; rng: number[]; [name: string]: unknown };
}

/** The result of a training. */
export interface TrainingResult {
  /** Published weights (averaged, if kept), with the Int32 tensor `tasks`: the known task ids in row order. */
  weights: Stored;
  curves: Curve[];
  metrics: Record<string, number>;
}

/** A downsampled series: each value is the mean of the steps up to and including its step. */
export interface Curve {
  name: string;
  steps: number[];
  values: number[];
}

/** Records losses of a training into at most {@link MAX_POINTS} points a curve. */
export interface CurveRecorder {
  add(step: number, losses: Record<string, number>): void;
  curves(): Curve[];
  /** JSON from which {@linkcode recordCurves} goes on. */
  state(): unknown;
}

const MAX_POINTS = 400;

interface RecorderState {
  sums: Record<string, number>;
  count: number;
  curves: Curve[];
}

/**
 * Starts or goes on recording.
 *
 * @param steps steps of the whole training: the bucket of one point is steps / 400, rounded up
 * @param resume curves of the run that is gone on with
 * @returns a recorder of at most 400 points a curve
 */
export function recordCurves(steps: number, resume?: unknown): CurveRecorder {
  const bucket = Math.ceil(steps / MAX_POINTS);
  const state: RecorderState = structuredClone(
    (resume as RecorderState) ?? { sums: {}, count: 0, curves: [] },
  );
  const flush = (step: number) => {
    for (const [name, sum] of Object.entries(state.sums)) {
      let curve = state.curves.find((one) => one.name === name);
      if (!curve) state.curves.push(curve = { name, steps: [], values: [] });
      curve.steps.push(step);
      curve.values.push(sum / state.count);
    }
    state.sums = {};
    state.count = 0;
  };
  return {
    add: (step, losses) => {
      for (const [name, value] of Object.entries(losses)) state.sums[name] = (state.sums[name] ?? 0) + value;
      state.count++;
      if (state.count === bucket || step === steps) flush(step);
    },
    curves: () => structuredClone(state.curves),
    state: () => structuredClone(state),
  };
}

/**
 * A measurement as the end of a training: its steps are all done, and it can be stopped and taken up there.
 *
 * @param measured a measurement
 * @param progress of the finished training
 * @yields that progress, each time the measurement lets other work go first
 * @returns what was measured
 */
export async function* whileMeasured(
  measured: AsyncGenerator<unknown, Stored>,
  progress: () => TrainingProgress,
): AsyncGenerator<TrainingProgress, Stored> {
  try {
    for (;;) {
      const item = await measured.next();
      if (item.done) return item.value;
      yield progress();
    }
  } finally {
    await measured.return(undefined as never);
  }
}
