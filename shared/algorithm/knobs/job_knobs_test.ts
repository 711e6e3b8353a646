import { assertEquals } from "@std/assert";
import { knobs, knobsOfKind, presets } from "./hyperparameters.ts";
import { carriedKnobs, knobsOfJob } from "./job_knobs.ts";
import { flag, type Knob, whole } from "./knob.ts";

const values = { paper: 1, default: 1, smoke: 1 };
const table: Record<string, Knob> = {
  width: whole({ about: "Width.", range: [1, 9], values, readBy: ["states.train"] }),
  taps: whole({ about: "Taps.", range: [0, 9], values, readBy: ["states.train"], absent: 0 }),
  loud: flag({
    about: "Loud.",
    values: { paper: true, default: true, smoke: true },
    readBy: ["critic.train"],
    absent: false,
  }),
};

Deno.test("a job carries the knobs its kind reads, as a released kind always did", () => {
  for (const kind of ["states.train", "actions.label", "policy.evaluate"] as const) {
    const older = knobsOfKind[kind].filter((name) => knobs[name].absent === undefined);
    assertEquals(Object.keys(carriedKnobs(kind, presets.default)), older);
  }
});

Deno.test("a knob that is younger than its kind enters no job at the value that its absence means", () => {
  assertEquals(carriedKnobs("states.train", { width: 4, taps: 0, loud: true }, table), { width: 4 });
  assertEquals(carriedKnobs("states.train", { width: 4, taps: 2, loud: true }, table), { width: 4, taps: 2 });
  assertEquals(knobsOfJob("states.train", { width: 4 }, table), { width: 4, taps: 0 });
  assertEquals(knobsOfJob("states.train", { width: 4, taps: 2 }, table), { width: 4, taps: 2 });
  assertEquals(knobsOfJob("critic.train", {}, table), { loud: false });
});
