/**
 * Data of a Meta-World task, made with its scripted expert: expert data alone makes every critic pointless, so most episodes
 * are disturbed, and some are random.
 * @module
 */
import type { CollectedTransitions, CollectionProgress } from "../collect.ts";
import { META_WORLD } from "../gymnasium/adapted.ts";
import { type GymnasiumEnvironment, openGymnasium } from "../gymnasium/gymnasium_environment.ts";
import type { PythonProcess } from "../gymnasium/python_process.ts";
import { countsOfShares } from "../policy_mix.ts";
import { createRandom, deriveSeeds, type Random } from "../simulation_rng.ts";
import { META_WORLD_HORIZON, metaWorldId } from "./meta_world_tasks.ts";

/** Who acts: uniformly random actions, or the expert's in [-1, 1] plus noise of this standard deviation, clipped again. */
export const META_WORLD_NOISE = { random: null, strong: 1, medium: 0.5, weak: 0.2 } as const;
/** Which share of the episodes is whose, in the order in which they stand in a file. */
export const META_WORLD_MIX: Readonly<Record<MetaWorldActor, number>> = {
  random: 0.2,
  strong: 0.15,
  medium: 0.15,
  weak: 0.5,
};
/** One of those who act. */
export type MetaWorldActor = keyof typeof META_WORLD_NOISE;

const ACTORS = ["random", "strong", "medium", "weak"] as const;
const STATE_DIM = 39;
const ACTION_DIM = 4;
/** Episodes that are stepped together; no result depends on it. */
const BATCH = 20;

/** The data to collect. */
export interface MetaWorldCollection {
  /** one of `META_WORLD_TASKS` */
  readonly task: string;
  /** of all actors together, at least 1 */
  readonly episodes: number;
  /** everything random follows from it */
  readonly seed: number;
  /** Called after each batch of episodes. */
  readonly onProgress?: (progress: CollectionProgress) => void;
}

/** How the episodes of one actor went. */
export interface MetaWorldFigures {
  readonly episodes: number;
  /** mean undiscounted sum of rewards */
  readonly return: number;
  /** share of episodes in which any step succeeded */
  readonly success: number;
}

/** Transitions of whole episodes one after the other: random, strong, medium, weak noise. `terminals` is never 1: a task goes on after its success. */
export interface MetaWorldData extends CollectedTransitions {
  /** `[N]`, 1 where the step succeeded */
  readonly success: Uint8Array;
  /** Of the actors that have any episodes. */
  readonly figures: Readonly<Partial<Record<MetaWorldActor, MetaWorldFigures>>>;
  /** Of Python and of the packages. */
  readonly versions: Readonly<Record<string, string>>;
}

interface PlannedEpisode {
  readonly actor: MetaWorldActor;
  /** of its start state, as the environment takes it */
  readonly start: number;
  readonly noise: number;
}

/**
 * The episodes, in the order of the file.
 *
 * @param collection how many episodes, and a seed
 * @returns who acts in each, its start state's seed, and the seed of its noise
 * @throws {RangeError} when their number is not a positive integer
 */
export function planEpisodes(
  { episodes, seed }: Pick<MetaWorldCollection, "episodes" | "seed">,
): PlannedEpisode[] {
  const counts = countsOfShares(ACTORS, META_WORLD_MIX, episodes);
  return ACTORS.flatMap((actor, i) => {
    const starts = deriveSeeds(seed, 2 * i, counts[actor]);
    const noises = deriveSeeds(seed, 2 * i + 1, counts[actor]);
    return starts.map((start, at) => ({ actor, start: start % 2 ** 32, noise: noises[at]! }));
  });
}

/**
 * Rolls out Meta-World's expert of a task with noise, and random actions. Equal options give equal arrays.
 *
 * @param python an interpreter that has Meta-World
 * @param options task, number of episodes, noise, seed
 * @returns states `[N, S]`, actions `[N, A]`, rewards, success and ends `[N]`
 * @throws {GymnasiumUnavailable} as {@link openGymnasium} does
 * @throws {GymnasiumFault} as {@link openGymnasium} does
 * @throws {GymnasiumLost} as {@link openGymnasium} does
 */
