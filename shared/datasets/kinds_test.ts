/** Files of the kinds that users have: what is read in silence, what is told and what is refused with which advice. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { assemble } from "./assemble.ts";
import { DatasetError } from "./dataset.ts";
import type { RawDataset } from "./testing/point_recording.ts";
import { episodesOf } from "./dataset_summary.ts";
import { changed, randomNumbers, rawOf, record, type Step } from "./testing/point_recording.ts";
import { validate } from "./validate.ts";

const codesOf = (raw: RawDataset) => assemble(raw, "f").notices.map(({ code }) => code);
const lengthsOf = (raw: RawDataset, options = {}) =>
  episodesOf(assemble(raw, "f", options).dataset).map(({ start, end }) => end - start);
const column = (values: number[]) => ({ shape: [values.length], data: Float64Array.from(values) });
const fallen = record({ wall: 3, episodes: 30 });
const cut = record();
const isEnd = ({ terminal, timeout }: Step) => terminal || timeout;
const refused = (raw: RawDataset, sentence: string, options = {}) =>
  assertThrows(() => assemble(raw, "f", options), DatasetError, sentence);

/** A walk on a grid of whole numbers, towards the corner with probability `aim`. */
function grid(side: number, aim: number): Step[] {
  const random = randomNumbers(5);
  const steps: Step[] = [];
  for (let episode = 0; episode < 60; episode++) {
    let [x, y] = [0, 0];
    for (let step = 1; step <= 60; step++) {
      const choice = (random() + 1) / 2 < aim ? (y < side - 1 ? 0 : 1) : Math.floor(2 * (random() + 1));
      const [dx, dy] = [[0, 1], [1, 0], [0, -1], [-1, 0]][choice]!;
      const next = [x + dx!, y + dy!].map((value) => Math.min(side - 1, Math.max(0, value)));
      const terminal = next.every((value) => value === side - 1) ? 1 : 0;
      const timeout = !terminal && step === 60 ? 1 : 0;
      steps.push({
        state: [x, y],
        action: [choice],
        reward: terminal - 0.01,
        next,
        terminal,
        timeout,
        episode,
      });
      [x, y] = next as [number, number];
      if (terminal) break;
    }
  }
  return steps;
}

Deno.test("there is no notice about small worlds, one-step episodes and episodes that all end by themselves", () => {
  for (const steps of [grid(5, 0), grid(5, 0.7), grid(12, 0.6)]) {
    const actions = {
      shape: [steps.length],
      data: Int32Array.from(steps, ({ action }) => action[0]!),
      integer: true,
    };
    const raw = changed(rawOf(steps), [], { actions });
    for (const left of [[], ["next_observations"], ["timeouts"]]) {
      assertEquals(codesOf(changed(raw, left)), []);
    }
  }
  const random = randomNumbers(9);
  const bandit = Array.from({ length: 300 }, (_, episode): Step => {
    const state = [random(), random(), random()];
    return { state, action: [random()], reward: state[0]!, next: state, terminal: 1, timeout: 0, episode };
  });
  for (const left of [[], ["next_observations"], ["timeouts"], ["timeouts", "next_observations"]]) {
    assertEquals(codesOf(changed(rawOf(bandit), left)), []);
  }
});

Deno.test("lanes of unequal length are read; a wrong number of environments is refused", () => {
  const parts = [1, 2, 3, 4].map((seed) => record({ seed }));
  const steps = parts[0]!.flatMap((_, row) => parts.map((part) => part[row]!)).slice(0, -2);
  const raw = rawOf(steps);
  refused(raw, "4 environments in turn");
  assertEquals(lengthsOf(raw, { environments: 4 }).toSorted((a, b) => a - b).slice(0, 3), [14, 14, 15]);
  refused(raw, "dealt out to 3 environments", { environments: 3 });
  refused(rawOf(cut), "leave it out", { environments: 2 });
  const ids = column(steps.map((_, row) => row % 4));
  refused(changed(raw, ["timeouts"], { episode_id: ids }), "come in turn");
});

Deno.test("ids of episodes must be numbers that hold rows together", () => {
  const raw = changed(rawOf(fallen), ["timeouts", "next_observations"]);
  const withIds = (ids: number[]) => changed(raw, [], { episode_id: column(ids) });
  refused(withIds(fallen.map(() => NaN)), "number the episodes");
  refused(withIds([...fallen.keys()]), "another in every row");
  refused(withIds([1, 2, 3]), "the shape must be");
  assertEquals(lengthsOf(withIds(fallen.map(({ episode }) => episode % 7))).length, 30);
});

