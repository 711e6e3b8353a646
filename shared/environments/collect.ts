import { familyInfo, policyGoal, resolveTask, type TaskSpec } from "./families.ts";
import { policyAct, type PolicyFile, SNAPSHOTS } from "./policy.ts";
import { type Actor, ACTORS, DEFAULT_MIX, episodeCounts, type PolicyMix } from "./policy_mix.ts";
import { deriveSeeds } from "./simulation_rng.ts";
import { type Act, type Episode, randomAct, randomReturn, rolloutRecorded } from "./rollout.ts";
import { isScripted, type ScriptedPolicy } from "./scripted_policy.ts";
import type { VectorEnvironment } from "./stepped_environment.ts";
import { openVectorEnvironment } from "./vector_environment.ts";

/** How far a collection is. */
export interface CollectionProgress {
  /** done so far */
  readonly episodes: number;
  /** wanted */
  readonly of: number;
  /** recorded so far */
  readonly transitions: number;
}

/** The data to collect. */
export interface CollectionOptions {
  /** one of `listFamilies()` */
  readonly family: string;
  /** `[goalDim]` */
  readonly goal: readonly number[];
  /** who acts, at its three stages or qualities; must be of the family's robot */
  readonly policy: PolicyFile | ScriptedPolicy;
  /** of all actors together, at least 1 */
  readonly episodes: number;
  /** who acts how often: random 0.2, early 0.15, medium 0.15, final 0.5 unless given */
  readonly mix?: PolicyMix;
  /** everything random follows from it */
  readonly seed: number;
  /** Called after each batch of episodes. */
  readonly onProgress?: (progress: CollectionProgress) => void;
}

/** Transitions of whole episodes, one after the other. */
export interface CollectedTransitions {
  /** N */
  readonly size: number;
  /** S */
  readonly stateDim: number;
  /** A */
  readonly actionDim: number;
  /** `[N, S]` */
  readonly states: Float32Array;
  /** `[N, A]` */
  readonly actions: Float32Array;
  /** `[N]` */
  readonly rewards: Float32Array;
  /** `[N, S]` */
  readonly nextStates: Float32Array;
  /** `[N]` */
  readonly terminals: Uint8Array;
  /** `[N]` */
  readonly timeouts: Uint8Array;
}

/** Transitions of whole episodes one after the other: random, early, medium, final. */
export interface CollectedDataset extends CollectedTransitions {
  /** Attributes as a D4RL file holds them. */
  readonly metadata: {
    readonly env: string;
    readonly family: string;
    readonly goal: number[];
    readonly horizon: number;
    /** mean return of random actions, over at least 100 episodes */
    readonly return_random: number;
    /** mean return of the episodes of the final policy; null when the mix has none */
    readonly return_final_policy: number | null;
    readonly mix: PolicyMix;
  };
}

/** Episodes stepped together; part of no result, for every row has its own streams. */
const BATCH = 20;
/** Random returns spread widely (swimmer: +-140 an episode), so their mean takes at least this many episodes. */
const RANDOM_ANCHOR_EPISODES = 100;

function assertFits(policy: PolicyFile | ScriptedPolicy, spec: TaskSpec): void {
  const { family } = spec;
  const info = familyInfo(family)!;
  const goalNumbers = policyGoal(spec).length;
  if (policy.model !== info.model) {
    throw new RangeError(
      `Cannot collect ${family} as its policy must be of ${info.model}: current policy is of ${policy.model}`,
    );
  }
  if (isScripted(policy)) return;
  for (const name of SNAPSHOTS) {
    const { inputDim, actionDim } = policy.snapshots[name];
    if (inputDim !== info.stateDim + goalNumbers || actionDim !== info.actionDim) {
      throw new RangeError(
        `Cannot collect ${family} as its policy must map ${info.stateDim} + ${goalNumbers} numbers to ` +
          `${info.actionDim}: current sizes of ${name} are ${inputDim} and ${actionDim}`,
      );
    }
  }
}

/** All episodes of one actor, batch by batch; noise seeds follow the episode, not the row. */
async function episodesOf(
  env: VectorEnvironment,
  createAct: (noiseSeeds: readonly number[]) => Act,
  seeds: { starts: readonly number[]; noises: readonly number[] },
  onBatch: (episodes: readonly Episode[]) => void,
): Promise<Episode[]> {
  const episodes: Episode[] = [];
  for (let from = 0; from < seeds.starts.length; from += env.size) {
    const act = createAct(seeds.noises.slice(from, from + env.size));
    const batch = await rolloutRecorded(env, seeds.starts.slice(from, from + env.size), act);
    episodes.push(...batch);
    onBatch(batch);
  }
  return episodes;
}

