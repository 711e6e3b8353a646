import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { TaskFact } from "@cugro/protocol";
import { ActError, type Acting, type Knowledge } from "@cugro/serving";
import { UsageError } from "./output.ts";
import { createActApp, describeUse, listen } from "./serve.ts";

/** Acts by doubling each state: what is tested here is the door, not the policy behind it. */
function acting(
  version: () => number = () => 3,
  known: Knowledge = { headAgeSeconds: 0.4, stale: false },
): Pick<Acting, "act" | "about" | "known"> {
  const tasks = [{ task: 1, name: "walk" }] as TaskFact[];
  return {
    act: (_learner, { task, observations }) => {
      if (task === 9) {
        return Promise.reject(
          new ActError(503, "Many observations wait: try again later", { retryAfterSeconds: 7 }),
        );
      }
      if (task !== 1) return Promise.reject(new ActError(422, `task: ${task} is not known to this version`));
      return Promise.resolve({
        ...{ version: version(), task, acting: "sampler", percentiles: null },
        outOfDistribution: observations.map(() => false),
        actions: observations.map((row) => row.map((value) => 2 * value)),
        ...known,
      });
    },
    known: () => known,
    about: () =>
      Promise.resolve({
        ...{ learner: "walker", version: version(), tasks, stateDim: 2, actionDim: 2, states: new Map() },
        ...{ ways: ["sampler"], opened: ["sampler"], actingByTask: new Map() },
      }),
  };
}

function post(app: ReturnType<typeof createActApp>, body: string, learner = "walker") {
  return app.request(`/v1/learners/${learner}/act`, { method: "POST", body });
}

Deno.test("createActApp() acts, and names the version that acted", async () => {
  let version = 3;
  const app = createActApp("walker", acting(() => version));
  const first = await post(app, JSON.stringify({ task: 1, observations: [[1, 2], [3, 4]] }));
  const chosen = { version: 3, task: 1, acting: "sampler", actions: [[2, 4], [6, 8]] };
  const unusual = { percentiles: null, outOfDistribution: [false, false] };
  assertEquals([first.status, await first.json()], [200, { ...chosen, ...unusual }]);
  version = 4;
  assertEquals(
    (await (await post(app, JSON.stringify({ task: 1, observations: [[0, 0]] }))).json()).version,
    4,
  );
});

Deno.test("createActApp() answers bad requests with a problem that names the fault", async () => {
  const app = createActApp("walker", acting());
  const cases: [string, number, string][] = [
    ["no json", 400, "body: it is not JSON"],
    [JSON.stringify({ task: 0, observations: [[1, 2]] }), 400, "task"],
    [JSON.stringify({ task: 2, observations: [[1, 2]] }), 422, "task: 2 is not known"],
    [JSON.stringify({ task: 9, observations: [[1, 2]] }), 503, "try again later"],
    [JSON.stringify({ task: 1, observations: [] }), 400, "observations"],
  ];
  for (const [body, status, part] of cases) {
    const answer = await post(app, body);
    assertEquals([answer.status, answer.headers.get("content-type")], [status, "application/problem+json"]);
    assertEquals(answer.headers.get("retry-after"), status === 503 ? "7" : null);
    assertStringIncludes((await answer.json()).detail, part);
  }
  assertEquals((await post(app, "{}", "stranger")).status, 404);
  assertEquals((await app.request("/v1/learners/stranger")).status, 404);
  assertEquals((await app.request("/elsewhere")).status, 404);
});

Deno.test("createActApp() refuses a body that is too large, and tells what it serves", async () => {
  const app = createActApp("walker", acting());
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

Deno.test("listen() says whose fault it is that a port cannot be had, and what to do", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const serve = () => listen(port, new AbortController().signal, () => {}, () => new Response());
  try {
    assertThrows(
      serve,
      UsageError,
      `Cannot listen on 127.0.0.1:${port}: another process has it. Choose another`,
    );
  } finally {
    taken.close();
  }
  const stop = new AbortController();
  await new Promise<void>((resolve) => listen(port, stop.signal, () => resolve(), () => new Response()));
  stop.abort();
});

Deno.test("createActApp() says which version acted, how old its head is, and stale only of what is", async () => {
  const act = async (known: Knowledge) => {
    const app = createActApp("walker", acting(() => 3, known));
    const { headers } = await post(app, JSON.stringify({ task: 1, observations: [[1, 2]] }));
    const said = ["cugro-version", "cugro-head-age", "cugro-stale"].map((name) => headers.get(name));
    const ready = await app.request("/readyz");
    const { status, dependencies } = await ready.json();
    return [...said, ready.status, status, dependencies.store];
  };
  assertEquals(await act({ headAgeSeconds: 0.4, stale: false }), ["3", "0", null, 200, "ready", "ok"]);
  const away = "cannot be asked for 61 s; the open policy acts on";
  assertEquals(await act({ headAgeSeconds: 61.9, stale: true }), ["3", "61", "true", 200, "degraded", away]);
});

Deno.test("describeUse() says which tasks there are, how many numbers a row has, and a line to paste", () => {
  const tasks = [{ task: 1 }, { task: 3 }];
  assertEquals(
    describeUse({ tasks, stateDim: 2 }, "http://x/act"),
    `tasks 1, 3; 2 numbers a row, as in: curl -d '{"task":1,"observations":[[0,0]]}' http://x/act`,
  );
  assertEquals(describeUse({ tasks: [{ task: 2 }], stateDim: 300 }, "u"), "task 2; 300 numbers a row");
});
