/** Scores from outside, over HTTP: what is taken, what is refused and why, and what follows from them. */
import { createClient, GatewayError } from "@cugro/client";
import { loadFacts } from "@cugro/learners";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createStubHandlers } from "../../../scripts/lab/experiments/stub_service.ts";
import { withLearningGateway } from "../../../tests/fakes/learning_gateway.ts";
import { planAwaited } from "../../coordinator/await_scores.ts";
import { plan } from "../../coordinator/plan.ts";
import { until } from "../testing/listening_gateway.ts";

const stub = createStubHandlers({ steps: 2, stepMs: 0 });
/** Episodes are run nowhere here. */
const real = {
  "policy.evaluate": async (context: Parameters<NonNullable<typeof stub["policy.evaluate"]>>[0]) => ({
    ...await stub["policy.evaluate"]!(context),
    metrics: { returns: [] },
  }),
};
const about = (score: number) => Array.from({ length: 8 }, (_, i) => score + (i % 2 ? 1 : -1));
const evaluator = "a robot";
const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("episodes from outside score a version, and so its matrix, measures and report; the gate of the next compares with them", () =>
  withLearningGateway(async ({ url, tokens, ask }) => {
    const client = createClient({ url, token: tokens.submitter });
    await client.learners.create({ name: "a", preset: "smoke" });
    const versions = async () => (await client.versions.list("a")).length;
    for (const [i, text] of ["one", "two"].entries()) {
      await client.tasks.upload("a", { fileName: text, body: encode(text) });
      await until(`version ${i + 1}`, async () => await versions() === i + 1);
    }
    assertEquals((await client.results("a")).resultsMatrix, [[null, null], [null, null]]);
    const seeds = about(0).map((_, i) => i);
    const first = await client.versions.evaluate("a", 1, { task: 1, returns: about(90), seeds, evaluator });
    assertEquals([first.added, first.n, first.by, first.evaluator], [true, 1, "submitter", evaluator]);
    const again = await client.versions.evaluate("a", 1, { task: 1, returns: about(90), seeds, evaluator });
    assertEquals(again, { ...first, added: false });
    await client.versions.evaluate("a", 2, { task: 1, returns: about(40), seeds, evaluator });
    await client.versions.evaluate("a", 2, { task: 2, success: [1, 1, 0, 1, 1], evaluator, reason: "a try" });
    const results = await client.results("a");
    assertEquals(results.resultsMatrix, [[90, null], [40, 80]]);
    assertEquals(results.episodes, [[8, null], [8, 5]]);
    assertEquals([results.backwardTransfer, results.forgetting, results.averagePerformance], [-50, 50, 60]);
    const { row, measures } = await client.versions.show("a", 2);
    assertEquals([row[0]!.outside?.evaluator, row[0]!.outside?.by, row[0]!.scores.length], [
      evaluator,
      "submitter",
      8,
    ]);
    assertEquals(measures.worstDrop?.drop, 50);
    const sentences = results.remarks.join("\n");
    assertStringIncludes(
      sentences,
      "Version 2 in task 2: 5 episodes measured by a robot, handed in by submitter",
    );
    assertStringIncludes(
      sentences,
      "Version 2 was published by a gate that only observes; with what is known now this speaks against it",
    );
    // Who corrects a measurement hands in another: the newest counts.
    await client.versions.evaluate("a", 2, { task: 1, returns: about(88), seeds, evaluator });
    assertEquals((await client.results("a")).resultsMatrix[1]![0], 88);
    assertEquals((await client.versions.evaluations("a", 2)).map(({ n, task }) => [n, task]), [
      [1, 1],
      [2, 2],
      [
        3,
        1,
      ],
    ]);
    const { status } = await ask("POST", "/v1/learners/a/versions/2/evaluations", {
      as: "reader",
      body: { task: 1, returns: [1], evaluator },
    });
    assertEquals(status, 403, "who may only read hands nothing in");
  }, { real }));

Deno.test("episodes that cannot count are refused, by field and with the reason", () =>
  withLearningGateway(async ({ url, tokens, ask }) => {
    const client = createClient({ url, token: tokens.admin });
    await client.learners.create({ name: "a", preset: "smoke" });
    await client.tasks.upload("a", { fileName: "one", body: encode("one") });
    await until("a version", async () => (await client.versions.list("a")).length === 1);
    const good = { task: 1, returns: [1, 2], evaluator };
    const wrong: [object, number, string, string][] = [
      [{ ...good, returns: undefined }, 400, "body.returns", "must be there, or success"],
      [{ ...good, returns: [] }, 400, "body.returns", "1"],
      [{ ...good, returns: ["1"] }, 400, "body.returns.0", "number"],
      // Their mean would be infinite, and no gate sees a fall from there.
      [{ ...good, returns: [1, 1e308] }, 400, "body.returns.1", "1e+30"],
      [{ ...good, returns: [-1e308, 1] }, 400, "body.returns.0", "-1e+30"],
      [{ ...good, evaluator: "a \u001b[2J robot" }, 400, "body.evaluator", "letters that can be shown"],
      [{ ...good, reason: "a\u202etry" }, 400, "body.reason", "letters that can be shown"],
      [{ ...good, returns: new Array(1001).fill(0) }, 400, "body.returns", "1000"],
      [{ ...good, success: [1, 1.5] }, 400, "body.success.1", "1"],
      [{ ...good, success: [1] }, 422, "body.success", "each of the 2 episodes: there are 1"],
      [{ ...good, seeds: [1, 2, 3] }, 422, "body.seeds", "each of the 2 episodes: there are 3"],
      [{ ...good, seeds: [7, 7] }, 422, "body.seeds", "seed 7 is there twice"],
      [{ ...good, seeds: [-1, 0] }, 400, "body.seeds.0", "0"],
      [{ ...good, task: 2 }, 422, "body.task", "Version 1 does not know task 2: it knows 1"],
      [{ ...good, evaluator: "" }, 400, "body.evaluator", "1"],
      [{ ...good, evaluator: undefined }, 400, "body.evaluator", "string"],
      [{ ...good, score: 1 }, 400, "body", "score"],
    ];
    for (const [body, status, field, part] of wrong) {
      const answer = await ask("POST", "/v1/learners/a/versions/1/evaluations", { body });
      const { errors } = answer.body as { errors: { field: string; detail: string }[] };
      assertEquals([answer.status, errors[0]!.field], [status, field], JSON.stringify(answer.body));
      assertStringIncludes(errors[0]!.detail, part);
    }
    for (
      const text of [
        '{"task":1,"evaluator":"x","returns":[1e999]}',
        '{"task":1,"evaluator":"x","returns":[NaN]}',
      ]
    ) {
      const headers = { "content-type": "application/json" };
      const { status } = await ask("POST", "/v1/learners/a/versions/1/evaluations", { body: text, headers });
      assertEquals(status, 400, text);
    }
    const nowhere = await assertRejects(() => client.versions.evaluate("a", 2, good), GatewayError);
    assertEquals(nowhere.status, 404);
    assertEquals(await client.versions.evaluations("a", 1), []);
    // What was sent twice at once is one.
    const both = await Promise.all([1, 2].map(() => client.versions.evaluate("a", 1, good)));
    assertEquals(both.map(({ n, added }) => `${n} ${added}`).sort(), ["1 false", "1 true"]);
  }, { real }));

