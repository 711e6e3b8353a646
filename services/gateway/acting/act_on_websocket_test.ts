/** Acting over WebSockets, on a real gateway. */
import { sleep } from "@cugro/async";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { request as ask } from "node:http";
import { createConnection } from "node:net";
import { openBackend } from "@cugro/tensors";
import { MAX_ACT_BYTES } from "@cugro/protocol";
import { publishExample } from "../../../scripts/lab/experiments/example_learner.ts";
import { quickPolicies } from "../../../shared/serving/testing/quick_acting.ts";
import { type ActLine, openActLine } from "../testing/act_line.ts";
import { type LiveGateway, type LiveOptions, until, withLiveGateway } from "../testing/listening_gateway.ts";
import { issueToken, readTokens, type TokenEntry } from "../tokens.ts";

const good = { task: 1, observations: [[1, 2, 3]] };

/** A gateway with two learners, whose policies wait at a gate. */
async function withPolicies(
  options: LiveOptions,
  test: (given: LiveGateway & { gate: ReturnType<typeof quickPolicies>["gate"] }) => Promise<void>,
): Promise<void> {
  await openBackend();
  const { openPolicy, gate } = quickPolicies();
  await withLiveGateway({ openPolicy, ...options }, async (gateway) => {
    for (const name of ["team-a", "other"]) await publishExample({ store: gateway.store, name });
    await test({ ...gateway, gate });
  });
}

/** Closes a gate; opens it again. */
function closeGate(gate: { wait: () => Promise<void> }) {
  const release = Promise.withResolvers<void>();
  gate.wait = () => release.promise;
  return () => {
    gate.wait = () => Promise.resolve();
    release.resolve();
  };
}

async function metric({ metrics }: LiveGateway, name: string): Promise<number> {
  const { text } = await metrics.expose();
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(text)?.[1]);
}

Deno.test("a WebSocket answers in the order of questions, with the JSON, the words and the ids of HTTP", () => {
  const lines: Record<string, unknown>[] = [];
  return withPolicies({ onLine: (line) => lines.push(line) }, async (gateway) => {
    const { gate, tokens } = gateway;
    const line = await openActLine(gateway);
    line.send({ ...good, id: "first" });
    const first = await line.next();
    assertEquals(first, {
      id: "first",
      ...(await gateway.ask("POST", "/v1/learners/team-a/act", good)).body,
    });
    const open = closeGate(gate);
    line.send({ ...good, id: 1 });
    const wrong: [unknown, number, string, unknown][] = [
      ["{", 400, "not JSON", undefined],
      [{ ...good, task: 2, id: 3 }, 422, "task: 2 is not known", 3],
      [{ ...good, seeds: 1, id: "four" }, 400, "seeds", "four"],
      [{ ...good, observations: [[1, 2]] }, 422, "row 0 has 2", undefined],
      [{ ...good, version: 7, id: 6 }, 404, "no version 7", 6],
      [{ ...good, id: { of: 7 } }, 400, "body.id", undefined],
      ['{"id":8,"__proto__":1}', 400, "__proto__", undefined],
      ["null", 400, "body", undefined],
    ];
    for (const [message] of wrong) line.send(message);
    line.socket.send(new TextEncoder().encode(JSON.stringify({ ...good, id: "last" })));
    // Those that are wrong have been judged long before the first may be answered.
    await until("all have been read", async () => await metric(gateway, "cugro_act_requests_total") === 12);
    open();
    assertEquals((await line.next()).id, 1);
    for (const [message, status, part, id] of wrong) {
      const answer = await line.next();
      const about = JSON.stringify(message);
      assertEquals([answer.status, answer.id, answer.type], [status, id, "about:blank"], about);
      assertStringIncludes(JSON.stringify(answer), part, about);
    }
    assertEquals([(await line.next()).id, await metric(gateway, "cugro_act_connections")], ["last", 1]);
    line.socket.close(1000);
    await line.ended;
    await until("it is counted no more", async () => await metric(gateway, "cugro_act_connections") === 0);
    assertEquals(await metric(gateway, "cugro_act_message_seconds_count"), 3);
    const about = lines.filter(({ requestId }) => requestId === lines.at(-1)!.requestId);
    const wanted = [{ status: 101, token: "reader", learner: "team-a" }, {
      code: 1000,
      answered: 3,
      refused: 8,
    }];
    assertEquals(about.length, 2);
    for (const [index, fields] of wanted.entries()) {
      assertEquals({ ...about[index], ...fields }, about[index]);
    }
    for (const secret of Object.values(tokens)) assert(!JSON.stringify(lines).includes(secret));
  });
});