Deno.test("stretches of rows in another order are told", () => {
  const size = 7;
  const starts = Array.from(
    { length: Math.ceil(cut.length / size) },
    (_, i) => (i * 11) % Math.ceil(cut.length / size),
  );
  const raw = rawOf(starts.flatMap((start) => cut.slice(start * size, (start + 1) * size)));
  assertEquals(codesOf(changed(raw, ["timeouts"])), ["rows-out-of-order"]);
  const { message } = refused(raw, "order of time");
  assert(!message.includes("mark the end"), message);
});

Deno.test("a part that stands there twice is told, however small", () => {
  assertEquals(codesOf(rawOf([...cut, ...cut.slice(30, 45)])), ["rows-doubled"]);
});

Deno.test("ends marked a row too early or too late are told, and not to be marked again", () => {
  const moved = (by: number) => column(cut.map((_, row) => cut[row + by]?.timeout ?? 0));
  for (const [by, word] of [[1, "early"], [-1, "late"]] as const) {
    const raw = changed(rawOf(cut), ["timeouts"], { timeouts: moved(by) });
    const { message } = refused(raw, `one row too ${word}`);
    assert(!message.includes("mark the end"), message);
    const [notice] = assemble(changed(raw, ["next_observations"]), "f").notices;
    assertEquals(notice?.code, "episode-ends-shifted");
    assertStringIncludes(notice!.message, word);
  }
});

Deno.test("where next states lead from one episode into the next, cuts are not known, and a notice says so", () => {
  for (const steps of [cut, fallen]) {
    const following = steps.map((step, row) => ({ ...step, next: steps[row + 1]?.state ?? step.next }));
    assertEquals(codesOf(changed(rawOf(following), ["timeouts"])), ["episode-ends-unknown"]);
  }
  const never = changed(rawOf(cut), ["timeouts", "next_observations"], {
    timeouts: column(cut.map(() => 0)),
  });
  assertEquals(codesOf(never), ["episode-ends-unknown"]);
});

Deno.test("a horizon that next states contradict is refused, and one that the states contradict is told", () => {
  const raw = changed(rawOf(cut, { horizon: 10 }), ["timeouts"]);
  refused(raw, "longer than the horizon of 10");
  for (const [horizon, codes] of [[10, 1], [30, 1], [22, 1], [15, 0]] as const) {
    const bare = changed(rawOf(cut, { horizon }), ["timeouts", "next_observations"]);
    assertEquals(codesOf(bare), Array(codes).fill("episode-ends-unknown"), `horizon ${horizon}`);
  }
});

/** The recording as a vector environment of Gymnasium 1.0 writes it. */
function withResets(steps: Step[], reward: (step: Step) => number): Step[] {
  return steps.flatMap((step, row): Step[] => {
    const paid = { ...step, reward: reward(step) };
    const following = steps[row + 1];
    if (!following || !isEnd(step)) return [paid];
    return [paid, { ...step, state: step.next, next: following.state, reward: 0, terminal: 0, timeout: 0 }];
  });
}

Deno.test("reset rows are found with sparse rewards, and without next states", () => {
  const ends = cut.filter(isEnd).length;
  for (
    const raw of [
      rawOf(withResets(cut, ({ episode, timeout }) => timeout && episode % 2)),
      rawOf(withResets(cut, () => 0)),
      changed(rawOf(withResets(cut, ({ reward }) => reward)), ["next_observations"]),
    ]
  ) {
    const { dataset, notices } = assemble(raw, "f");
    assertEquals([notices[0]?.code, dataset.size], ["reset-steps", cut.length]);
    assertEquals(episodesOf(dataset).length, ends);
  }
});

Deno.test("a next state that is no number is not learnt from at the last row either", () => {
  const steps = cut.map((step, row) =>
    row === cut.length - 1 ? { ...step, next: [NaN, NaN, NaN, NaN] } : step
  );
  const { dataset, notices } = assemble(rawOf(steps), "f");
  assertEquals(notices.map(({ code }) => code), ["next-state-not-a-number"]);
  assertEquals([...dataset.nextStates.slice(-4)], [...Float32Array.from(steps.at(-1)!.state)]);
});

Deno.test("time limits in both flags, and below a horizon that is too long, count as terminals with a word", () => {
  const both = fallen.map((step) => ({ ...step, terminal: isEnd(step) }));
  assertEquals(codesOf(rawOf(both)), ["terminals-at-time-limit"]);
  const limits = cut.map((step) => ({ ...step, terminal: step.timeout, timeout: 0 }));
  assertEquals(codesOf(changed(rawOf(limits, { horizon: 1000 }), ["timeouts"])), ["terminals-at-time-limit"]);
});

