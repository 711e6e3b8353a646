import { assert, assertEquals, assertThrows } from "@std/assert";
import { frozenKnobs, knobChapters, knobs, knobsOfKind, knobsOfPlan, presets } from "./hyperparameters.ts";
import { checkKnobs, flag, type Knob, KNOB_KINDS, number, whole } from "./knob.ts";

const row = {
  about: "Gradient steps.",
  range: [1, 10] as const,
  values: { paper: 3, default: 2, smoke: 1 },
  readBy: ["states.train"] as const,
};

Deno.test("checkKnobs() takes the table as it is", () => {
  checkKnobs(Object.values(knobChapters));
});

Deno.test("checkKnobs() refuses a knob that nobody reads, and names it", () => {
  const refused = (knob: Knob, ...more: Record<string, Knob>[]) => () =>
    checkKnobs([{ extra: knob }, ...more]);
  assertThrows(
    refused(whole({ ...row, readBy: [] })),
    RangeError,
    '"extra" cannot be a knob: neither a kind of job nor the plan reads it',
  );
  assertThrows(
    refused(whole({ ...row, readBy: ["plan", "states.train"] })),
    RangeError,
    "as well as the plan",
  );
  assertThrows(refused(whole({ ...row, about: "" })), RangeError, "a sentence must say what it is");
  assertThrows(refused(whole(row), { extra: whole(row) }), RangeError, "twice");
});

Deno.test("checkKnobs() refuses a preset's value that the knob's own rule forbids", () => {
  const smoke = (value: number) => [{ extra: whole({ ...row, values: { ...row.values, smoke: value } }) }];
  for (const value of [0, 11, 1.5, NaN]) {
    assertThrows(
      () => checkKnobs(smoke(value)),
      RangeError,
      'Cannot set "extra": must be a whole number from 1',
    );
  }
  checkKnobs(smoke(10));
});

Deno.test("rows keep what they say and turn the range into a rule", () => {
  const { about, values, readBy } = row;
  assertEquals(number({ ...row, or: "min" }), {
    ...{ about, values, readBy },
    rule: { kind: "number", whole: false, min: 1, max: 10, or: "min" },
  });
  assertEquals(flag({ about, values: { paper: true, default: true, smoke: false }, readBy }).rule, {
    kind: "flag",
  });
});

Deno.test("every knob is read by some kind of job or by the plan, and none by both", () => {
  const byJobs = new Set<string>(KNOB_KINDS.flatMap((kind) => knobsOfKind[kind]));
  for (const knob of Object.keys(presets.default)) {
    const byPlan = (knobsOfPlan as readonly string[]).includes(knob);
    assert(byPlan !== byJobs.has(knob), `${knob} is read by ${byPlan ? "both" : "nobody"}`);
  }
  for (const knob of frozenKnobs) assert(byJobs.has(knob));
  assertEquals(knobsOfKind["dataset.import"], []);
});

Deno.test("the chapters hold every knob once, in the order of the presets", () => {
  const names = Object.values(knobChapters).flatMap((chapter) => Object.keys(chapter));
  assertEquals(names, Object.keys(knobs));
  for (const preset of Object.values(presets)) assertEquals(Object.keys(preset), names);
});

Deno.test("what a job's weights depend on is frozen: all that shapes a network, and nothing else", () => {
  assertEquals<readonly string[]>(frozenKnobs, [
    ...["generator", "architecture", "denoiserWidth", "denoiserBlocks", "behaviorKnowsTask"],
    ...["criticWidth", "criticLayers", "criticEnsemble", "criticLayerNorm", "criticNormalisedInputs"],
  ]);
});
