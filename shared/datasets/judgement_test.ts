/** What is legal and implausible: every kind of notice, on a recording of our own, and silence where nothing is wrong. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { collectDataset, shippedPolicy } from "@cugro/environments";
import { assemble } from "./assemble.ts";
import { DatasetError } from "./dataset.ts";
import type { RawDataset } from "./testing/point_recording.ts";
import { episodesOf } from "./dataset_summary.ts";
import { changed, rawOf, record, type Step } from "./testing/point_recording.ts";

const codesOf = (raw: RawDataset) => assemble(raw, "f").notices.map(({ code }) => code);
const lengthsOf = (raw: RawDataset, options = {}) =>
  episodesOf(assemble(raw, "f", options).dataset).map(({ start, end }) => end - start);
const column = (values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });
const walled = record({ wall: 3, episodes: 30 });
const trueLengths = [...Map.groupBy(walled, ({ episode }) => episode).values()].map(({ length }) => length);

/** Rows of `n` recordings in turn. */
function interleave(parts: Step[][]): Step[] {
  return parts[0]!.flatMap((_, row) => parts.map((part) => part[row]!));
}

function shuffle(steps: Step[]): Step[] {
  return steps.map((step, i) => ({ step, key: (i * 7919) % 10007 })).sort((a, b) => a.key - b.key).map((
    { step },
  ) => step);
}

Deno.test("there is no notice about a recording with all its fields, nor about data that was collected here", async () => {
  assertEquals(codesOf(rawOf(walled)), []);
  assertEquals(codesOf(rawOf(record())), []);
  const policy = await shippedPolicy("swimmer");
  const collected = await collectDataset({
    family: "swimmer-dir",
    goal: [1, 0],
    policy,
    episodes: 4,
    seed: 1,
  });
  const { size, stateDim, actionDim } = collected;
  const raw: RawDataset = {
    arrays: {
      observations: { shape: [size, stateDim], data: collected.states },
      actions: { shape: [size, actionDim], data: collected.actions },
      rewards: { shape: [size], data: collected.rewards },
      next_observations: { shape: [size, stateDim], data: collected.nextStates },
      terminals: { shape: [size], data: collected.terminals },
      timeouts: { shape: [size], data: collected.timeouts },
    },
    attributes: { ...collected.metadata },
  };
  assertEquals(codesOf(raw), []);
});

Deno.test("episodes end where any of the known fields says so", () => {
  const raw = rawOf(walled);
  const timeouts = raw.arrays.timeouts!;
  const ids = column(walled.map(({ episode }) => 100 - episode));
  const ends: number[] = [];
  for (const [row, step] of walled.entries()) {
    if (step.episode !== walled[row + 1]?.episode) ends.push(row + 1);
  }
  for (
    const other of [
      changed(raw, ["timeouts"], { truncations: timeouts }),
      changed(raw, ["timeouts"], { timeout: timeouts }),
      changed(raw, ["timeouts", "next_observations"], { episode_id: ids }),
      changed(raw, ["timeouts", "next_observations"], { episode_ends: column(ends) }),
      changed(raw, ["timeouts"]),
      changed(raw, ["timeouts", "terminals"], { terminated: raw.arrays.terminals!, truncated: timeouts }),
      changed(raw, ["timeouts"], {
        dones: column(walled.map(({ terminal, timeout }) => terminal || timeout)),
      }),
    ]
  ) assertEquals(lengthsOf(other), trueLengths);
  const cutAlone = changed(rawOf(record(), { horizon: 15 }), ["timeouts", "next_observations"]);
  assertEquals(new Set(lengthsOf(cutAlone)), new Set([15]));
});

