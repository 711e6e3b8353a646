import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { request as ask } from "node:http";
import { createClient, GatewayError } from "@cugro/client";
import { createLog } from "@cugro/telemetry";
import type { TaskFact } from "@cugro/protocol";
import { ActError, type Acting, type Knowledge } from "@cugro/serving";
import { actingSo } from "./acting_so.ts";
import { UsageError } from "./print_output.ts";
import { createActApp, describeUse, listen } from "./serve_command.ts";
import { openServeSockets } from "./serve_sockets.ts";

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

Deno.test("actingSo() acts in the way that it was given, unless the request says otherwise, and says how", async () => {
  const asked: unknown[] = [];
  const twoWays: ReturnType<typeof acting> = {
    ...acting(),
    about: async (learner) => ({ ...await acting().about(learner), ways: ["sampler", "actor"] }),
    act: (learner, request) => {
      asked.push(request.acting);
      return acting().act(learner, request);
    },
  };
  const body = { task: 1, observations: [[1, 2]] };
  for (
    const app of [undefined, "actor" as const].map((way) => createActApp("walker", actingSo(twoWays, way)))
  ) {
    await post(app, JSON.stringify(body));
    await post(app, JSON.stringify({ ...body, acting: "proposer" }));
    const { tasks } = await (await app.request("/v1/learners/walker")).json();
    asked.push(tasks[0].acting);
  }
  assertEquals(asked, [undefined, "proposer", "sampler", "actor", "proposer", "actor"]);
  await assertRejects(() => actingSo(twoWays, "proposer").about("walker"), ActError, "has no proposer");
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
    tasks: [{ task: 1, name: "walk", acting: "sampler" }],
    stateDim: 2,
    actionDim: 2,
  });
});

Deno.test("listen() says whose fault it is that a port cannot be had, and what to do", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const serve = () => listen(port, { fetch: () => new Response() });
  try {
    await assertRejects(
      serve,
      UsageError,
      `Cannot listen on 127.0.0.1:${port}: another process has it. Choose another`,
    );
  } finally {
    taken.close();
  }
  await (await serve()).close();
});

Deno.test("cugro serve acts over WebSockets for programs and pages of this machine alone", async () => {
  const served = acting();
  const sockets = openServeSockets("walker", served, createLog({ level: "silent" }));
  const app = createActApp("walker", served);
  const server = await listen(0, { fetch: (request) => app.fetch(request), upgrade: () => sockets });
  try {
    const client = createClient({ url: `http://127.0.0.1:${server.port}`, token: "none" });
    const robot = client.actOverWebSocket("walker");
    const { version, actions } = await robot.act({ task: 1, observations: [[1, 2]] });
    assertEquals([version, actions], [3, [[2, 4]]]);
    await assertRejects(() => robot.act({ task: 2, observations: [[1, 2]] }), GatewayError, "task: 2");
    robot.close();
    const stranger = client.actOverWebSocket("stranger");
    await assertRejects(() => stranger.act({ task: 1, observations: [[1, 2]] }), GatewayError, "No learner");
    const statusFrom = (origin: string) =>
      new Promise<number>((resolve, reject) => {
        const headers = {
          origin,
          connection: "Upgrade",
          upgrade: "websocket",
          "sec-websocket-version": "13",
        };
        const key = { "sec-websocket-key": btoa("0123456789abcdef") };
        const about = { host: "127.0.0.1", port: server.port, path: "/v1/learners/walker/act" };
        const request = ask({ ...about, headers: { ...headers, ...key } });
        request.on("response", (response) => (response.resume(), resolve(response.statusCode!)));
        request.on("upgrade", (_response, socket) => (socket.destroy(), resolve(101)));
        request.on("error", reject).end();
      });
    const rebound = `http://evil.example.org:${server.port}`;
    const origins = ["http://localhost:3000", "https://evil.example.org", rebound, "null"];
    const statuses = [];
    for (const origin of origins) statuses.push(await statusFrom(origin));
    assertEquals(statuses, [101, 403, 403, 403]);
    await sockets.close(0);
    assertEquals(await statusFrom(origins[0]!), 503);
  } finally {
    await server.close();
  }
});

Deno.test("createActApp() says which version acted, how old its head is, and stale only of what is", async () => {
  const act = async (known: Knowledge) => {
    const app = createActApp("walker", acting(() => 3, known));
    const { headers } = await post(app, JSON.stringify({ task: 1, observations: [[1, 2]] }));
    const ages = ["cugro-version", "cugro-head-age", "cugro-stale"].map((name) => headers.get(name));
    const ready = await app.request("/readyz");
    const { status, dependencies } = await ready.json();
    return [...ages, ready.status, status, dependencies.store];
  };
  assertEquals(await act({ headAgeSeconds: 0.4, stale: false }), ["3", "0", null, 200, "ready", "ok"]);
  const away = "not reachable for 61 s; the loaded policy goes on acting";
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
