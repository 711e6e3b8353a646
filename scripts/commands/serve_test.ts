import { assertEquals, assertStringIncludes } from "@std/assert";
import type { TaskFact } from "@cugro/protocol";
import type { ServedPolicy } from "../embedded/serving.ts";
import { createActApp } from "./serve.ts";

/** Acts by doubling each state: what is tested here is the door, not the policy behind it. */
function served(version = 3): ServedPolicy {
  const tasks = [{ task: 1, name: "walk" }] as TaskFact[];
  const act = (task: number, states: Float32Array) => {
    if (task !== 1) return Promise.reject(new RangeError(`Task ${task} is not known; known tasks are 1`));
    return Promise.resolve(states.map((value) => 2 * value));
  };
  return {
    learner: "walker",
    version,
    tasks,
    stateDim: 2,
    actionDim: 2,
    policy: { act, value: () => Promise.reject(), dispose: () => {} },
  };
}

function post(app: ReturnType<typeof createActApp>, body: string, learner = "walker") {
  return app.request(`/v1/learners/${learner}/act`, { method: "POST", body });
}

Deno.test("createActApp() acts, and names the version that acted", async () => {
  let version = 3;
  const app = createActApp("walker", () => served(version));
  const first = await post(app, JSON.stringify({ task: 1, observations: [[1, 2], [3, 4]] }));
  assertEquals([first.status, await first.json()], [200, { version: 3, actions: [[2, 4], [6, 8]] }]);
  version = 4;
  assertEquals(
    (await (await post(app, JSON.stringify({ task: 1, observations: [[0, 0]] }))).json()).version,
    4,
  );
});

Deno.test("createActApp() answers bad requests with a problem that names the fault", async () => {
  const app = createActApp("walker", served);
  const cases: [string, number, string][] = [
    ["no json", 400, "body"],
    [JSON.stringify({ task: 0, observations: [[1, 2]] }), 400, "task"],
    [
      JSON.stringify({ task: 1, observations: [[1]] }),
      400,
      "Each observation must have 2 numbers: row 0 has 1",
    ],
    [JSON.stringify({ task: 2, observations: [[1, 2]] }), 400, "Task 2 is not known"],
    [JSON.stringify({ task: 1, observations: [] }), 400, "observations"],
  ];
  for (const [body, status, part] of cases) {
    const answer = await post(app, body);
    assertEquals([answer.status, answer.headers.get("content-type")], [status, "application/problem+json"]);
    assertStringIncludes((await answer.json()).detail, part);
  }
  assertEquals((await post(app, "{}", "stranger")).status, 404);
  assertEquals((await app.request("/v1/learners/stranger")).status, 404);
  assertEquals((await app.request("/elsewhere")).status, 404);
});

Deno.test("createActApp() refuses a body that is too large, and tells what it serves", async () => {
  const app = createActApp("walker", served);
  assertEquals((await post(app, " ".repeat(17 * 1024 * 1024))).status, 413);
  const about = await (await app.request("/v1/learners/walker")).json();
  assertEquals(about, {
    learner: "walker",
    version: 3,
    tasks: [{ task: 1, name: "walk" }],
    stateDim: 2,
    actionDim: 2,
  });
});
