import { openBackend } from "@cugro/tensors";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { publishExample } from "../../../scripts/lab/experiments/example_learner.ts";
import { quickPolicies } from "../../../shared/serving/testing/quick_acting.ts";
import { until, withLiveGateway } from "../testing/listening_gateway.ts";
import { createUnusualWatch } from "./unusual_questions.ts";

/** `rows` answers of which every `every`-th is unusual. */
const flags = (rows: number, every: number) =>
  Array.from({ length: rows }, (_, row) => row % every === every - 1);

Deno.test("many unusual observations of a task are one problem, which is over when they are not many any more", () => {
  let time = Date.parse("2026-01-01T00:00:00Z");
  const watch = createUnusualWatch(() => time);
  const codes = () =>
    watch.problems().map(({ code, subject }) => `${code} ${subject.learner} ${subject.task}`);
  watch.note("a", 2, flags(199, 1));
  assertEquals(codes(), [], "a few say nothing");
  watch.note("a", 1, flags(5_000, 1_000));
  watch.note("a", 2, flags(1, 1));
  assertEquals(codes(), ["observations.unusual a 2"]);
  const [first] = watch.problems();
  assertEquals(first!.since, "2026-01-01T00:00:00.000Z");
  assertStringIncludes(
    first!.message,
    "Of the last 200 observations that task 2 was asked about, 200 are unlike",
  );
  time += 60_000;
  watch.note("a", 2, flags(1_000, 25));
  assertEquals(watch.problems().map(({ id, since }) => ({ id, since })), [{
    id: first!.id,
    since: first!.since,
  }]);
  watch.note("a", 2, flags(1_000, 100));
  assertEquals(codes(), [], "1 % is few");
  watch.note("a", 2, flags(1_000, 10));
  assertEquals(
    watch.problems().map(({ since }) => since),
    ["2026-01-01T00:01:00.000Z"],
    "another occurrence",
  );
  time += 3_600_001;
  assertEquals(codes(), [], "nobody has asked for an hour");
});

Deno.test("observations unlike the data are flagged, counted, and listed as a problem of the learner", () => {
  const { openPolicy } = quickPolicies();
  const problems = { lookMs: 20, gatherMs: 20 };
  return withLiveGateway({ openPolicy, problems }, async ({ ask, store, metrics }) => {
    await openBackend();
    await publishExample({ store, name: "team-a" });
    const act = async (row: number[], rows: number) => {
      const body = { task: 1, observations: Array(rows).fill(row) };
      return (await ask("POST", "/v1/learners/team-a/act", body)).body.outOfDistribution as boolean[];
    };
    assertEquals(await act([0, 0, 0], 300), Array(300).fill(false));
    assertEquals(await act([0, 1e6, 0], 20), Array(20).fill(true));
    const { text } = await metrics.expose();
    for (const line of ['{unusual="true",service="gateway"} 20', '{unusual="false",service="gateway"} 300']) {
      assertStringIncludes(text, `cugro_act_observations_total${line}`);
    }
    const problems = async (path: string) =>
      JSON.stringify((await ask("GET", path, undefined, "team")).body.problems);
    await until(
      "it is listed",
      async () => (await problems("/v1/problems")).includes("observations.unusual"),
    );
    assertStringIncludes(await problems("/v1/learners/team-a"), "perhaps this is a new task");
  });
});
