/**
 * Episodes of one task with the networks of two versions exchanged: the same starts and the same noise for every pair.
 * @module
 */
import { dropInterval, mean, type PolicyInput, type WayOfActing } from "@cugro/algorithm";
import type { LabelledTask } from "@cugro/learners";
import type { OpenedVersion, VersionPair } from "./open_versions.ts";
import { runTask } from "./task_episodes.ts";

/** The result of one pair of networks in one task. */
export interface SwapRow {
  task: number;
  acting: WayOfActing;
  /** Versions whose networks acted: the one that draws candidates (or the actor itself), and the critic, which an actor does without. */
  generator: number;
  critic: number | null;
  score: number;
  /** The older version's own score minus this one, over the same episodes; null for its own. */
  drop: number | null;
  /** 90 % of it, paired by episode. */
  interval: readonly [number, number] | null;
  episodes: number;
}

/** The rows of a task, and the states that the older version's own networks have visited. */
export interface SwappedEpisodes {
  rows: SwapRow[];
  visited: Float32Array;
}

/** Ways of acting that both versions have. */
export function commonWays({ older, newer }: VersionPair): WayOfActing[] {
  return (["sampler", "proposer", "actor"] as const).filter((way) =>
    way === "sampler" || older.input[way] && newer.input[way]
  );
}

/** Runs all pairs of networks of one way of acting. */
export async function runSwapped(
  { older, newer }: VersionPair,
  task: LabelledTask,
  acting: WayOfActing,
  episodes: number,
): Promise<SwappedEpisodes> {
  const both = [older, newer];
  const pairs = acting === "actor"
    ? both.map((one) => [one, undefined] as const)
    : both.flatMap((one) => both.map((critic) => [one, critic] as const));
  const rows: SwapRow[] = [];
  let before: { scores: number[]; visited: Float32Array } | undefined;
  for (const [generator, critic] of pairs) {
    const found = await runTask(networksOf(newer, generator, critic), task, acting, episodes, "swap");
    rows.push({
      ...{ task: task.task, acting, generator: generator.fact.version, critic: critic?.fact.version ?? null },
      ...dropBeside(before?.scores, found.scores),
      episodes,
    });
    before ??= found;
  }
  return { rows, visited: before!.visited };
}

/** One version's knobs of acting for all, so that only networks differ. */
function networksOf(newer: OpenedVersion, generator: OpenedVersion, critic = generator): PolicyInput {
  const { behaviorGenerator, proposer, actor } = generator.input;
  return { ...newer.input, behaviorGenerator, proposer, actor, critic: critic.input.critic };
}

/** The mean score, and how far it is below that of the same episodes `before`. */
export function dropBeside(
  before: readonly number[] | undefined,
  scores: readonly number[],
): Pick<SwapRow, "score" | "drop" | "interval"> {
  return {
    score: mean(scores),
    drop: before ? mean(before) - mean(scores) : null,
    interval: before ? dropInterval(before, scores) : null,
  };
}
