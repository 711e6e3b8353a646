/**
 * An episode of a task's dataset, as it was recorded: which states there were, what was done in them and what it earned.
 * @module
 */
import type { TaskSpec } from "@cugro/environments/families";
import { client } from "../state/page_session.ts";
import { judgeOf, knownTask, type Player, specOf } from "./player.ts";
import { criticOf } from "./browser_policy.ts";

/** Rows of an episode, all of them or some, evenly spaced. */
export interface RecordedRows {
  states: readonly (readonly number[])[];
  actions: readonly (readonly number[])[];
  /** Earned from each row to the next one. */
  rewards: readonly number[];
  /** Steps of the whole episode. */
  steps: number;
}

/** Which episode is asked for, counted from 0, of how many, and the version whose critic judges it. */
export interface AskedRecording {
  learner: string;
  task: number;
  episode: number;
  episodes: number;
  version: number;
}

/** An episode that can be shown. */
export interface Recording extends AskedRecording, Pick<Player, "judge" | "close"> {
  spec: TaskSpec;
  rows: RecordedRows;
}

/** Opens an episode. @throws Error saying what keeps it from being shown here: its rows are gone, say */
export async function openRecording(asked: AskedRecording): Promise<Recording> {
  const { learner, task, episode, version } = asked;
  const [recorded, policy] = await Promise.all([
    client.value.tasks.rows(learner, task, { episode }),
    client.value.versions.policy(learner, version),
  ]);
  knownTask(policy, { learner, version, task });
  const spec = specOf(policy, task);
  const { states, actions, rewards, rows: steps } = recorded;
  const { value, dispose } = criticOf(policy);
  return {
    ...{ ...asked, spec },
    rows: { states, actions, rewards: rewards ?? [], steps },
    judge: judgeOf(policy, task, value),
    close: dispose,
  };
}