Deno.test("who may not have a WebSocket is answered as over HTTP", () =>
  withPolicies({ quotas: { sockets: 1 }, origins: ["https://app.example.org"] }, async (gateway) => {
    const { url, tokens } = gateway;
    const port = Number(new URL(url).port);
    const connect = (path: string, headers: Record<string, string>) =>
      new Promise<{ status: number; body: string; chosen?: string }>((resolve, reject) => {
        const more = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" };
        const key = { "sec-websocket-key": btoa("0123456789abcdef") };
        const request = ask(
          { host: "127.0.0.1", port, path, headers: { ...more, ...key, ...headers } },
          async (response) => {
            let body = "";
            for await (const piece of response) body += piece;
            resolve({ status: response.statusCode!, body });
          },
        );
        request.on("upgrade", ({ headers }, socket) => {
          socket.destroy();
          const chosen = headers["sec-websocket-protocol"];
          resolve({ status: 101, body: "", ...(chosen === undefined ? {} : { chosen }) });
        });
        request.on("error", reject).end();
      });
    const path = "/v1/learners/team-a/act", authorization = `Bearer ${tokens.reader}`;
    const protocols = `cugro, bearer.${tokens.reader}`;
    const other = "/v1/learners/other/act";
    const cases: [string, Record<string, string>, number, string][] = [
      [path, {}, 401, "known token"],
      [path, { "sec-websocket-protocol": "cugro, bearer.cugro_wrong" }, 401, "known token"],
      [path, { authorization, "sec-websocket-protocol": protocols }, 401, "known token"],
      [`${path}?token=${tokens.reader}`, {}, 401, "known token"],
      [`${path}?token=1`, { authorization }, 400, "token"],
      [other, { authorization: `Bearer ${tokens.team}` }, 404, "no learner"],
      ["/v1/learners/nobody/act", { authorization }, 404, "no learner"],
      [path, { authorization, origin: "https://elsewhere.example.org" }, 403, "CUGRO_ACT_ORIGINS"],
      [path, { authorization, origin: "null" }, 403, "CUGRO_ACT_ORIGINS"],
      [path, { "sec-websocket-protocol": `bearer.${tokens.reader}` }, 400, "not among them"],
      ["/v1/learners/team-a/events", { authorization: "Bearer no" }, 401, "known token"],
    ];
    for (const [path, headers, status, part] of cases) {
      const answer = await connect(path, headers);
      assertEquals(answer.status, status, answer.body);
      assertStringIncludes(JSON.parse(answer.body).detail, part);
      assert(!answer.body.includes(tokens.reader));
    }
    assertEquals(await connect(path, { authorization }), { status: 101, body: "" });
    const free = async () => await metric(gateway, "cugro_act_connections") === 0;
    for (const origin of [url, "https://app.example.org"]) {
      await until("the last one is gone", free);
      const answer = await connect(path, { "sec-websocket-protocol": protocols, origin });
      assertEquals([answer.status, answer.chosen], [101, "cugro"], "never the token");
    }
    await until("the last one is gone", free);
    const line = await openActLine(gateway);
    const many = await connect(path, { authorization });
    assertEquals(many.status, 429);
    assertStringIncludes(many.body, "quota sockets");
    line.socket.close();
    await line.ended;
    const plain = await gateway.ask("GET", path, undefined, "reader");
    assertEquals([plain.status, plain.headers.get("upgrade")], [426, "websocket"]);
  }));

Deno.test("a token that is taken back, expires or is narrowed while a WebSocket is open ends it", () =>
  withPolicies({ sockets: { lookMs: 50 } }, async (gateway) => {
    const names = ["taken", "narrowed", "expired", "stays"];
    const about = { scopes: ["read" as const], learners: ["team-*"] };
    const issued = names.map((name) => issueToken({ name, ...about }));
    const { tokensFile } = gateway;
    const others = await readTokens(tokensFile);
    /** At once: the file is read at any moment. */
    const write = async (entries: TokenEntry[]) => {
      await Deno.writeTextFile(`${tokensFile}.new`, JSON.stringify({ tokens: [...others, ...entries] }));
      await Deno.rename(`${tokensFile}.new`, tokensFile);
    };
    await write(issued.map(({ entry }) => entry));
    await until("they are known", async () => {
      const headers = { authorization: `Bearer ${issued[0]!.secret}` };
      const response = await fetch(`${gateway.url}/v1/learners`, { headers });
      await response.body?.cancel();
      return response.ok;
    });
    const lines = await Promise.all(issued.map(({ secret }) => openActLine(gateway, "team-a", secret)));
    const [taken, narrowed, expired, stays] = lines as [ActLine, ActLine, ActLine, ActLine];
    for (const line of lines) line.send(good);
    for (const line of lines) assertEquals((await line.next()).version, 1);
    const [, narrow, expire, stay] = issued.map(({ entry }) => entry);
    await write([
      { ...narrow!, learners: ["team-b"] },
      { ...expire!, expires: new Date(Date.now() - 1_000).toISOString() },
      stay!,
    ]);
    assertEquals(await taken.ended, [4401, "the token is not known any more"]);
    assertEquals(await narrowed.ended, [4403, "the token does not allow this any more"]);
    assertEquals((await expired.ended)[0], 4401);
    stays.send({ ...good, id: 2 });
    assertEquals((await stays.next()).id, 2);
  }));

