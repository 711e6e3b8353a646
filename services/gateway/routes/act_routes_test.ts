import { publishExample } from "../../../scripts/lab/experiments/example_learner.ts";
import { assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { openBackend } from "@cugro/tensors";
import { ActError, type OpenPolicy } from "@cugro/serving";
import { deleteLearner } from "@cugro/learners";
import type { Store } from "@cugro/store";
import type { ProblemDetails } from "@cugro/client/schemas";
import { withGateway } from "../testing/testing_gateway.ts";
import { until, withLiveGateway } from "../testing/listening_gateway.ts";

const gate = { wait: () => Promise.resolve() };
/** Answers with its version: what is tested here is the way over HTTP. */
const openPolicy: OpenPolicy = ({ version, actionDim, stateDim }) =>
  Promise.resolve({
    async act(_task, states) {
      await gate.wait();
      return new Float32Array(states.length / stateDim * actionDim).fill(version);
    },
    forget: () => {},
    isOpen: () => true,
    close: () => Promise.resolve(),
  });

Deno.test("POST act answers with actions and their version, or says what is wrong with the request", () =>
  withLiveGateway({ openPolicy }, async ({ ask, store, metrics }) => {
    await openBackend();
    await publishExample({ store, name: "team-a" });
    await ask("POST", "/v1/learners", { name: "empty", preset: "smoke" });
    const act = (name: string, body: unknown, as: "admin" | "reader" | "team" = "reader") =>
      ask("POST", `/v1/learners/${name}/act`, body, as);
    const good = { task: 1, observations: [[1, 2, 3], [4, 5, 6]] };
    const { status, body, headers } = await act("team-a", good);
    const { outOfDistribution, ...chosen } = body;
    const wanted = { version: 1, task: 1, acting: "sampler", actions: [[1, 1], [1, 1]], percentiles: null };
    assertEquals([status, chosen], [200, wanted]);
    assertEquals(outOfDistribution.length, 2);
    assertEquals([headers.get("cugro-version"), headers.get("cugro-stale")], ["1", null]);
    assertEquals(headers.get("cugro-head-age")?.match(/^\d+$/)?.length, 1, "whole seconds");
    const wrong: [string, unknown, number, string][] = [
      ["nobody", good, 404, "no learner"],
      ["empty", good, 409, "no published version"],
      ["team-a", { ...good, version: 9 }, 404, "no version 9"],
      ["team-a", { ...good, task: 2 }, 422, "body.task"],
      ["team-a", { ...good, observations: [[1]] }, 422, "body.observations"],
      ["team-a", { ...good, observations: [] }, 400, "body.observations"],
      ["team-a", { ...good, seeds: 1 }, 400, "seeds"],
    ];
    for (const [name, request, status, part] of wrong) {
      const answer = await act(name, request);
      assertEquals([answer.status, answer.headers.get("content-type")], [status, "application/problem+json"]);
      assertStringIncludes(JSON.stringify(answer.body), part);
    }
    assertEquals((await act("empty", good, "team")).status, 404, "another team's learner");
    // A pass under way keeps the queue full: who comes then is told when to come again.
    const release = Promise.withResolvers<void>(), begun = Promise.withResolvers<void>();
    gate.wait = () => {
      begun.resolve();
      return release.promise;
    };
    const rows = Array.from({ length: 2_048 }, () => [1, 2, 3]);
    const long = act("team-a", { task: 1, observations: rows });
    await begun.promise;
    const busy = await act("team-a", good);
    assertEquals(busy.status, 503);
    assertGreater(Number(busy.headers.get("retry-after")), 0);
    release.resolve();
    assertEquals((await long).body.actions.length, 2_048);
    assertStringIncludes((await metrics.expose()).text, "cugro_act_requests_total");
  }));

/** A store that notes what is asked of it. */
function noted(calls: string[]): (store: Store) => Store {
  return (store) =>
    new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          calls.push(`${String(name)} ${args[0]}`);
          return value.apply(target, args);
        };
      },
    });
}

const never = 3_600_000;
const ask1 = { task: 1, observations: [[1, 2, 3]] };

