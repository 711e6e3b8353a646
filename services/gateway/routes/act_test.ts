import { publishExample } from "../../../scripts/lab/experiments/example_learner.ts";
import { assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { openBackend } from "@cugro/tensors";
import type { OpenPolicy } from "@cugro/serving";
import { withLiveGateway } from "../testing/live.ts";

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
    const { status, body } = await act("team-a", good);
    assertEquals([status, body], [200, { version: 1, actions: [[1, 1], [1, 1]] }]);
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
