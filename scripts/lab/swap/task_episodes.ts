/**
 * Episodes of one task with networks that are given: the same starts and the same noise for all that are compared.
 * @module
 */
import {
  createPolicy,
  createRng,
  normalisedScore,
  type PolicyInput,
  type WayOfActing,
} from "@cugro/algorithm";
import { openVectorEnvironment, rollout } from "@cugro/environments";
import type { LabelledTask } from "@cugro/learners";
import process from "node:process";
import { UsageError } from "../../cli/commands/print_output.ts";

/** What came of the episodes. */
export interface TaskEpisodes {
  /** Return of each, `[n]`. */
  returns: readonly number[];
  /** Whether each succeeded, where the simulator tells it. */
  successes: readonly boolean[] | undefined;
  /** Normalised score of each, `[n]`. */
  scores: number[];
  /** Some of the states that they went through, `[m, stateDim]`. */
  visited: Float32Array;
  /** Computing time of this process. */
  seconds: number;
}

/** States that follow each other are much alike. */
const VISITED_EVERY = 10;

/** Whether episodes of a task can be run in this process. */
export function isSimulated({ environment }: LabelledTask): boolean {
  return environment !== null && "family" in environment;
}

/**
 * Runs episodes of a task.
 *
 * @param input the networks, and the knobs they act with
 * @param acting which of them decide
 * @param episodes their number
 * @param study names the starts and the noise: what is compared with each other has one name
 * @returns returns of the episodes, and their scores
 * @throws {UsageError} where the task has no simulator in this process
 */
export async function runTask(
  input: PolicyInput,
  { task, environment, anchors, labelled }: LabelledTask,
  acting: WayOfActing,
  episodes: number,
  study: string,
): Promise<TaskEpisodes> {
  if (!environment || !("family" in environment)) {
    throw new UsageError(`task ${task} has no simulator here: policies are compared by episodes`);
  }
  const policy = createPolicy(input);
  const starts = createRng(0, `${study}/${task}/starts`), noise = createRng(0, `${study}/${task}/acting`);
  const seeds = Array.from({ length: episodes }, () => starts.integer(2 ** 31));
  const simulator = await openVectorEnvironment(environment, episodes, labelled?.episodeSteps);
  const visited: number[] = [];
  let steps = 0;
  const began = process.cpuUsage();
  try {
    const { returns, successes } = await rollout(simulator, seeds, async (states: Float32Array) => {
      if (steps++ % VISITED_EVERY === 0) visited.push(...states);
      return await policy.act(task, states, noise.integer(2 ** 31), acting);
    });
    const { user, system } = process.cpuUsage(began);
    const scores = successes?.map((one) => 100 * Number(one)) ??
      returns.map((one) => normalisedScore(one, anchors));
    return {
      returns,
      successes,
      scores,
      visited: Float32Array.from(visited),
      seconds: (user + system) / 1e6,
    };
  } finally {
    policy.dispose();
    simulator.close();
  }
}