export async function collectMetaWorld(
  python: PythonProcess,
  options: MetaWorldCollection,
): Promise<MetaWorldData> {
  const episodes = planEpisodes(options);
  const env = await openGymnasium(python, {
    spec: { gymnasium: metaWorldId(options.task), kwargs: { expert_action: true } },
    size: Math.min(BATCH, episodes.length),
    horizon: META_WORLD_HORIZON,
    packages: ["gymnasium", META_WORLD.module],
  });
  const rows = emptyRows(episodes.length * META_WORLD_HORIZON);
  try {
    for (let from = 0; from < episodes.length; from += env.size) {
      const batch = episodes.slice(from, from + env.size);
      await runBatch(env, batch, rows, from);
      const done = from + batch.length;
      options.onProgress?.({
        episodes: done,
        of: episodes.length,
        transitions: done * META_WORLD_HORIZON,
      });
    }
  } finally {
    await env.close();
  }
  return { ...rows, figures: figuresOf(episodes, rows), versions: env.versions };
}

type Rows = Omit<MetaWorldData, "figures" | "versions">;

function emptyRows(size: number): Rows {
  return {
    ...{ size, stateDim: STATE_DIM, actionDim: ACTION_DIM },
    states: new Float32Array(size * STATE_DIM),
    actions: new Float32Array(size * ACTION_DIM),
    rewards: new Float32Array(size),
    nextStates: new Float32Array(size * STATE_DIM),
    terminals: new Uint8Array(size),
    timeouts: new Uint8Array(size),
    success: new Uint8Array(size),
  };
}

/** Episodes side by side, written where each belongs; `from`: place of the first among all. */
async function runBatch(
  env: GymnasiumEnvironment,
  batch: readonly PlannedEpisode[],
  rows: Rows,
  from: number,
): Promise<void> {
  const width = STATE_DIM + ACTION_DIM;
  const randoms = batch.map(({ noise }) => createRandom(noise));
  let { states: observed } = await env.reset(batch.map(({ start }) => start));
  for (let step = 0; step < META_WORLD_HORIZON; step++) {
    const actions = new Float32Array(env.size * ACTION_DIM);
    for (const [i, { actor }] of batch.entries()) {
      const expert = observed.subarray(i * width + STATE_DIM, (i + 1) * width);
      actions.set(chooseAction(actor, expert, randoms[i]!), i * ACTION_DIM);
    }
    const next = await env.step(actions);
    for (let i = 0; i < batch.length; i++) {
      const row = (from + i) * META_WORLD_HORIZON + step;
      rows.states.set(observed.subarray(i * width, i * width + STATE_DIM), row * STATE_DIM);
      rows.actions.set(actions.subarray(i * ACTION_DIM, (i + 1) * ACTION_DIM), row * ACTION_DIM);
      rows.nextStates.set(next.states.subarray(i * width, i * width + STATE_DIM), row * STATE_DIM);
      rows.rewards[row] = next.rewards[i]!;
      rows.success[row] = next.successes[i]!;
      rows.timeouts[row] = next.timeouts[i]!;
    }
    observed = next.states;
  }
}

/**
 * An action of the expert with an actor's noise, or a random one.
 *
 * @param actor whose noise
 * @param expert the expert's action `[A]`, in [-1, 1]
 * @param random draws A numbers
 * @returns `[A]`, in [-1, 1]
 */
export function chooseAction(actor: MetaWorldActor, expert: Float32Array, random: Random): Float32Array {
  const noise = META_WORLD_NOISE[actor];
  return expert.map((value) =>
    noise === null ? 2 * random.uniform() - 1 : Math.min(1, Math.max(-1, value + noise * random.normal()))
  );
}

function figuresOf(episodes: readonly PlannedEpisode[], { rewards, success }: Rows) {
  const places = (actor: MetaWorldActor) =>
    episodes.flatMap((episode, i) => episode.actor === actor ? i : []);
  const stepsOf = (episode: number) =>
    [episode * META_WORLD_HORIZON, (episode + 1) * META_WORLD_HORIZON] as const;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const figures = ACTORS.map((actor): [MetaWorldActor, MetaWorldFigures] => {
    const own = places(actor);
    return [actor, {
      episodes: own.length,
      return: mean(own.map((i) => rewards.subarray(...stepsOf(i)).reduce((sum, value) => sum + value, 0))),
      success: mean(own.map((i) => success.subarray(...stepsOf(i)).includes(1) ? 1 : 0)),
    }];
  });
  return Object.fromEntries(figures.filter(([, { episodes }]) => episodes > 0));
}
