/**
 * Q_k(s,a): learns the new task's head on the shared trunk, and keeps the old heads where their replay lies.
 * @module
 */
import { type Compile, trainCritic } from "@cugro/algorithm";
import type { JobContext, JobHandlers, JobOutput } from "@cugro/worker";
import { knobsOf, readTrainingInput, runTraining, translateErrors } from "@cugro/jobs";

/** The work of this service. */
export function createHandlers({ compile }: { compile: Compile }): JobHandlers {
  return { "critic.train": translateErrors((context) => train(context, compile)) };
}

async function train(
  context: JobContext<"critic.train">,
  compile: Compile,
): Promise<JobOutput<"critic.train">> {
  const { dataset, trainRows, task, oldTasks, replay, normalisers, parent } = await readTrainingInput(
    context,
  );
  const { seed } = context;
  return await runTraining(context, (resume) =>
    trainCritic({
      ...dataset,
      trainRows,
      task,
      oldTasks,
      replay,
      normalisers,
      hyperparameters: knobsOf(context),
      seed,
      compile,
      ...(parent ? { parent } : {}),
      ...(resume ? { resume } : {}),
    }));
}
