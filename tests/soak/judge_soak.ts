/**
 * What a soak must show, and whether it has: processes, store, disk, streams, clients. Pure.
 * @module
 */
import { judgeStretches, medianOf, type Stretch, unjudged } from "./flatness.ts";
import type { Amount, Sample } from "./samples.ts";
import type { SoakRecord } from "./soak.ts";

/** An amount of the store or the streams, as the samples of the middle and of the end have it. */
export interface Level {
  what: string;
  middle: number;
  end: number;
  /** What the end must not be above. */
  bound: number;
  flat: boolean;
}

/** The verdict. */
export interface Judged {
  hours: number;
  tasks: number;
  stretches: Stretch[];
  levels: Level[];
  /** Sentences; none: it is flat. */
  faults: string[];
}

/** Judges a record. */
export function judgeSoak(record: SoakRecord): Judged {
  const { samples, learnt, deaths, followers } = record;
  const stretches = judgeStretches(samples);
  const levels = levelsOf(samples);
  const faults = [
    ...stretches.filter(({ flat }) => !flat).map((one) => `not flat: ${describeStretch(one)}`),
    ...levels.filter(({ flat }) => !flat).map((one) => `not flat: ${describeLevel(one)}`),
    ...unjudged(samples, stretches).map((name) => `${name} never lived long enough to be judged`),
    ...deaths.map((death) => `died by itself: ${death}`),
    ...followers.unanswered.map((one) => `not answered: ${one}`),
    ...followers.missed.map((one) => `event missed: ${one}`),
  ];
  const hours = Math.round((samples.at(-1)?.at ?? 0) / 36) / 100;
  return { hours, tasks: learnt.length, stretches, levels, faults };
}

/** Amounts that must not grow with time, whatever is learnt, and those that may only grow with what is learnt. */
function levelsOf(samples: readonly Sample[]): Level[] {
  const [from, to] = [samples[0]?.at ?? 0, samples.at(-1)?.at ?? 0];
  const within = (low: number, high: number) =>
    samples.filter(({ at }) => at >= from + low * (to - from) && at <= from + high * (to - from));
  const level = (what: string, of: (sample: Sample) => number | undefined, slack: number): Level[] => {
    const median = (part: readonly Sample[]) => {
      const values = part.flatMap((sample) => of(sample) ?? []);
      return values.length === 0 ? undefined : medianOf(values);
    };
    const [middle, end] = [median(within(0.4, 0.6)), median(within(0.8, 1))];
    if (middle === undefined || end === undefined) return [];
    const bound = middle * 1.1 + slack;
    return [{ what, middle, end, bound, flat: end <= bound }];
  };
  const per = (one: string, other: string, field: "count" | "bytes") => ({ store }: Sample) =>
    store?.[one] === undefined || store[other] === undefined
      ? undefined
      : store[one][field] / Math.max(1, store[other].count);
  return [
    ...level("messages waiting in JOBS", ({ streams }) => streams?.JOBS?.count, 200),
    ...level("bytes of the journal EVENTS an event", ({ streams }) => perOne(streams?.EVENTS), 20),
    ...level("bytes of the journal INCOMING a hint", ({ streams }) => perOne(streams?.INCOMING), 20),
    ...level("temporary files", ({ files }) => files && (files.tmp?.count ?? 0), 40),
    ...level("bytes of temporary files", ({ files }) => files && (files.tmp?.bytes ?? 0), 10e6),
    ...level("objects waiting in incoming/", ({ store }) => store && (store.incoming?.count ?? 0), 6),
    ...level("objects a job", per("jobs", "jobs/job.json", "count"), 0),
    ...level("bytes of jobs/ a job", per("jobs", "jobs/job.json", "bytes"), 0),
    ...level("bytes of artifacts/ a standing version", per("artifacts", "versions/standing", "bytes"), 20e3),
    ...level(
      "objects of living learners a standing version",
      per("learners/living", "versions/standing", "count"),
      1,
    ),
    ...level("objects of deleted learners a version that is gone", goneFacts, 1),
    ...level("marks of announcements a version", per("announced", "versions/all", "count"), 1),
    ...level("checkpoints", ({ store }) => store && (store["jobs/checkpoint"]?.count ?? 0), 6),
  ];
}

/** Facts of a deleted learner stay, as its name does; nothing else of it does. */
function goneFacts({ store }: Sample): number | undefined {
  const [gone, all, standing] = [
    store?.["learners/deleted"],
    store?.["versions/all"],
    store?.["versions/standing"],
  ];
  if (gone === undefined || all === undefined || standing === undefined) return undefined;
  return gone.count / Math.max(1, all.count - standing.count);
}

function perOne(amount: Amount | undefined): number | undefined {
  return amount === undefined || amount.count === 0 ? undefined : amount.bytes / amount.count;
}

/** What is printed. */
export function sentencesOf({ hours, tasks, stretches, levels, faults }: Judged): string[] {
  return [
    `${tasks} tasks in ${hours} hours`,
    ...stretches.map(describeStretch),
    ...levels.map(describeLevel),
    ...faults,
  ];
}

function describeStretch({ name, measure, from, to, median, rise, bound, flat }: Stretch): string {
  const text = (value: number) => measure === "memory" ? `${(value / 1e6).toFixed(1)} MB` : value.toFixed(1);
  return `${name}, ${measure}: median ${text(median)}, rise ${text(rise)} in ${
    Math.round((to - from) / 60)
  } minutes ` +
    `(${flat ? "below" : "not below"} ${text(bound)})`;
}

function describeLevel({ what, middle, end, bound }: Level): string {
  const text = (value: number) => value.toFixed(value < 100 ? 1 : 0);
  return `${what}: ${text(middle)} in the middle, ${text(end)} at the end (at most ${text(bound)})`;
}