Deno.test("where no field marks the ends, a notice says so; dones alone are refused", () => {
  const raw = rawOf(walled);
  const [notice] = assemble(changed(raw, ["timeouts", "next_observations"]), "f").notices;
  assertEquals(notice!.code, "episode-ends-unknown");
  for (const word of ["timeouts", "horizon", "episode_id"]) assertStringIncludes(notice!.advice, word);
  const dones = column(walled.map(({ terminal, timeout }) => terminal || timeout));
  const alone = changed(raw, ["terminals", "timeouts"], { dones });
  assertThrows(
    () => assemble(alone, "f"),
    DatasetError,
    "dones do not tell episodes that ended by themselves",
  );
  const wrong = changed(raw, ["timeouts"], { episode_ends: column([5, 5]) });
  const changedTerminals = changed(raw, ["terminals"]);
  const { message } = assertThrows(() => assemble(changedTerminals, "f"), DatasetError);
  assertStringIncludes(
    message,
    "--map terminals=NAME; where no episode ends by itself, write terminals that are 0 in every row: timeouts says where",
  );
  const refusal = assertThrows(
    () => assemble(changed(changedTerminals, ["timeouts", "next_observations"]), "f"),
    DatasetError,
  );
  for (
    const word of ["0 in every row", "timeouts (1 at", "episode_id", "next_observations", "horizon", "dones"]
  ) {
    assertStringIncludes(refusal.message, word);
  }
  // What is advised is read.
  const zeros = column(walled.map(() => 0));
  const advised = changed(changed(raw, ["terminals", "next_observations", "timeouts"]), [], {
    terminals: zeros,
  });
  assertEquals(lengthsOf({ ...advised, attributes: { ...advised.attributes, horizon: 10 } })[0], 10);
  assertThrows(() => assemble(wrong, "f"), DatasetError, "field episode_ends, row 1");
});

for (const environments of [2, 3, 5]) {
  Deno.test(`rows of ${environments} environments in turn are recognised, and read rightly when asked`, () => {
    const parts = Array.from({ length: environments }, (_, seed) => record({ seed: seed + 1 }));
    const raw = rawOf(interleave(parts));
    const sentence = `${environments} environments in turn`;
    for (const known of [raw, changed(raw, ["timeouts"]), changed(raw, ["next_observations"])]) {
      assertThrows(() => assemble(known, "f"), DatasetError, sentence);
    }
    const { dataset, notices } = assemble(changed(raw, ["timeouts"]), "f", { environments });
    assertEquals(notices, []);
    assertEquals(
      episodesOf(dataset).map(({ start, end }) => end - start),
      parts.flat().filter(({ timeout }) => timeout).map(() => 15),
    );
    assertEquals([...dataset.rewards], [...Float32Array.from(parts.flat().map(({ reward }) => reward))]);
    assertThrows(() => assemble(raw, "f", { environments: 7 }), DatasetError, "dealt out to 7 environments");
  });
}

Deno.test("shuffled rows are told, with next states and without", () => {
  const raw = rawOf(shuffle(walled));
  assertEquals(codesOf(changed(raw, ["timeouts"])), ["rows-out-of-order"]);
  assertThrows(() => assemble(raw, "f"), DatasetError, "order of time");
  assertStringIncludes(String(codesOf(changed(raw, ["next_observations"]))), "rows-out-of-order");
});

Deno.test("rows that stand there twice are counted", () => {
  const { notices } = assemble(rawOf([...walled, ...record({ wall: 3, episodes: 30 })]), "f");
  assertEquals(notices.map(({ code }) => code), ["rows-doubled"]);
  assertStringIncludes(notices[0]!.message, `${walled.length} of ${2 * walled.length} rows`);
});

Deno.test("reset rows of vector environments are left out", () => {
  const steps = walled.flatMap((step, row): Step[] => {
    const following = walled[row + 1];
    if (!following || following.episode === step.episode) return [step];
    const reset = { ...step, state: step.next, next: following.state, reward: 0, terminal: 0, timeout: 0 };
    return [step, { ...reset, action: [0.5, -0.5] }];
  });
  const { dataset, notices } = assemble(rawOf(steps), "f");
  assertEquals(notices.map(({ code }) => code), ["reset-steps"]);
  assertEquals(dataset, assemble(rawOf(walled), "f").dataset);
});

Deno.test("next states of another episode, zeros and NaN at ends are not learnt from", () => {
  const own = assemble(changed(rawOf(walled), ["next_observations"]), "f").dataset;
  const variant = (next: (step: Step, following?: Step) => number[]) => {
    const steps = walled.map((step, row) =>
      step.timeout && row + 1 < walled.length ? { ...step, next: next(step, walled[row + 1]) } : step
    );
    return assemble(rawOf(steps), "f");
  };
  const foreign = variant((_, following) => following!.state);
  assertEquals(foreign.notices.map(({ code }) => code), ["next-state-of-next-episode"]);
  const zeros = variant(() => [0, 0, 0, 0]);
  assertEquals(zeros.notices.map(({ code }) => code), ["next-state-not-a-number"]);
  const rows = walled.entries().filter(([row, { timeout }]) => timeout && row + 1 < walled.length).map((
    [row],
  ) => row);
  for (const row of rows) {
    const at = (values: Float32Array) => [...values.subarray(4 * row, 4 * row + 4)];
    assertEquals(at(foreign.dataset.nextStates), at(own.nextStates));
    assertEquals(at(zeros.dataset.nextStates), at(own.nextStates));
  }
  const unused = walled.map((step) => step.terminal ? { ...step, next: [NaN, NaN, NaN, NaN] } : step);
  assertEquals(codesOf(rawOf(unused)), []);
});

