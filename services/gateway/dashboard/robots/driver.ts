/**
 * A world that advances with time: it asks its player for actions and reports what came of them.
 * @module
 */
import type { ShownStep, ShownWorld } from "@cugro/environments/shown";
import { sentenceOf } from "../state/page_session.ts";
import type { Judgement, Player } from "./player.ts";

/** Where a world stands. */
export interface Standing {
  steps: number;
  /** Simulated seconds. */
  seconds: number;
  /** Sum of the rewards, of one episode's steps at most. */
  earned: number;
  /** `over`: what was recorded has been shown. */
  end: ShownStep["end"] | "over" | undefined;
  judgement: Judgement | undefined;
  /** Why it does not go on. */
  fault: string | undefined;
}

/** Curves: one entry a step, the last {@link REMEMBERED}. */
export interface Trace {
  seconds: number[];
  values: number[];
  percentiles: (number | null)[];
}

export interface Driver {
  readonly world: ShownWorld;
  readonly standing: Standing;
  readonly trace: Trace;
  /** Begins again from the start state of a seed. */
  reset(seed: number): void;
  /** Lets this much simulated time pass, in whole steps; time that cannot be caught up with is dropped. @param beforeStep before each */
  move(seconds: number, beforeStep?: () => void): void;
  close(): void;
}

/** Steps of curves. */
const REMEMBERED = 400;
/** Steps in one go at most: a page that was away does not catch up. */
export const STEPS_AT_ONCE = 12;
/** How long a step without duration is shown (s). */
const STRIDE_SECONDS = 0.3;

/** Seconds that one step of a world is shown for. */
export const stepSeconds = (world: Pick<ShownWorld, "dt">): number => world.dt || STRIDE_SECONDS;

/** A driver's internal state. */
interface Running {
  seed: number;
  /** Simulated seconds that have passed and were not stepped. */
  owed: number;
  isAsking: boolean;
  /** Counts the beginnings: an answer to an earlier one is not taken. */
  run: number;
}

/** A world in which a policy acts. */
export function createDriver(world: ShownWorld, player: Player): Driver {
  const length = stepSeconds(world);
  const driver = { world, standing: begun(), trace: { seconds: [], values: [], percentiles: [] } };
  const running: Running = { seed: 0, owed: 0, isAsking: false, run: 0 };
  return {
    ...driver,
    reset(seed) {
      Object.assign(running, { seed, owed: 0, isAsking: false, run: running.run + 1 });
      world.reset(seed);
      Object.assign(driver.standing, begun());
      for (const values of Object.values(driver.trace)) values.length = 0;
    },
    move(seconds, beforeStep) {
      const { standing } = driver;
      running.owed = Math.min(running.owed + seconds, STEPS_AT_ONCE * length);
      while (running.owed >= length && !running.isAsking && !standing.end && standing.fault === undefined) {
        running.owed -= length;
        guarded(standing, () => ask(driver, player, running, beforeStep));
      }
    },
    close() {
      running.run++;
      player.close();
      world.close();
    },
  };
}

type DriverFigures = Pick<Driver, "world" | "standing" | "trace">;

/** One step, at once or when the answer is there. */
function ask(
  driver: DriverFigures,
  player: Player,
  running: Running,
  beforeStep: (() => void) | undefined,
): void {
  const { world, standing } = driver;
  const state = world.observe();
  const step = (action: Float32Array) => {
    beforeStep?.();
    take(driver, player, state, action);
  };
  const answer = player.act(state, running.seed + standing.steps);
  if (answer instanceof Float32Array) return step(answer);
  const { run } = running;
  running.isAsking = true;
  answer.then((action) => {
    if (run !== running.run) return;
    running.isAsking = false;
    guarded(standing, () => step(action));
  }, (error) => {
    if (run === running.run) standing.fault = sentenceOf(error);
  });
}

function take(
  { world, standing, trace }: DriverFigures,
  player: Player,
  state: Float32Array,
  action: Float32Array,
): void {
  standing.judgement = player.judge(state, action);
  const { reward, end } = world.step(action);
  standing.steps++;
  standing.seconds += stepSeconds(world);
  if (standing.steps <= world.horizon) standing.earned += reward;
  standing.end = end;
  note(trace, standing);
}

/** Does the work; an error is shown as the reason why the robot stopped. */
export function guarded(standing: Standing, work: () => void): void {
  try {
    work();
  } catch (error) {
    standing.fault = sentenceOf(error);
  }
}

/** Adds a step to the curves. */
export function note(trace: Trace, { seconds, judgement }: Standing): void {
  if (!judgement) return;
  trace.seconds.push(seconds);
  trace.values.push(judgement.value);
  trace.percentiles.push(judgement.percentile);
  if (trace.seconds.length <= REMEMBERED) return;
  for (const values of Object.values(trace)) values.shift();
}

/** Nothing has happened yet. */
export function begun(): Standing {
  return {
    ...{ steps: 0, seconds: 0, earned: 0, end: undefined, judgement: undefined },
    fault: undefined,
  };
}
