/**
 * Where tasks, versions and jobs stand. No fact holds a state: it follows from the facts that there are.
 * @module
 */

/** Where a task stands; `withdrawn`: its version was published and is no longer valid. */
export const TASK_STATES = ["undecided", "failed", "cancelled", "published", "parked", "withdrawn"] as const;
/** One of {@link TASK_STATES}: where a task stands. */
export type TaskState = typeof TASK_STATES[number];

/** Where a version stands; `superseded`: published, but what it continued is no longer valid. */
export const VERSION_STATES = ["published", "promoted", "parked", "withdrawn", "superseded"] as const;
/** One of {@link VERSION_STATES}: where a version stands. */
export type VersionState = typeof VERSION_STATES[number];

/** How far a job is; `ready`: all it needs is there. */
export const JOB_STATES = ["waiting", "ready", "done", "failed"] as const;
/** One of {@link JOB_STATES}: how far a job is. */
export type JobStage = typeof JOB_STATES[number];
