/**
 * Tasks whose policies are asked about many observations that are unusual for the task: perhaps what the robot does now
 * is a new task. Seen by the gateway that answers, kept in its memory.
 * @module
 */
import { createProblem, type Problem } from "@cugro/protocol";
import type { ActingOptions } from "@cugro/serving";
import type { Metrics } from "@cugro/telemetry";

/** How many of a task's last observations count, in blocks of a tenth. */
const WINDOW = 1_000;
const BLOCK = WINDOW / 10;
/** Fewer say nothing. */
const LEAST = 200;
/** Of a task's own rows 0.1 % are out of the distribution. This share of the window raises the problem ... */
export const RAISED_FROM = 0.05;
/** ... and below this one it is over. */
const OVER_BELOW = 0.025;
/** It is over, too, when the task has not been asked about for this long (ms). */
const FORGOTTEN_MS = 3_600_000;

/** What was asked of one task. */
interface Asked {
  learner: string;
  task: number;
  /** The newest last. */
  blocks: { rows: number; unusual: number }[];
  at: number;
  /** Since when (ms since 1970) there are many; undefined: there are not. */
  since: number | undefined;
}

/** Counts observations, and says of which tasks too many are unusual. */
export interface UnusualWatch {
  /** Some observations were judged. */
  note(learner: string, task: number, outOfDistribution: readonly boolean[]): void;
  problems(): Problem[];
}

/**
 * Nothing has been asked yet.
 *
 * @param now ms since 1970
 * @returns problems of tasks in which many of the last observations were unusual
 */
export function createUnusualWatch(now: () => number = Date.now): UnusualWatch {
  const tasks = new Map<string, Asked>();
  return {
    note(learner, task, outOfDistribution) {
      const mark = `${learner} ${task}`;
      const asked = tasks.get(mark) ?? { learner, task, blocks: [], at: 0, since: undefined };
      tasks.set(mark, asked);
      asked.at = now();
      for (const unusual of outOfDistribution) count(asked, unusual);
      judge(asked);
    },
    problems() {
      const oldest = now() - FORGOTTEN_MS;
      for (const [mark, { at }] of tasks) if (at < oldest) tasks.delete(mark);
      return [...tasks.values()].flatMap(problemOf);
    },
  };
}

/**
 * What is done with each answer: it is counted, for the metrics and for those who watch.
 *
 * @param watches each is given every answer
 * @param metrics of the process
 * @returns called with each answer
 */
export function countUnusual(
  watches: readonly Pick<UnusualWatch, "note">[],
  metrics: Pick<Metrics, "actObservations">,
): NonNullable<ActingOptions["onJudged"]> {
  return ({ learner, task, outOfDistribution }) => {
    const unusual = outOfDistribution.filter((flag) => flag).length;
    if (unusual > 0) metrics.actObservations.inc({ unusual: "true" }, unusual);
    metrics.actObservations.inc({ unusual: "false" }, outOfDistribution.length - unusual);
    for (const watch of watches) watch.note(learner, task, outOfDistribution);
  };
}

function count({ blocks }: Asked, unusual: boolean): void {
  let last = blocks.at(-1);
  if (!last || last.rows === BLOCK) {
    last = { rows: 0, unusual: 0 };
    blocks.push(last);
    if (blocks.length > WINDOW / BLOCK) blocks.shift();
  }
  last.rows++;
  if (unusual) last.unusual++;
}

function sumOf({ blocks }: Asked): { rows: number; unusual: number } {
  return blocks.reduce(
    (sum, { rows, unusual }) => ({ rows: sum.rows + rows, unusual: sum.unusual + unusual }),
    {
      rows: 0,
      unusual: 0,
    },
  );
}

function judge(asked: Asked): void {
  const { rows, unusual } = sumOf(asked);
  if (rows < LEAST) return;
  if (unusual < OVER_BELOW * rows) asked.since = undefined;
  else if (unusual >= RAISED_FROM * rows) asked.since ??= asked.at;
}

function problemOf(asked: Asked): Problem[] {
  const { learner, task, since } = asked;
  if (since === undefined) return [];
  const { rows, unusual } = sumOf(asked);
  return [createProblem("observations.unusual", { learner, task }, {
    since: new Date(since).toISOString(),
    subject: { learner, task },
    message:
      `Of the last ${rows} observations that task ${task} was asked about, ${unusual} are unlike its data ` +
      `(usual is 1 in 1,000): perhaps this is a new task.`,
    advice:
      "See whether units, order and sensors are those of the data; if they are, collect data there and add it " +
      "as a task.",
  })];
}
