/**
 * Runs one of the algorithm's trainings as a job: resume, pace, heartbeat, checkpoint, outputs.
 * @module
 */
import type {
  Compile,
  GeneratorTrainingInput,
  OneStepTrainingInput,
  Snapshot,
  TrainingProgress,
  TrainingResult,
} from "@cugro/algorithm";
import type { JobContext, JobOutput } from "@cugro/worker";
import { decodeSnapshot, encodeCurves, encodeSnapshot, encodeStored } from "./encoding.ts";
import { knobsOf } from "./carried_knobs.ts";
import { readOneStepInput } from "./one_step_input.ts";
import { readGeneratorInput, type TrainingKind } from "./training_input.ts";

/** Begins a training, or goes on from a snapshot. */
export type StartTraining = (
  resume: Snapshot | undefined,
) => AsyncGenerator<TrainingProgress, TrainingResult>;

/**
 * Drives a training to its end. Between steps the worker may beat, checkpoint or interrupt it.
 * @param context the job; its checkpoint, if any, is resumed
 * @param start builds the training
 * @returns outputs `weights` (safetensors) and `curves` (JSON), and the training's metrics
 * @throws {InvalidInputError} when the loss is no longer finite
 */
export async function runTraining(
  context: JobContext<TrainingKind>,
  start: StartTraining,
): Promise<JobOutput<TrainingKind>> {
  const resume = context.checkpoint ? decodeSnapshot(context.checkpoint) : undefined;
  const training = start(resume);
  try {
    for (;;) {
      const item = await training.next();
      if (item.done) return outputsOf(item.value, resume?.position.step ?? 0);
      const { step, steps, losses, snapshot } = item.value;
      const loss = losses.loss ?? Object.values(losses)[0] ?? 0;
      await context.tick({ step, steps, loss }, async () => encodeSnapshot(await snapshot()));
    }
  } finally {
    await training.return(undefined as never);
  }
}

/**
 * Trains one of the two generators as a job: they differ in `train` alone.
 *
 * @param context of the job
 * @param compile makes the step
 * @param train the training
 * @returns outputs `weights` and `curves`, and metrics
 */
export async function runGeneratorTraining(
  context: JobContext<"states.train" | "behavior.train">,
  compile: Compile,
  train: (input: GeneratorTrainingInput) => AsyncGenerator<TrainingProgress, TrainingResult>,
): Promise<JobOutput<TrainingKind>> {
  const { seed } = context;
  const fixed = { ...await readGeneratorInput(context), hyperparameters: knobsOf(context), seed, compile };
  return await runTraining(context, (resume) => train({ ...fixed, ...(resume ? { resume } : {}) }));
}

/**
 * Trains the proposer or the actor as a job.
 *
 * @param context of the job
 * @param compile makes the step
 * @param train the training
 * @returns outputs `weights` and `curves`, and metrics
 */
export async function runOneStepTraining(
  context: JobContext<"proposer.train" | "actor.train">,
  compile: Compile,
  train: (input: OneStepTrainingInput) => AsyncGenerator<TrainingProgress, TrainingResult>,
): Promise<JobOutput<TrainingKind>> {
  const { seed } = context;
  const fixed = { ...await readOneStepInput(context), hyperparameters: knobsOf(context), seed, compile };
  return await runTraining(context, (resume) => train({ ...fixed, ...(resume ? { resume } : {}) }));
}

function outputsOf(
  { weights, curves, metrics }: TrainingResult,
  startedAtStep: number,
): JobOutput<TrainingKind> {
  return {
    outputs: { weights: encodeStored(weights), curves: encodeCurves(curves) },
    metrics: { ...metrics },
    startedAtStep,
  };
}
