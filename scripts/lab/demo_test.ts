import { resolveHyperparameters } from "@cugro/algorithm/arrays";
import { assertEquals } from "@std/assert";
import { CONTENDERS, knobsOf, SHOWS } from "./demo.ts";

Deno.test("the demo turns no knob that contradicts another or would do nothing", () => {
  for (const show of SHOWS) {
    for (const contender of CONTENDERS) {
      const { preset } = show;
      const knobs = resolveHyperparameters(preset, { ...knobsOf(contender, show), replay: contender.replay });
      assertEquals(knobs.replay, contender.replay);
    }
  }
});
