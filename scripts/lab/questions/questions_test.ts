import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { MeasuredRun } from "../grid/measured_run.ts";
import { measureMatrix } from "@cugro/algorithm/arrays";
import { drawAnswer } from "./draw_answer.ts";
import { QUESTIONS } from "./questions.ts";

const answer = (id: string, runs: readonly MeasuredRun[]) =>
  QUESTIONS.find((one) => one.id === id)!.answer(runs);

function run(over: Partial<MeasuredRun> & { resultsMatrix?: (number | null)[][] }): MeasuredRun {
  const { resultsMatrix = [[100, null], [90, 100]], label = "ours", method = "ours", seed = 0 } = over;
  return {
    ...{ id: `${over.stream}-${label}-${seed}`, stream: "cheetah-vel", label, method, seed, preset: "lean" },
    ...{ settings: ["replay=generated"], intervals: [], episodes: [], fidelity: [], secondsPerKind: {} },
    ...{ coreSeconds: 1, bytes: { rawData: 0, generators: 0, critic: 0, shards: 0 } },
    ...measureMatrix(resultsMatrix),
    ...{ resultsMatrix },
    ...over,
  };
}

const fidelity = (version: number, task: number, distance: number, figures = {}) => ({
  version,
  task,
  distance,
  figures,
});

Deno.test("(a) compares the first version's samples, of each generator, beside their floor", () => {
  const one = (label: string, method: string, seed: number, distance: number) =>
    run({ label, method, seed, order: [1], resultsMatrix: [[100]], fidelity: [fidelity(1, 1, distance)] });
  const found = answer("a", [one("ours", "ours", 0, 2), one("ours", "ours", 1, 3), one("vae", "vae", 0, 9)])!;
  assertStringIncludes(found.sentence, "ours: cheetah-vel 2.5 (2 runs); vae: cheetah-vel 9.0 (1 run).");
  assertEquals(answer("a", [run({})]), null, "a run of several tasks is none of these");
});

Deno.test("(b) and (g) put runs in the order of what was turned, the preset's own value among them", () => {
  const turned = (knob: string, value: string, forgetting: number) =>
    run({
      label: `x${value}`,
      settings: ["replay=generated", `${knob}=${value}`],
      resultsMatrix: [[100, null], [100 - forgetting, 100]],
    });
  const lambda = [turned("distillationWeight", "10", 1), turned("distillationWeight", "0", 30), run({})];
  const found = answer("b", lambda)!;
  assertStringIncludes(found.sentence, "forgetting at 0 30.0 (1 run), 1 10.0 (1 run), 10 1.0 (1 run)");
  const both = turned("distillationWeight", "3", 5);
  both.settings.push("emaDecay=0");
  assertEquals(answer("b", [...lambda, both]), found, "a run with more than that turned is left out");
  const mixing = [turned("newTaskShare", "proportional", 5), turned("newTaskShare", "0.5", 20), run({})];
  assertMatch(answer("g", mixing)!.sentence, /the preset has 0\.2\).*at 0\.2 .*, 0\.5 .*, proportional/);
  assertEquals(answer("b", [run({})]), null);
});

Deno.test("(d) ranks how far replay is from the data against how far tasks fall, over all runs", () => {
  const resultsMatrix = [[100, null, null], [95, 100, null], [60, 98, 100]];
  const cells = [
    fidelity(2, 1, 2, { mmd: 1, mmdFloor: 3 }),
    fidelity(3, 1, 4, { mmd: 0 }),
    fidelity(3, 2, 1, { mmd: 2 }),
    fidelity(3, 3, 9),
  ];
  const found = answer("d", [run({ resultsMatrix, fidelity: cells })])!;
  assertStringIncludes(
    found.sentence,
    "rank correlation of 1.00 (3 tasks of versions of 1 runs); other measures: mmd -1.00 (3).",
  );
  assertEquals(found.points.map(({ value }) => value), [5, 40, 2]);
});

Deno.test("(e) compares data on one scale, (f) pairs guided runs by seed, (h) counts the paper's pairs", () => {
  const three = (stream: string, last: number) =>
    run({ stream, resultsMatrix: [[100, null, null], [100, 100, null], [last, last, last]] });
  assertStringIncludes(
    answer("e", [three("cheetah-random", 20), three("cheetah-expert", 99)])!.sentence,
    "cheetah-expert 99.0 (1 run), worst drop 1.0",
  );
  const ten = (label: string, distances: number[], last: number) =>
    run({
      ...{
        stream: "cheetah-ten",
        label,
        resultsMatrix: [[100, null, null], [100, 100, null], [last, last, last]],
      },
      fidelity: distances.map((distance, i) => fidelity(i + 2, 1, distance)),
    });
  const guided = answer("f", [ten("ours", [2, 5], 90), ten("guided", [2.5, 4], 93)])!;
  assertStringIncludes(
    guided.sentence,
    "0.50 multiples of its floor farther from the data after one generation and -1.00 after 2",
  );
  assertStringIncludes(guided.sentence, "3.0 points higher (1 pairs");
  const method = (name: string, last: number) =>
    run({ label: name, method: name, resultsMatrix: [[100, null], [last, last]] });
  const order = answer("h", [method("ours", 95), method("oracle", 94), method("none", 20)])!;
  assertStringIncludes(order.sentence, "1 of 2 pairs stand as in the paper");
  assertMatch(drawAnswer(order), /^<svg[\s\S]*ours &gt; none[\s\S]*<\/svg>\n$/);
});