function actorOf(
  actor: Actor,
  policy: PolicyFile | ScriptedPolicy,
  taskInput: readonly number[],
  actionDim: number,
): (noises: readonly number[]) => Act {
  if (actor === "random") return (noises) => randomAct(actionDim, noises);
  if (isScripted(policy)) return (noises) => policy.act(actor, taskInput, noises);
  return (noises) => policyAct(policy.snapshots[actor], taskInput, noises);
}

function meanReturn(episodes: readonly Episode[]): number {
  return episodes.reduce((sum, episode) => sum + episode.return, 0) / episodes.length;
}

/** The mean return of random actions: the recorded random episodes, and as many more as the anchor needs. */
async function randomAnchor(options: CollectionOptions, recorded: readonly Episode[]): Promise<number> {
  const more = Math.max(0, RANDOM_ANCHOR_EPISODES - recorded.length);
  if (more === 0) return meanReturn(recorded);
  const [seed] = deriveSeeds(options.seed, 2 * ACTORS.length, 1);
  const extra = await randomReturn({ family: options.family, goal: options.goal }, more, seed!);
  const known = recorded.length === 0 ? 0 : meanReturn(recorded) * recorded.length;
  return (known + extra * more) / (recorded.length + more);
}

function concatenate<T extends Float32Array | Uint8Array>(target: T, parts: readonly T[]): T {
  let at = 0;
  for (const part of parts) {
    target.set(part, at);
    at += part.length;
  }
  return target;
}

function flatten(episodes: readonly Episode[], stateDim: number, actionDim: number) {
  const size = episodes.reduce((sum, episode) => sum + episode.length, 0);
  const floats = (width: number, of: (episode: Episode) => Float32Array) =>
    concatenate(new Float32Array(size * width), episodes.map(of));
  const flags = (of: (episode: Episode) => Uint8Array) => concatenate(new Uint8Array(size), episodes.map(of));
  return {
    size,
    stateDim,
    actionDim,
    states: floats(stateDim, (episode) => episode.states),
    actions: floats(actionDim, (episode) => episode.actions),
    rewards: floats(1, (episode) => episode.rewards),
    nextStates: floats(stateDim, (episode) => episode.nextStates),
    terminals: flags((episode) => episode.terminals),
    timeouts: flags((episode) => episode.timeouts),
  };
}

/** Rolls out every actor for its number of episodes. */
async function collectEpisodes(
  { family, goal, policy, seed, episodes, onProgress }: CollectionOptions,
  counts: Record<Actor, number>,
): Promise<Record<Actor, Episode[]>> {
  const env = await openVectorEnvironment({ family, goal }, Math.min(BATCH, episodes));
  const collected: Record<Actor, Episode[]> = { random: [], early: [], medium: [], final: [] };
  const done = { episodes: 0, of: episodes, transitions: 0 };
  const onBatch = (batch: readonly Episode[]) => {
    done.episodes += batch.length;
    done.transitions += batch.reduce((sum, episode) => sum + episode.length, 0);
    onProgress?.({ ...done });
  };
  try {
    const taskInput = policyGoal({ family, goal });
    for (const [i, actor] of ACTORS.entries()) {
      const starts = deriveSeeds(seed, 2 * i, counts[actor]);
      const noises = deriveSeeds(seed, 2 * i + 1, counts[actor]);
      const createAct = actorOf(actor, policy, taskInput, env.actionDim);
      collected[actor] = await episodesOf(env, createAct, { starts, noises }, onBatch);
    }
    return collected;
  } finally {
    env.close();
  }
}

/**
 * Rolls out a trained policy at several stages of its training, and random actions, into an offline dataset. Equal
 * options give equal bytes.
 *
 * @param options family, goal, who acts, number of episodes, seed
 * @returns states `[N, S]`, actions `[N, A]`, rewards and ends `[N]`, and what made them
 * @throws {RangeError} when family, goal, mix or number of episodes are not valid, or the policy is of another robot
 */
export async function collectDataset(options: CollectionOptions): Promise<CollectedDataset> {
  const { policy, mix = DEFAULT_MIX } = options;
  const { family, goal } = resolveTask(options);
  const { stateDim, actionDim, horizon } = family.info;
  assertFits(policy, options);
  const counts = episodeCounts(mix, options.episodes);
  const collected = await collectEpisodes(options, counts);
  const metadata = {
    env: family.info.environmentId,
    family: options.family,
    goal,
    horizon,
    return_random: await randomAnchor(options, collected.random),
    return_final_policy: collected.final.length === 0 ? null : meanReturn(collected.final),
    mix,
  };
  const episodes = ACTORS.flatMap((actor) => collected[actor]);
  return { ...flatten(episodes, stateDim, actionDim), metadata };
}