Deno.test("terminals at every time limit, and in a row, are told", () => {
  const cut = record().map((step) => ({ ...step, terminal: step.timeout, timeout: 0 }));
  assertEquals(codesOf(changed(rawOf(cut), ["timeouts"])), ["terminals-at-time-limit"]);
  const mixed = walled.map((step) => ({ ...step, terminal: step.terminal || step.timeout, timeout: 0 }));
  assertEquals(codesOf(rawOf(mixed)), ["terminals-at-time-limit"]);
  const goal = record().map((step, row) => ({
    ...step,
    terminal: row % 15 > 11 ? 1 : 0,
    timeout: row % 15 === 14 ? 1 : 0,
  }));
  assertStringIncludes(String(codesOf(rawOf(goal))), "terminals-in-a-row");
});

Deno.test("padding is left out by its mask, and told without one", () => {
  const zero = {
    state: [0, 0, 0, 0],
    action: [0, 0],
    reward: 0,
    next: [0, 0, 0, 0],
    terminal: 1,
    timeout: 0,
  };
  const filled = [...Map.groupBy(walled, ({ episode }) => episode).values()].flatMap((steps) => [
    ...steps.map((step) => ({ ...step, real: 1 })),
    ...Array.from({ length: 15 - steps.length }, () => ({ ...zero, episode: steps[0]!.episode, real: 0 })),
  ]);
  const raw = rawOf(filled);
  const masked = assemble(changed(raw, [], { mask: column(filled.map(({ real }) => real)) }), "f");
  assertEquals(masked.notices.map(({ code }) => code), ["rows-padded"]);
  assertEquals(masked.dataset, assemble(rawOf(walled), "f").dataset);
  assertStringIncludes(String(codesOf(raw)), "rows-padded");
});

Deno.test("rewards that teach nothing, and digits that float32 loses, are told", () => {
  const zeros = walled.map((step) => ({ ...step, reward: 0 }));
  assertEquals(codesOf(rawOf(zeros)), ["rewards-all-zero"]);
  const equal = record().map((step) => ({ ...step, reward: step.timeout ? 2 : 0 }));
  assertEquals(codesOf(rawOf(equal)), ["returns-all-equal"]);
  const raw = changed(rawOf(walled), ["next_observations"]);
  const clock = Float64Array.from(walled.flatMap(({ state }, row) => [...state, 1.7e9 + row]));
  const { notices } = assemble(
    changed(raw, [], { observations: { shape: [walled.length, 5], data: clock } }),
    "f",
  );
  assertEquals(notices.map(({ code, field }) => [code, field]), [["digits-lost", "observations"]]);
  assert(notices[0]!.message.includes("float32"));
});

Deno.test("strict and reward rules: what is asked for is done or refused by name", () => {
  const raw = changed(rawOf(walled), ["rewards"], {
    success: column(walled.map(({ terminal }) => terminal)),
    gap: { shape: [walled.length, 2], data: Float32Array.from(walled.flatMap(() => [3, 4])) },
  });
  assertThrows(() => assemble(raw, "f"), DatasetError, "--reward success, -1-per-step");
  const rewards = (reward: string) => [...assemble(raw, "f", { reward }).dataset.rewards.slice(0, 3)];
  assertEquals(rewards("-1-per-step"), [-1, -1, -1]);
  assertEquals(rewards("distance:gap"), [-5, -5, -5]);
  const { dataset } = assemble(raw, "f", { reward: "success" });
  assertEquals([...dataset.rewards], walled.map(({ terminal }) => terminal));
  assertEquals(dataset.metadata.reward, "success");
  assertThrows(() => assemble(raw, "f", { reward: "distance:none" }), DatasetError, "field none");
});