Deno.test("POST act asks the store nothing while the policy is open", () => {
  const calls: string[] = [];
  // Nobody else asks it meanwhile.
  const quiet = { pollMs: never, webhooks: { scanMs: never } };
  return withLiveGateway({ openPolicy, wrapStore: noted(calls), ...quiet }, async ({ ask, store }) => {
    await openBackend();
    for (const name of ["team-a", "other"]) await publishExample({ store, name });
    const act = async (name: string, body: unknown = ask1, as: "reader" | "team" = "reader") =>
      (await ask("POST", `/v1/learners/${name}/act`, body, as)).status;
    assertEquals([await act("team-a"), await act("other")], [200, 200]);
    calls.length = 0;
    assertEquals([await act("team-a"), await act("team-a", { ...ask1, version: 1 })], [200, 200]);
    assertEquals([await act("team-a", ask1, "team"), await act("other")], [200, 200]);
    assertEquals(await act("other", ask1, "team"), 404, "another team's learner");
    assertEquals([await act("other", { ...ask1, task: 2 }), await act("other", {})], [422, 400]);
    assertEquals(calls, []);
    assertEquals([await act("nobody"), await act("nobody", {})], [404, 404]);
    assertEquals(calls, Array(2).fill("head learners/nobody/learner.json"));
    assertEquals(await act("team-a", { ...ask1, version: 9 }), 404);
  });
});

Deno.test("POST act refuses a learner once it is found to be deleted, whatever was open", () =>
  withLiveGateway({ openPolicy, pollMs: 10 }, async ({ ask, store, acting }) => {
    await openBackend();
    for (let version = 1; version <= 2; version++) await publishExample({ store, name: "team-a" });
    const act = (version?: number) =>
      ask("POST", "/v1/learners/team-a/act", { ...ask1, ...(version ? { version } : {}) });
    assertEquals([(await act()).status, (await act(1)).status, acting.opened().length], [200, 200, 2]);
    await deleteLearner({ store, name: "team-a" });
    await until("both policies are closed", () => acting.opened().length === 0);
    for (const answer of [await act(), await act(1)]) {
      assertEquals([answer.status, answer.body.detail], [404, 'There is no learner "team-a" here']);
    }
  }));

Deno.test("POST act names the field that the policy refuses, whatever the message says", () => {
  const refusal = new ActError(422, "The policy does not take these rows", { field: "observations" });
  return withGateway(async ({ ask }) => {
    await ask("POST", "/v1/learners", { body: { name: "a", preset: "smoke" } });
    const { status, body } = await ask("POST", "/v1/learners/a/act", { body: ask1 });
    const fault = { field: "body.observations", detail: refusal.message };
    assertEquals([status, (body as ProblemDetails).errors], [422, [fault]]);
  }, { acting: { act: () => Promise.reject(refusal), knows: () => Promise.resolve(true) } });
});

Deno.test("POST act whose client does not wait for the answer is no error of ours, in metrics and log", () =>
  withLiveGateway({ openPolicy }, async ({ ask, url, tokens, store, metrics }) => {
    await openBackend();
    await publishExample({ store, name: "team-a" });
    assertEquals((await ask("POST", "/v1/learners/team-a/act", ask1)).status, 200);
    const held = Promise.withResolvers<void>();
    gate.wait = () => held.promise;
    // The first is being decided, the second waits behind it.
    const first = ask("POST", "/v1/learners/team-a/act", ask1);
    const gone = new AbortController();
    const second = fetch(`${url}/v1/learners/team-a/act`, {
      method: "POST",
      headers: { authorization: `Bearer ${tokens.reader}`, "content-type": "application/json" },
      body: JSON.stringify(ask1),
      signal: gone.signal,
    });
    setTimeout(() => gone.abort(), 300);
    await second.catch(() => {});
    const counts = async () => (await metrics.expose()).text;
    try {
      await until(
        "it is counted",
        async () => /route="[^"]*act"[^}]*status="(499|5..)"/.test(await counts()),
      );
    } finally {
      gate.wait = () => Promise.resolve();
      held.resolve();
    }
    assertEquals((await first).status, 200);
    assertEquals(/status="5..".*act|act".*status="5../.test(await counts()), false, await counts());
  }));
