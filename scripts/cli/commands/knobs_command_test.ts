import { typed } from "../../../tests/fakes/typed_command.ts";
import { assert, assertEquals } from "@std/assert";
import { knobs } from "@cugro/algorithm/knobs";

Deno.test("cugro knobs prints every knob with its values, its range and its sentence", async () => {
  const { text, code } = await typed("knobs");
  assertEquals(code, 0);
  for (const [name, { about }] of Object.entries(knobs)) {
    assert(new RegExp(`^${name} +paper .* default .* smoke `, "m").test(text), name);
    assert(text.includes(about), name);
  }
  assertEquals((await typed("knobs", "stateSteps")).text.split("\n"), [
    "-- generators --",
    "stateSteps                paper 29,300         default 2,000        smoke 60             lean 1,000",
    "    Gradient steps of the state generator for the first task.",
    "    a whole number from 1 to 1,000,000,000",
    "    read by states.train",
    "    stateSteps must be at most maxGeneratorSteps, which cuts what is above it.",
    "    warmupSteps must be at most stateSteps, or the learning rate never gets to its height.",
    "    generatorStepsPerOldTask acts only with maxGeneratorSteps above stateSteps or behaviorSteps.",
    "    maxGeneratorSteps acts only with stateSteps, behaviorSteps or generatorStepsPerOldTask that lead up to it.",
  ]);
});

Deno.test("cugro knobs --json prints the rows; a knob that does not exist is named", async () => {
  const rows = JSON.parse((await typed("knobs", "--json")).text);
  assertEquals(
    rows.map(({ chapter: _, relations: __, ...row }: Record<string, unknown>) => row),
    Object.entries(knobs).map(([name, knob]) => ({ name, ...knob })),
  );
  const [{ chapter, relations }] = JSON.parse((await typed("knobs", "denoiserBlocks", "--json")).text);
  assertEquals([chapter, relations], ["generators", [
    "denoiserBlocks acts only with architecture: resnet, generator: vae or gan, or networks that distil asks for.",
  ]]);
  const { text, code } = await typed("knobs", "stateStep");
  assertEquals([text, code], [
    'cugro: Cannot show "stateStep" as there is no such knob: did you mean stateSteps?',
    1,
  ]);
});
