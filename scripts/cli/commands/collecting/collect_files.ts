/**
 * Datasets of a family, one file a goal, from the simulator.
 * @module
 */
import { type Dataset, writeHdf5 } from "@cugro/datasets";
import {
  collectDataset,
  type CollectedDataset,
  type PolicyFile,
  type PolicyMix,
  type ScriptedPolicy,
} from "@cugro/environments";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { progressLines } from "./collect_progress.ts";

/** Settings of {@link collectFiles}. */
export interface CollectFiles {
  family: string;
  goals: readonly (readonly number[])[];
  policy: PolicyFile | ScriptedPolicy;
  episodes: number;
  seed: number;
  folder: string;
  mix?: PolicyMix;
  /** Of the rewards in the files; the returns that score 0 and 100 stay the simulator's. @default 1 */
  rewardScale?: number;
  /** Episodes of the final policy whose mean return scores 100, instead of those in the files. */
  goodEpisodes?: number;
}

/**
 * Writes `task1.hdf5`, `task2.hdf5` ... into a folder, each whole or not at all.
 *
 * @param files family, goals, mix, folder and counts
 * @returns their paths
 */
export async function collectFiles(
  { goodEpisodes, rewardScale, ...files }: CollectFiles,
): Promise<string[]> {
  const { family, goals, policy, episodes, seed, folder, mix } = files;
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  for (const [index, goal] of goals.entries()) {
    const path = join(folder, `task${index + 1}.hdf5`);
    const collected = await collectDataset({
      family,
      goal,
      policy,
      episodes,
      seed: seed * 1000 + index,
      onProgress: progressLines(path),
      ...(mix ? { mix } : {}),
    });
    const { mix: used, ...rest } = collected.metadata;
    if (goodEpisodes !== undefined) rest.return_final_policy = await goodReturn(files, index, goodEpisodes);
    const dataset = toDataset({ ...collected, metadata: { ...rest, mix: used } });
    if (rewardScale !== undefined) dataset.rewards = dataset.rewards.map((reward) => reward * rewardScale);
    const scaled = rewardScale === undefined ? {} : { reward_scale: rewardScale };
    const bytes = await writeHdf5(dataset, { mix: JSON.stringify(used), seed, ...scaled });
    await writeFile(`${path}.tmp`, bytes);
    await rename(`${path}.tmp`, path);
    written.push(path);
    console.error(
      `${path}: ${collected.size} transitions, goal [${rest.goal.map((value) => value.toFixed(3))}], random ${
        rest.return_random.toFixed(1)
      }, good ${rest.return_final_policy?.toFixed(1) ?? "not in the mix"}`,
    );
  }
  return written;
}

/** The mean return of the final policy in one goal, over episodes that are not recorded. */
async function goodReturn(
  { family, goals, policy, seed }: CollectFiles,
  index: number,
  episodes: number,
): Promise<number> {
  const { metadata } = await collectDataset({
    ...{ family, goal: goals[index]!, policy, episodes, seed: seed * 1000 + index },
    mix: { random: 0, early: 0, medium: 0, final: 1 },
  });
  return metadata.return_final_policy!;
}

function toDataset({ metadata, ...arrays }: CollectedDataset): Dataset {
  const { env, family, goal, horizon, return_random: returnRandom, return_final_policy: good } = metadata;
  return {
    ...arrays,
    metadata: {
      env,
      family,
      // As in files since the first version: a goal with more digits would be another task.
      goal: goal.map(Math.fround),
      horizon,
      returnRandom,
      ...(good === null ? {} : { returnFinalPolicy: good }),
    },
  };
}
