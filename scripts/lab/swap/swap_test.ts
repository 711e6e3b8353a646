import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { LabelledTask } from "@cugro/learners";
import { fileURLToPath } from "node:url";
import { UsageError } from "../../cli/commands/print_output.ts";
import { openForReading } from "../../cli/learners/stores_of_flags.ts";
import { blame } from "./blame.ts";
import { measureMovement, shareOfWay } from "./movement.ts";
import { firstVersion, openPair } from "./open_versions.ts";
import { compareWithReal, learnFromPseudo } from "./synthetic.ts";
import { compareVersions, swap, type SwapOptions } from "./swap.ts";
import type { SwapRow } from "./swapped_episodes.ts";

const STORE = fileURLToPath(new URL("../../../tests/fixtures/store_0.2/store", import.meta.url));

/** Rows of one task, versions 4 and 5: the drops of the new critic alone, of the new generator alone, and of both. */
function rows(byCritic: number, byGenerator: number, both: number): SwapRow[] {
  const row = (generator: number, critic: number, drop: number | null): SwapRow => ({
    ...{ task: 2, acting: "sampler", generator, critic, score: 100 - (drop ?? 0), drop, episodes: 40 },
    interval: drop === null ? null : [drop - 5, drop + 5],
  });
  return [row(4, 4, null), row(4, 5, byCritic), row(5, 4, byGenerator), row(5, 5, both)];
}

Deno.test("blame() names the network whose exchange alone makes a sure fall, or both, or none", () => {
  const about = (both: number) => `task 2 by the sampler: 100.0 before, ${(100 - both).toFixed(1)} after; `;
  assertEquals(blame(rows(-1, 20, 18)), `${about(18)}the behavior generator alone does it`);
  assertEquals(blame(rows(12, 3, 14)), `${about(14)}the critic alone does it`);
  assertEquals(
    blame(rows(1, 2, 12)),
    `${about(12)}neither the behavior generator nor the critic alone, both together`,
  );
  assertEquals(
    blame(rows(9, 9, 12)),
    `${about(12)}either of the behavior generator and the critic does it by itself`,
  );
  assertEquals(blame(rows(9, 9, 4)), `${about(4)}no fall that is sure`);
  const actor = rows(0, 0, 30).flatMap((row) =>
    row.critic === row.generator ? [{ ...row, acting: "actor" as const, critic: null }] : []
  );
  assertMatch(blame(actor), /by the actor: .*; the actor$/);
});

Deno.test("shareOfWay() is what of the way has been gone, whatever happens across it", () => {
  const of = (...numbers: number[]) => Float64Array.from(numbers);
  assertEquals(shareOfWay(of(0, 0), of(1, 3), of(4, 0)), 0.25);
  assertEquals(shareOfWay(of(1, 1), of(1, 1), of(2, 0)), 0);
});

Deno.test("compareVersions() exchanges networks of a stored learner's versions, and asks both in the states there are", async () => {
  const store = await openForReading(STORE);
  const pair = await openPair(store, "fixture", [2, 1]);
  const [task] = pair.older.tasks as [LabelledTask];
  const labelled = { accepted: task, labels: [], episodeSteps: 30, measuresRandom: false };
  const tasks = [{ ...task, labelled }];
  const result = await compareVersions(store, pair, { tasks, ways: ["sampler"], episodes: 5, states: 10 });
  assertEquals(result.versions, [1, 2]);
  assertEquals(result.rows.map(({ generator, critic }) => [generator, critic]), [[1, 1], [1, 2], [2, 1], [
    2,
    2,
  ]]);
  assertEquals(result.rows.map(({ drop }) => drop === null), [true, false, false, false]);
  assertEquals(result.movements.map(({ states }) => states), ["replay", "visited"], "its data is gone");
  for (const { meanAction, spread, towardsNewTask, rankAgreement } of result.movements) {
    assert(meanAction > 0 && spread > 0 && Number.isFinite(towardsNewTask));
    assert(rankAgreement !== null && rankAgreement >= -1 && rankAgreement <= 1);
  }
  assertEquals(result.findings.length, 1);
  const unmoved = await measureMovement(
    { ...pair, newer: pair.older },
    1,
    "visited",
    new Float32Array(2 * task.stateDim),
  );
  assertEquals([unmoved.meanAction, unmoved.values, unmoved.rankAgreement], [0, 0, 1]);
});

Deno.test("networks learnt from pseudo-pairs alone act beside the real ones, from common starts", async () => {
  const store = await openForReading(STORE);
  const version = await firstVersion(store, "fixture");
  const networks = await learnFromPseudo(store, version, 256);
  assertEquals(Array.from(networks.critic["tasks"]!.data), [1]);
  const [task] = version.tasks as [LabelledTask];
  const short = {
    ...task,
    labelled: { accepted: task, labels: [], episodeSteps: 10, measuresRandom: false },
  };
  const rows = await compareWithReal(version.input, networks, short, 5);
  assertEquals(rows.map(({ behavior, critic }) => `${behavior} ${critic}`), [
    ...["real real", "real synthetic", "synthetic real", "synthetic synthetic"],
  ]);
  assertEquals(rows.map(({ drop }) => drop === null), [true, false, false, false]);
  assertEquals(new Set(rows.map(({ score }) => score)).size, 4, "each pair of networks acts in its own way");
  await assertRejects(() => firstVersion(store, "none"), UsageError, 'no learner "none"');
});

Deno.test("swap refuses what there is not, and says what there is", async () => {
  const fine = { learner: "fixture", versions: "1,2", episodes: 5, states: 10, out: "", name: "" };
  const refused: [Partial<SwapOptions>, string][] = [
    [{ learner: "none" }, 'no learner "none"'],
    [{ versions: "1" }, "two versions with a comma"],
    [{ versions: "1,9" }, "There is no version 9"],
    [{ tasks: "2" }, "that both versions know, 1:"],
    [{ acting: "actor" }, "has no such network"],
  ];
  for (const [options, message] of refused) {
    await assertRejects(() => swap(STORE, { ...fine, ...options }), UsageError, message);
  }
});
