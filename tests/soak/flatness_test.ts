import { assert, assertEquals, assertMatch } from "@std/assert";
import { judgeStretches, medianOf, slopeOf, unjudged } from "./flatness.ts";
import { judgeSoak } from "./judge_soak.ts";
import { restartAfter } from "./restarts.ts";
import type { Sample } from "./samples.ts";
import { deathsOf, type SoakRecord } from "./soak.ts";

const MINUTES = 40;
/** A sample every half a minute of what two processes take; `b` is restarted every ten minutes. */
function samplesOf(memory: (minute: number) => number, descriptors: (minute: number) => number): Sample[] {
  return Array.from({ length: 2 * MINUTES }, (_, i): Sample => {
    const minute = i / 2;
    const one = { memory: memory(minute), descriptors: descriptors(minute), threads: 9 };
    return {
      at: 60 * minute,
      processes: { a: { pid: 1, ...one }, b: { pid: 10 + Math.floor(minute / 6), ...one } },
      store: { jobs: { count: 2 * (i + 1), bytes: 0 }, "jobs/job.json": { count: i + 1, bytes: 0 } },
      streams: { JOBS: { count: i % 3, bytes: 0 } },
      files: {},
    };
  });
}

const wave = (minute: number) => 500e6 + 40e6 * Math.sin(3 * minute) + (minute < 5 ? -300e6 : 0);
const notFlat = (samples: Sample[]) =>
  judgeStretches(samples).filter(({ flat }) => !flat).map(({ name, measure }) => `${name} ${measure}`);

Deno.test("what goes up and down is flat, and what rises is not, by the process and what it takes more of", () => {
  assertEquals(slopeOf([[0, 1], [1, 1], [2, 900], [3, 1], [4, 1]]), 0, "a peak is no slope");
  assertEquals([slopeOf([[0, 0], [2, 1]]), medianOf([3, 1, 2, 10])], [0.5, 2.5]);
  assertEquals(notFlat(samplesOf(wave, (minute) => 33 + Math.floor(2 * Math.sin(5 * minute)))), []);
  assertEquals(notFlat(samplesOf(wave, (minute) => 33 + Math.floor(minute / 2))), [
    "a descriptors",
    "b descriptors",
  ]);
  assertEquals(notFlat(samplesOf((minute) => wave(minute) + 6e6 * minute, () => 33)), [
    "a memory",
    "b memory",
  ]);
  // Caches that fill in the first half of a life are none.
  assertEquals(notFlat(samplesOf((minute) => 500e6 + 10e6 * Math.min(minute, 12), () => 33)), []);
});

Deno.test("a process that never lives for long is judged over its lives, and named where that is not long either", () => {
  const all = judgeStretches(samplesOf(wave, () => 33));
  assertEquals(all.map(({ name, pid }) => `${name} ${pid}`), ["a 1", "a 1", "a 1", "b 0", "b 0", "b 0"]);
  const short = samplesOf(wave, () => 33).slice(0, 10);
  assertEquals(unjudged(short, judgeStretches(short)), ["a", "b"]);
});

Deno.test("in the first half every process is restarted in turn, by both signals; in the second only servers are", () => {
  const names = { services: ["one", "two", "three"], servers: ["bus", "store"] };
  const first = Array.from({ length: 10 }, (_, i) => restartAfter(i + 1, "first", names)!);
  for (const name of [...names.services, ...names.servers]) {
    const signals = first.filter((one) => one.name === name).map(({ signal }) => signal);
    assertEquals(signals.sort(), ["SIGKILL", "SIGTERM"], name);
  }
  const second = Array.from({ length: 16 }, (_, i) => restartAfter(i + 1, "second", names));
  assertEquals(second.flatMap((one) => one?.name ?? []), ["bus", "store", "bus", "store"]);
});

Deno.test("a soak is not sound if amounts grow, a process dies by itself, an act is not answered, or an event is missed", () => {
  const record = (samples: Sample[], more: Partial<SoakRecord> = {}): SoakRecord => ({
    ...{ samples, learnt: [], restarts: [], deaths: [], collected: { objects: 0, bytes: 0 } },
    followers: {
      acts: { sent: 1, answered: 1, p50: 1, p99: 1, longest: 1, oldestHead: 0 },
      ...{ unanswered: [], events: { sse: 1, webhook: 1 }, missed: [] },
    },
    ...more,
  });
  const sound = samplesOf(wave, () => 33);
  assertEquals(judgeSoak(record(sound)).faults, []);
  const piled = sound.map((sample, i) => ({ ...sample, streams: { JOBS: { count: 50 * i, bytes: 0 } } }));
  assertMatch(judgeSoak(record(piled)).faults.join(), /^not flat: messages waiting in JOBS/);
  const marks = sound.map((sample) => ({
    ...sample,
    store: { ...sample.store!, jobs: { count: sample.at ** 1.5, bytes: 0 } },
  }));
  assertMatch(judgeSoak(record(marks)).faults.join(), /^not flat: objects a job/);
  const { followers } = record(sound);
  const seen = judgeSoak(record(sound, {
    deaths: ["a (pid 5) ended with SIGABRT"],
    followers: { ...followers, unanswered: ["sent at 5"], missed: ["x (webhook)"] },
  }));
  assertEquals(seen.faults.length, 3);
  assert(seen.faults.every((fault) => /^(died by itself|not answered|event missed): /.test(fault)));
});

Deno.test("an end that a restart has caused is no death, another one is", () => {
  const ended = (at: number, name: string) => ({
    at,
    sentence: `${name} (pid 5) ended with status 1; it is started again in 250 ms`,
  });
  const events = [ended(15, "a"), ended(25, "a"), ended(15, "a.1"), {
    at: 30,
    sentence: "a (pid 6) is ready again",
  }];
  const restarts = [{ name: "a", signal: "SIGKILL" as const, from: 10, to: 20 }];
  assertEquals(deathsOf(events, restarts).map((sentence) => sentence.split(" ")[0]), ["a", "a.1"]);
});