Deno.test("a gate that awaits scores parks a version until they come, and the next task with it; then it publishes, or leaves it at that", () =>
  withLearningGateway(async ({ url, tokens, store }) => {
    const client = createClient({ url, token: tokens.admin });
    const overrides = { gate: "enforce", awaitScores: 24 };
    await client.learners.create({ name: "a", preset: "smoke", overrides });
    const upload = (text: string) => client.tasks.upload("a", { fileName: text, body: encode(text) });
    const states = async () => (await client.versions.list("a")).map(({ state }) => state);
    const untilStates = (wanted: string[]) =>
      until(wanted.join(", "), async () => (await states()).join() === wanted.join());
    await upload("one");
    await untilStates(["parked"]);
    const { reasons } = await client.versions.show("a", 1);
    assertEquals(reasons, ["waits for scores from outside in task 1, at most 24 hours"]);
    await upload("two");
    await until("task 2 is there", async () => (await client.tasks.list("a")).tasks.length === 2);
    const facts = await loadFacts(store, "a");
    const isPlanned = (now: number) => plan(facts, now).submit.length > 0;
    assertEquals([isPlanned(Date.now()), planAwaited(facts, Date.now()).decide], [false, []]);
    const late = Date.now() + 25 * 3_600_000;
    assertStringIncludes(
      JSON.stringify(planAwaited(facts, late).decide),
      "no scores of 5 episodes came from outside in task 1 within 24 hours: judged by what there is",
    );
    // From four episodes there is no bound: it waits on.
    await client.versions.evaluate("a", 1, { task: 1, returns: about(90).slice(0, 4), evaluator });
    assertEquals(planAwaited(await loadFacts(store, "a"), Date.now()), { waits: true, decide: [] });
    assertEquals((await client.results("a")).remarks.filter((text) => text.includes("waited")), []);
    await client.versions.evaluate("a", 1, { task: 1, returns: about(90), evaluator });
    await untilStates(["promoted", "parked"]);
    assertEquals((await client.learners.show("a")).head, 1);
    // One of two is not enough.
    await client.versions.evaluate("a", 2, { task: 2, returns: about(70), evaluator });
    assertEquals(planAwaited(await loadFacts(store, "a"), Date.now()), { waits: true, decide: [] });
    await client.versions.evaluate("a", 2, { task: 1, returns: about(40), evaluator });
    const after = await loadFacts(store, "a");
    assertEquals(planAwaited(after, Date.now()), { waits: false, decide: [] }, "it has forgotten task 1");
    assertStringIncludes(
      (await client.results("a")).remarks.join(),
      "waited for its scores, and stays parked: task 1 fell from 90.0 to 40.0",
    );
    await upload("three");
    await untilStates(["promoted", "parked", "parked"]);
    assertEquals((await client.versions.show("a", 3)).parent, 1);
    for (const task of [1, 3]) {
      await client.versions.evaluate("a", 3, { task, returns: about(95), evaluator });
    }
    await untilStates(["promoted", "parked", "promoted"]);
    const remarks = (await client.results("a")).remarks.filter((text) =>
      !text.includes("episodes measured by")
    );
    assertEquals(remarks, [], "what was let through needs no word, and what was stepped over none any more");
    const problems = (await client.problems.list()).filter(({ code }) => code === "version.parked");
    assertEquals(problems.map(({ subject }) => subject.version), [2]);
  }, { real }));

Deno.test("where episodes are run here, those from outside do not count", () =>
  withLearningGateway(async ({ url, tokens }) => {
    const client = createClient({ url, token: tokens.admin });
    await client.learners.create({ name: "a", preset: "smoke", overrides: { gate: "observe" } });
    await client.tasks.upload("a", { fileName: "one", body: encode("one") });
    await until("a version", async () => (await client.versions.list("a")).length === 1);
    const evaluate = () => client.versions.evaluate("a", 1, { task: 1, returns: [1, 2], evaluator });
    const { status, errors, message } = await assertRejects(evaluate, GatewayError);
    assertEquals([status, errors[0]?.field], [422, "body.task"]);
    assert(message.includes("has a simulator here"), message);
  }));
