import { assertEquals, assertThrows } from "@std/assert";
import { knobs, presets } from "./hyperparameters.ts";
import { describeRule, type KnobRule, type PresetName } from "./knob.ts";
import { KnobError, resolveHyperparameters, withOverrides } from "./resolve_hyperparameters.ts";
import { askedSteps, stepsFor } from "./training_steps.ts";

Deno.test("a preset set out knob by knob, as numbers or text, is that preset: nothing in it is turned", () => {
  for (const [name, preset] of Object.entries(presets)) {
    assertEquals(resolveHyperparameters(name as PresetName, {}), preset);
    assertEquals(resolveHyperparameters(name as PresetName, { ...preset }), preset);
    const asText = Object.fromEntries(Object.entries(preset).map(([knob, value]) => [knob, String(value)]));
    assertEquals(resolveHyperparameters(name as PresetName, asText), preset);
    assertEquals(withOverrides("default", asText), preset);
  }
});

Deno.test("resolveHyperparameters() names knob, value and what is allowed", () => {
  const set = (overrides: Record<string, unknown>) => () => resolveHyperparameters("default", overrides);
  assertThrows(set({ stateStep: 5 }), RangeError, "no such knob: did you mean stateSteps?");
  assertThrows(
    set({ solver: "euler" }),
    RangeError,
    'Cannot set "solver": must be one of dpmpp2m, dpm3: current value is "euler"',
  );
  assertThrows(set({ stateSteps: 2.5 }), RangeError, "whole number");
  assertThrows(set({ stateSteps: "" }), RangeError, '"stateSteps"');
  assertThrows(set({ stateSteps: "many" }), RangeError, '"many"');
  assertThrows(set({ discount: 1.01 }), RangeError, "from 0 to 1");
  assertThrows(set({ discount: NaN }), RangeError, '"discount"');
  assertThrows(set({ pessimism: "max" }), RangeError, 'or "min"');
  assertThrows(set({ finalDenoising: 1 }), RangeError, "true or false");
  assertThrows(set({ topCount: 64 }), KnobError, "it acts only with selection: top, and selection is mode");
  assertThrows(set({ warmUpStep: 1 }), KnobError, "did you mean warmupSteps?");
  assertThrows(set({ learning: 1 }), KnobError, "there is no such knob; cugro knobs lists them");
  assertThrows(set({ __proto__x: 1 }), RangeError, "no such knob");
  assertThrows(set({ constructor: 1 }), RangeError, "no such knob");
  assertThrows(
    () => resolveHyperparameters("best" as PresetName, {}),
    RangeError,
    "one of paper, default, smoke, lean",
  );
});

/** Values just outside what a rule allows. */
function forbidden(rule: KnobRule): unknown[] {
  if (rule.kind !== "number") return ["maybe", "", 1, null];
  const step = rule.whole ? 1 : 1e-3;
  const high = rule.max === Number.MAX_SAFE_INTEGER ? 2 * rule.max : rule.max + step;
  return [rule.min - step, high, "maybe", "", NaN, null, true, ...rule.whole ? [rule.min + 0.5] : []];
}

Deno.test("resolveHyperparameters() refuses of every knob what is out of its range, with name, value and range", () => {
  for (const [name, { rule }] of Object.entries(knobs)) {
    for (const value of forbidden(rule)) {
      assertThrows(
        () => resolveHyperparameters("default", { [name]: value }),
        RangeError,
        `Cannot set "${name}": must be ${describeRule(rule)}: current value is ${JSON.stringify(value)}`,
      );
    }
  }
});

Deno.test("resolveHyperparameters() leaves the preset as it was", () => {
  resolveHyperparameters("smoke", { stateSteps: 7 });
  assertEquals(presets.smoke.stateSteps, 60);
});

Deno.test("stepsFor() grows with the old tasks up to the most", () => {
  assertEquals([0, 1, 4, 5, 100].map((old) => stepsFor(2_000, 250, 3_000, old)), [
    2_000,
    2_250,
    3_000,
    3_000,
    3_000,
  ]);
});

Deno.test("askedSteps() is what a kind's knobs ask for, regardless of the limit", () => {
  const values = { ...presets.smoke, behaviorSteps: 6_000, generatorStepsPerOldTask: 10 };
  assertEquals(askedSteps("behavior.train", values, 2), 6_020);
  assertEquals(askedSteps("critic.train", values, 2), presets.smoke.criticSteps);
  assertEquals(askedSteps("states.sample", values, 2), undefined);
});