Deno.test("a WebSocket takes no more than it has room for: the rest waits with the client; too large a message ends it", () =>
  withPolicies({ sockets: { questions: 4, bytes: 3 << 20 } }, async (gateway) => {
    const line = await openActLine(gateway);
    const begun = () => metric(gateway, "cugro_act_requests_total");
    const open = closeGate(gateway.gate);
    for (let id = 0; id < 300; id++) line.send({ ...good, id });
    await until("some have begun", async () => await begun() > 0);
    await sleep(200);
    assertEquals(await begun(), 4);
    open();
    for (let id = 0; id < 300; id++) assertEquals((await line.next()).id, id);
    assertEquals(await begun(), 304 - 4);
    const closed = closeGate(gateway.gate);
    const padding = " ".repeat(1 << 20);
    for (let id = 0; id < 60; id++) line.send(`${JSON.stringify({ ...good, id })}${padding}`);
    await until("some have begun", async () => await begun() > 301);
    await sleep(200);
    assertEquals(await begun(), 302, "two fit into 3 MiB");
    assert(line.socket.bufferedAmount > 10 << 20, `${line.socket.bufferedAmount} bytes wait with the client`);
    closed();
    for (let id = 0; id < 60; id++) assertEquals((await line.next()).id, id);
    line.send(" ".repeat(MAX_ACT_BYTES + 1));
    assertEquals((await line.ended)[0], 1009);
  }));

Deno.test("a WebSocket is read no faster than its token may ask", () =>
  withPolicies({ limits: { requestsPerSecond: 40, requestBurst: 10 } }, async (gateway) => {
    const line = await openActLine(gateway);
    const began = performance.now();
    for (let id = 0; id < 30; id++) line.send({ ...good, id });
    for (let id = 0; id < 30; id++) assertEquals((await line.next()).id, id);
    // The connection itself was a request, too.
    assert(performance.now() - began > 450, "21 waited for their turn");
  }));

Deno.test("a WebSocket ends without questions, or when nobody is there", () =>
  withPolicies({ sockets: { lookMs: 20, idleMs: 400 } }, async (gateway) => {
    const idle = await openActLine(gateway);
    assertEquals((await idle.ended)[0], 4408);
  }).then(() =>
    withPolicies({ sockets: { lookMs: 20, pingMs: 300 } }, async (gateway) => {
      const stays = await openActLine(gateway);
      const { hostname, port } = new URL(gateway.url);
      const dead = createConnection(Number(port), hostname);
      dead.write(
        `GET /v1/learners/team-a/act HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\n` +
          `authorization: Bearer ${gateway.tokens.reader}\r\nsec-websocket-version: 13\r\n` +
          `sec-websocket-key: ${btoa("0123456789abcdef")}\r\n\r\n`,
      );
      // It reads, and never answers a ping.
      dead.resume();
      await new Promise<void>((resolve) => dead.on("close", () => resolve()));
      stays.send(good);
      assertEquals((await stays.next()).version, 1);
    })
  ));

Deno.test("a gateway that stops answers what it has, and says on each WebSocket that it stops", () =>
  withPolicies({}, async (gateway) => {
    const line = await openActLine(gateway), idle = await openActLine(gateway);
    const open = closeGate(gateway.gate);
    for (const id of [1, 2]) line.send({ ...good, id });
    await until("both are under way", async () => await metric(gateway, "cugro_act_requests_total") === 2);
    const stopped = gateway.sockets.close(60_000);
    assertEquals(await idle.ended, [1001, "the gateway stops: connect again"]);
    line.send({ ...good, id: 3 });
    open();
    assertEquals([(await line.next()).id, (await line.next()).id], [1, 2]);
    assertEquals((await line.ended)[0], 1001);
    await stopped;
    const refused = await openActLine(gateway).catch((error) => error.message);
    assertEquals(refused, "No connection came about");
  }));
