/** Acting over a WebSocket with the client, on real gateways. */
import { sleep } from "@cugro/async";
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { connect, createServer, type Socket } from "node:net";
import { openBackend } from "@cugro/tensors";
import { publishExample } from "../../scripts/lab/experiments/example_learner.ts";
import { quickPolicies } from "../serving/testing/quick_acting.ts";
import {
  type LiveGateway,
  until,
  withLiveGateway,
} from "../../services/gateway/testing/listening_gateway.ts";
import { removeToken } from "../../services/gateway/tokens.ts";
import { createClient, GatewayError } from "./mod.ts";

const good = { task: 1, observations: [[1, 2, 3]] };

type Gate = ReturnType<typeof quickPolicies>["gate"];

async function withPolicies(test: (gateway: LiveGateway & { gate: Gate }) => Promise<void>): Promise<void> {
  await openBackend();
  const { openPolicy, gate } = quickPolicies();
  await withLiveGateway({ openPolicy, sockets: { lookMs: 50 } }, async (gateway) => {
    await publishExample({ store: gateway.store, name: "team-a" });
    await test({ ...gateway, gate });
  });
}

/** Closes a gate; opens it again. */
function closeGate(gate: Gate): () => void {
  const release = Promise.withResolvers<void>();
  gate.wait = () => release.promise;
  return () => {
    gate.wait = () => Promise.resolve();
    release.resolve();
  };
}

/** An address that stays while the gateways behind it come and go, as that of a balancer. */
async function withAddress(
  test: (address: { url: string; lead(to: string | undefined): void; cut(): void }) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  let target: string | undefined;
  const server = createServer((near) => {
    if (target === undefined) return void near.destroy();
    const far = connect(Number(new URL(target).port), "127.0.0.1");
    for (const [one, other] of [[near, far], [far, near]] as const) {
      sockets.add(one);
      one.on("error", () => {});
      one.on("close", () => (sockets.delete(one), other.destroy()));
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as { port: number };
  const cut = () => sockets.forEach((socket) => socket.destroy());
  try {
    await test({ url: `http://127.0.0.1:${port}`, lead: (to) => target = to, cut });
  } finally {
    cut();
    server.close();
  }
}

Deno.test("actOverWebSocket() goes on with another gateway when one stops or is lost, in the order of asking", () =>
  withAddress((address) =>
    withPolicies((first) =>
      withPolicies(async (second) => {
        address.lead(first.url);
        // Both gateways know it.
        const { tokensFile } = second;
        await Deno.copyFile(first.tokensFile, tokensFile);
        const client = createClient({ url: address.url, token: first.tokens.reader });
        await until("both know the token", async () => {
          const { learners } = createClient({ url: second.url, token: first.tokens.reader });
          return await learners.list().then(() => true, () => false);
        });
        const robot = client.actOverWebSocket("team-a");
        const answered: number[] = [];
        const ask = (seed: number) =>
          robot.act({ ...good, seed }).then(({ actions }) => (answered.push(seed), actions));
        assertEquals(await ask(0), [[1, 1]]);
        // The first is asked to stop while it has three; one more comes when nobody is there, one later.
        const open = closeGate(first.gate);
        const asked = [1, 2, 3].map(ask);
        await until("all are under way", async () => {
          const { text } = await first.metrics.expose();
          return /^cugro_act_requests_total\S* 4$/m.test(text);
        });
        address.lead(undefined);
        const stopped = first.sockets.close(60_000);
        open();
        await stopped;
        asked.push(ask(4));
        await sleep(150);
        asked.push(ask(5));
        // The second is lost as if its machine had gone, with one under way.
        const openSecond = closeGate(second.gate);
        address.lead(second.url);
        await until("the second has been asked", async () => {
          const { text } = await second.metrics.expose();
          return /^cugro_act_requests_total\S* [1-9]/m.test(text);
        });
        address.cut();
        openSecond();
        assertEquals(await Promise.all(asked), Array(5).fill([[1, 1]]));
        assertEquals(answered, [0, 1, 2, 3, 4, 5]);
        robot.close();
        await assertRejects(() => robot.act(good), Error, "was closed");
      })
    )
  ));

Deno.test("actOverWebSocket() says why it gets no answer, and goes on after one that was refused", () =>
  withPolicies(async (gateway) => {
    const { url, tokens, tokensFile, gate } = gateway;
    const of = (token: string, learner = "team-a", timeoutMs = 60_000) =>
      createClient({ url, token }).actOverWebSocket(learner, { timeoutMs });
    const refused = async (
      robot: ReturnType<typeof of>,
      request: typeof good,
      status: number,
      part: string,
    ) => {
      const error = await assertRejects(() => robot.act(request), GatewayError);
      assertEquals(error.status, status, error.detail);
      assertStringIncludes(error.detail, part);
    };
    const robot = of(tokens.team);
    await refused(robot, { ...good, task: 2 }, 422, "task: 2 is not known");
    await refused(
      robot,
      { ...good, observations: Array(4096).fill(Array(4096).fill(0)) },
      413,
      "16777216 bytes",
    );
    const answer = await robot.act(good);
    assertEquals([answer.version, "id" in answer], [1, false]);
    await refused(of("cugro_wrong"), good, 401, "known token");
    await refused(of(tokens.team, "other"), good, 404, "no learner");
    assertThrows(() => of(tokens.team, "Not a name"), RangeError, "learner's name");
    assertThrows(() => of("with space"), RangeError, "others");
    const nobody = createClient({ url: "http://127.0.0.1:1", token: tokens.team });
    const late = nobody.actOverWebSocket("team-a", { timeoutMs: 300 });
    await assertRejects(() => late.act(good), Error, "No answer within 300 ms: ");
    late.close();
    const open = closeGate(gate);
    const short = of(tokens.reader, "team-a", 200);
    await assertRejects(() => short.act(good), Error, "No answer within 200 ms");
    const under = robot.act(good);
    const ended = assertRejects(() => under, GatewayError, "not known any more");
    await removeToken(tokensFile, "team");
    await ended;
    await refused(robot, good, 401, "known token");
    for (const one of [robot, short]) one.close();
    open();
    assert(!JSON.stringify(await gateway.metrics.expose()).includes(tokens.team));
  }));
