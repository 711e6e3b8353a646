/**
 * How fast the task being learnt is learnt (knob `snapshots`): its trainings once more, ended early, and the episodes of what
 * they have come to. They are parts of the trainings that a version is made of, which stay the jobs they are without them.
 * @module
 */
import { addEpisodes, addTrainer, type Builder, type Replay } from "./graph_jobs.ts";

/** Shares of the steps after which the new task is run. */
export const SNAPSHOT_SHARES = [0.1, 0.25, 0.5] as const;

/** The run of what trainings had come to after a share of their steps. */
export interface SnapshotJob {
  share: number;
  id: string;
}

/**
 * Adds trainings that end early, and their evaluations, where the knob asks for them and the task is simulated.
 *
 * @param builder of the graph
 * @param replay what both trainings are given of old tasks
 * @returns an entry for each share of the steps
 */
export function addSnapshots(
  builder: Builder,
  replay: { behavior: Replay[]; critic: (behaviorGenerator: string) => Replay[] },
): SnapshotJob[] {
  const { knobs, task, parent } = builder;
  if (!knobs.snapshots || task.environment === null) return [];
  return SNAPSHOT_SHARES.map((share) => {
    const behaviorGenerator = addTrainer(
      builder,
      "behavior.train",
      replay.behavior,
      parent?.behaviorGenerator,
      share,
    );
    const critic = addTrainer(
      builder,
      "critic.train",
      replay.critic(behaviorGenerator),
      parent?.critic,
      share,
    );
    return { share, id: addEpisodes(builder, task, { behaviorGenerator, critic }) };
  });
}
