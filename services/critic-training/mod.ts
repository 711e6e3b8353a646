/**
 * Q_k(s,a): learns the new task's head on the shared trunk, and keeps the old heads where their replay lies.
 * @module
 */
import { type Compile, trainCritic } from "@cugro/algorithm";
import type { JobContext, JobHandlers, JobOutput } from "@cugro/worker";
import { knobsOf, readCriticInput, runTraining, translateErrors } from "@cugro/jobs";

/**
 * The handlers of this service's kinds of jobs.
 *
 * @param dependencies `compile` of the open backend
 * @returns errors of the algorithm are permanent, others are tried again
 */
export function createHandlers({ compile }: { compile: Compile }): JobHandlers {
  return { "critic.train": translateErrors((context) => train(context, compile)) };
}

async function train(
  context: JobContext<"critic.train">,
  compile: Compile,
): Promise<JobOutput<"critic.train">> {
  const input = await readCriticInput(context);
  const fixed = { ...input, hyperparameters: knobsOf(context), seed: context.seed, compile };
  return await runTraining(context, (resume) => trainCritic({ ...fixed, ...(resume ? { resume } : {}) }));
}
