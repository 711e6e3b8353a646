import { assert, assertEquals } from "@std/assert";
import { knobs } from "@cugro/algorithm/knobs";
import { runCommandLine } from "../cugro.ts";

/** What a command line prints, and its exit code. */
async function outputOf(...args: string[]): Promise<{ text: string; code: number }> {
  const lines: string[] = [];
  const { error, log } = console;
  console.error = console.log = (text: unknown) => void lines.push(String(text));
  try {
    const code = await runCommandLine(args);
    return { text: lines.join("\n"), code };
  } finally {
    Object.assign(console, { error, log });
  }
}

Deno.test("cugro knobs prints every knob with its values, its range and its sentence", async () => {
  const { text, code } = await outputOf("knobs");
  assertEquals(code, 0);
  for (const [name, { about }] of Object.entries(knobs)) {
    assert(new RegExp(`^${name} +paper .* default .* smoke `, "m").test(text), name);
    assert(text.includes(about), name);
  }
  assertEquals((await outputOf("knobs", "stateSteps")).text.split("\n"), [
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
  const rows = JSON.parse((await outputOf("knobs", "--json")).text);
  assertEquals(
    rows.map(({ chapter: _, relations: __, ...row }: Record<string, unknown>) => row),
    Object.entries(knobs).map(([name, knob]) => ({ name, ...knob })),
  );
  const [{ chapter, relations }] = JSON.parse((await outputOf("knobs", "denoiserBlocks", "--json")).text);
  assertEquals([chapter, relations], ["generators", [
    "denoiserBlocks acts only with architecture: resnet, generator: vae or gan, or networks that distil asks for.",
  ]]);
  const { text, code } = await outputOf("knobs", "stateStep");
  assertEquals([text, code], [
    'cugro: Cannot show "stateStep" as there is no such knob: did you mean stateSteps?',
    1,
  ]);
});
