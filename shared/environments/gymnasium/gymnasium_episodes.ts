/**
 * Episodes in Python, whatever becomes of the process they run in.
 *
 * A process that dies or hangs costs no other episodes: all that began together begin again, from the same start states and
 * with the same actions, so that the results are those of a run without it. What dies again is run one episode at a time,
 * and an episode that the process dies in even then is lost.
 * @module
 */
import { GymnasiumFault, GymnasiumLost } from "./gymnasium_faults.ts";
import { type GymnasiumEnvironment, type GymnasiumOptions, openGymnasium } from "./gymnasium_environment.ts";
import type { PythonProcess } from "./python_process.ts";

/** Chooses actions `[n, A]` for states `[n, S]` at a step (from 0). Rows with `active` 0 are not looked at. */
export type GymnasiumAct = (
  states: Float32Array,
  step: number,
  active: Uint8Array,
) => Float32Array | Promise<Float32Array>;

/** The episodes to run. */
export interface EpisodeOptions extends Omit<GymnasiumOptions, "size"> {
  /** One episode each, 0 to 2^32 - 1. */
  seeds: readonly number[];
  /** Sizes of the data, which the environment must have. */
  expected: { stateDim: number; actionDim: number };
  /** Called as often as episodes begin; the same each time. `first`: place of the first of them among all. */
  startActing(first: number): GymnasiumAct;
  /** Called at each unexpected end of a process. */
  onLost?: (error: GymnasiumLost) => void;
}

/** In the order of the seeds, without episodes that were lost. */
export interface EpisodesResult {
  /** Undiscounted sums of rewards. */
  returns: number[];
  lengths: number[];
  /** Whether any step succeeded; absent where the environment does not tell. */
  successes?: boolean[];
  /** Episodes in which the process died each time. */
  lost: number;
  /** Of Python and of the packages, on which returns depend as well. */
  versions: Record<string, string>;
}

interface Episode {
  return: number;
  length: number;
  success: boolean;
}

/** Copies that step together. */
const BATCH = 20;
/** Ends of the process after which the environment is given up. */
const MOST_LOST = 4;

/**
 * Runs one episode a seed.
 *
 * @param python starts the process
 * @param options spec, seeds, who acts
 * @returns return, length and success of each episode
 * @throws {GymnasiumLost} where the process dies again and again
 * @throws {GymnasiumUnavailable} as {@link openGymnasium} does
 * @throws {GymnasiumFault} as {@link openGymnasium} does, and where states or actions have other sizes
 */
export async function runEpisodes(python: PythonProcess, options: EpisodeOptions): Promise<EpisodesResult> {
  const runner = new EpisodeRunner(python, options);
  const episodes: (Episode | undefined)[] = [];
  try {
    for (let first = 0; first < options.seeds.length; first += BATCH) {
      episodes.push(...await runner.runBatch(first, Math.min(BATCH, options.seeds.length - first)));
    }
  } finally {
    await runner.close();
  }
  const done = episodes.filter((episode) => episode !== undefined);
  if (done.length === 0 && runner.lastLost) throw runner.lastLost;
  return {
    returns: done.map((episode) => episode.return),
    lengths: done.map(({ length }) => length),
    ...runner.reportsSuccess ? { successes: done.map(({ success }) => success) } : {},
    lost: episodes.length - done.length,
    versions: runner.versions,
  };
}

/**
 * Makes one copy of an environment and ends it again: whether it can be run here, and whether the data can come from it.
 *
 * @param python starts the process
 * @param options spec and horizon
 * @param expected what the data has, where that is known
 * @throws {GymnasiumUnavailable} as {@link runEpisodes} does
 * @throws {GymnasiumFault} as {@link runEpisodes} does
 * @throws {GymnasiumLost} as {@link runEpisodes} does
 */
export async function checkEnvironment(
  python: PythonProcess,
  options: Omit<GymnasiumOptions, "size">,
  expected?: EpisodeOptions["expected"],
): Promise<void> {
  const opened = await openGymnasium(python, { ...options, size: 1 });
  await opened.close();
  if (expected) compareSizes(options.spec.gymnasium, opened, expected);
}

function compareSizes(
  id: string,
  { stateDim, actionDim }: GymnasiumEnvironment,
  expected: EpisodeOptions["expected"],
): void {
  if (stateDim === expected.stateDim && actionDim === expected.actionDim) return;
  throw new GymnasiumFault(
    `${id} has states and actions of [${stateDim}, ${actionDim}] numbers, and the data of ` +
      `[${expected.stateDim}, ${expected.actionDim}]: it was made in another environment, or in wrappers that are not named. ` +
      "The right one is named with --gymnasium when the data is handed over, or none",
  );
}

/** Keeps an environment open, and opens it again where it is gone. */
class EpisodeRunner {
  reportsSuccess = false;
  versions: Record<string, string> = {};
  lastLost: GymnasiumLost | undefined;
  #environment: GymnasiumEnvironment | undefined;
  #timesLost = 0;

  constructor(private readonly python: PythonProcess, private readonly options: EpisodeOptions) {}

  /** Episodes from `first` on; undefined for those that are lost. */
  async runBatch(first: number, count: number): Promise<(Episode | undefined)[]> {
    for (let attempt = 0; attempt < 2; attempt++) {
      const episodes = await this.#tryToRun(first, count);
      if (episodes) return episodes;
    }
    if (count === 1) return [undefined];
    const alone: (Episode | undefined)[] = [];
    for (let i = 0; i < count; i++) alone.push((await this.#tryToRun(first + i, 1))?.[0]);
    return alone;
  }

  async close(): Promise<void> {
    const open = this.#environment;
    this.#environment = undefined;
    try {
      await open?.close();
    } catch (error) {
      // It has ended before.
      if (!(error instanceof GymnasiumLost)) throw error;
    }
  }

  async #tryToRun(first: number, count: number): Promise<Episode[] | undefined> {
    try {
      return await this.#run(await this.#opened(count), first, count);
    } catch (error) {
      if (!(error instanceof GymnasiumLost)) throw error;
      this.#environment = undefined;
      this.lastLost = error;
      this.options.onLost?.(error);
      if (++this.#timesLost > MOST_LOST) throw error;
      return undefined;
    }
  }

  async #opened(size: number): Promise<GymnasiumEnvironment> {
    if (this.#environment?.size === size) return this.#environment;
    await this.close();
    const { spec, expected } = this.options;
    const opened = await openGymnasium(this.python, { ...this.options, size });
    this.#environment = opened;
    this.versions = { ...opened.versions };
    compareSizes(spec.gymnasium, opened, expected);
    return opened;
  }

  async #run(environment: GymnasiumEnvironment, first: number, count: number): Promise<Episode[]> {
    const episodes = Array.from({ length: count }, () => ({ return: 0, length: 0, success: false }));
    const act = this.options.startActing(first);
    let last = await environment.reset(this.options.seeds.slice(first, first + count));
    for (let step = 0; last.active.includes(1); step++) {
      const { active } = last;
      last = await environment.step(await act(last.states, step, active));
      this.reportsSuccess ||= last.reportsSuccess;
      episodes.forEach((episode, i) => {
        episode.return += last.rewards[i]!;
        episode.length += active[i]!;
        episode.success ||= last.successes[i] === 1;
      });
    }
    if (episodes.every((episode) => Number.isFinite(episode.return))) return episodes;
    throw new GymnasiumFault(`${this.options.spec.gymnasium} gave rewards that are no finite numbers`);
  }
}
