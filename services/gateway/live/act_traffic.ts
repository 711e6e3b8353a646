/**
 * What policies were asked lately: observations a minute of each task, and how many of them were unusual for it. Seen by this
 * process, and kept in its memory.
 * @module
 */

/** Minutes that are kept. */
export const MINUTES = 60;
/** Tasks that are kept; the one not asked about for longest goes. */
const MOST_TASKS = 1_000;
const MINUTE_MS = 60_000;

/** One minute of one task; `at`: its beginning, ms since 1970. */
export interface AskedMinute {
  at: number;
  requests: number;
  observations: number;
  unusual: number;
}

/** Observations a minute by learner and task, and how many were unusual. */
export interface ActTraffic {
  /** Since when (ms since 1970) it has been counted. */
  since: number;
  note(learner: string, task: number, outOfDistribution: readonly boolean[]): void;
  /** Of each task that was asked about in the last hour; minutes without a question are left out. */
  of(learner: string): { task: number; minutes: AskedMinute[] }[];
}

/**
 * Nothing was asked yet.
 *
 * @param now ms since 1970
 * @returns counts by learner, task and minute, for an hour
 */
export function createActTraffic(now: () => number = Date.now): ActTraffic {
  const tasks = new Map<string, { learner: string; task: number; minutes: AskedMinute[] }>();
  return {
    since: now(),
    note(learner, task, outOfDistribution) {
      const mark = `${learner} ${task}`;
      const asked = tasks.get(mark) ?? { learner, task, minutes: [] };
      tasks.delete(mark);
      tasks.set(mark, asked);
      if (tasks.size > MOST_TASKS) tasks.delete(tasks.keys().next().value!);
      const minute = minuteOf(asked.minutes, now());
      minute.requests++;
      minute.observations += outOfDistribution.length;
      minute.unusual += outOfDistribution.filter((flag) => flag).length;
    },
    of(learner) {
      const oldest = now() - MINUTES * MINUTE_MS;
      return [...tasks.values()].filter((asked) => asked.learner === learner).map(({ task, minutes }) => ({
        task,
        minutes: minutes.filter(({ at }) => at > oldest).map((minute) => ({ ...minute })),
      })).filter(({ minutes }) => minutes.length > 0).sort((a, b) => a.task - b.task);
    },
  };
}

function minuteOf(minutes: AskedMinute[], now: number): AskedMinute {
  const at = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  const last = minutes.at(-1);
  if (last?.at === at) return last;
  const minute = { at, requests: 0, observations: 0, unusual: 0 };
  minutes.push(minute);
  if (minutes.length > MINUTES) minutes.shift();
  return minute;
}