Deno.test("padding is told by name, with zeros and with repeated rows, before steps are called broken", () => {
  const zero = {
    state: [0, 0, 0, 0],
    action: [0, 0],
    reward: 0,
    next: [0, 0, 0, 0],
    terminal: 0,
    timeout: 0,
  };
  const filled = (row: (last: Step) => Step) =>
    [...Map.groupBy(fallen, ({ episode }) => episode).values()].flatMap((steps) => [
      ...steps,
      ...Array.from({ length: 15 - steps.length }, () => row(steps.at(-1)!)),
    ]);
  refused(rawOf(filled(({ episode }) => ({ ...zero, episode }))), "look like padding");
  assertStringIncludes(String(codesOf(rawOf(filled((last) => last)))), "rows-padded");
});

Deno.test("a mask that is 1 - done, or of another shape, takes no row away", () => {
  const raw = rawOf(fallen);
  const whole = assemble(raw, "f").dataset;
  const masks = [
    column(fallen.map(({ terminal }) => 1 - terminal)),
    column(fallen.map((step) => 1 - isEnd(step))),
    { shape: [fallen.length, 3], data: new Uint8Array(3 * fallen.length).fill(1) },
  ];
  for (const mask of masks) {
    const { dataset, notices } = assemble(changed(raw, [], { mask }), "f");
    assertEquals(notices, []);
    assertEquals(dataset, whole);
  }
});

Deno.test("numbers that are no discrete actions from 0 are refused or told with the right advice", () => {
  const { length } = cut;
  const withActions = (values: number[], integer: boolean, attributes = {}) =>
    changed(rawOf(cut, attributes), [], { actions: { ...column(values), integer } });
  const pick = (least: number, many: number) => cut.map((_, row) => least + (row * 7) % many);
  for (const raw of [withActions(pick(1, 3), true), withActions(pick(1, 3), false)]) {
    const { message } = refused(raw, "subtract 1 from all");
    assert(!message.includes("action_limit"));
    assertStringIncludes(message, "if 0 was never taken");
  }
  assertEquals(codesOf(withActions(pick(1, 3), true, { discrete_actions: 4 })), []);
  refused(withActions(pick(-1, 3), true), "add 1 to all");
  refused(withActions(pick(-900, 1800), true), "continuous actions as float32");
  assertEquals(codesOf(withActions(pick(0, 150), true)), ["actions-discrete"]);
  assertEquals(codesOf(withActions(pick(0, 50), true)), []);
  const shares = { shape: [length, 3], data: new Float32Array(3 * length).fill(1 / 3) };
  refused(changed(rawOf(cut, { discrete_actions: 3 }), [], { actions: shares }), "not one-hot");
  const torques = withActions(pick(-2, 5), false);
  assertThrows(() => validate(assemble(torques, "f").dataset, "f"), DatasetError, "action_limit");
});

Deno.test("rewards that are no numbers, tiny returns, and clocks are told as what they are", () => {
  const rewards = (values: number[], attributes = {}) =>
    changed(rawOf(cut, attributes), [], { rewards: column(values) });
  refused(rewards(cut.map(() => NaN)), "--reward");
  const [tiny] = assemble(rewards(cut.map(({ reward }) => 1e-12 * reward)), "f").notices;
  assertStringIncludes(tiny!.advice, "multiply");
  const once = cut.map(({ timeout }) => timeout);
  assertEquals(codesOf(rewards(once)), ["returns-all-equal"]);
  assertEquals(codesOf(rewards(once, { return_random: 0, return_final_policy: 1 })), []);
  const clocked = (start: number, type: typeof Float32Array | typeof Float64Array) => {
    const values = type.from(cut.flatMap(({ state }, row) => [...state, start + row]));
    return changed(rawOf(cut), ["next_observations"], {
      observations: { shape: [cut.length, 5], data: values },
    });
  };
  assertEquals(codesOf(clocked(1.7e9, Float32Array)), ["digits-lost"]);
  assertEquals(codesOf(clocked(0, Float64Array)), []);
  refused(clocked(1.7e12, Float64Array), "subtract what is common");
});

Deno.test("a million episodes of one step are judged, and success of another shape says nothing", () => {
  const size = 1_000_000;
  const numbers = (columns: number) => ({
    shape: [size, columns],
    data: Float32Array.from({ length: size * columns }, (_, i) => Math.sin(i)),
  });
  const arrays = {
    observations: numbers(2),
    actions: numbers(1),
    rewards: { ...numbers(1), shape: [size] },
    terminals: { shape: [size], data: new Uint8Array(size).fill(1) },
    success: { shape: [3], data: Float32Array.of(1, 0, 0.5) },
  };
  const { dataset, notices } = assemble({ arrays, attributes: {} }, "f");
  assertEquals([notices.length, dataset.success], [0, undefined]);
});
