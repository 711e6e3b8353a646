/**
 * What people and programs without the right to it try over HTTP, on a real gateway behind a real socket: refused with
 * the right status, logged, and nothing in the store changed.
 */
import { sleep } from "@cugro/async";
import { assert, assertEquals } from "@std/assert";
import { createConnection } from "node:net";
import { NOTIFICATION_SECRET } from "../../services/gateway/testing/testing_gateway.ts";
import { FILE, JSON_TYPE, serving } from "./served_refusals.ts";

Deno.test("without a token, or with one that is not known, there is nothing", () =>
  serving(async ({ refuse, tokens }) => {
    const mine = ["", "/report", "/report/link", "/traffic"].map((path) => `/v1/learners/mine${path}`);
    const paths = [...mine, "/v1/learners", "/v1/token", "/v1/problems", "/v1/nowhere"];
    const bearer = (text: string) => ({ authorization: text });
    await refuse([
      ...paths.map((path) => ({ status: 401, path, as: "" as const })),
      { status: 401, path: "/v1/learners", as: "", headers: bearer("Bearer cugro_wrong") },
      { status: 401, path: "/v1/learners", as: "", headers: bearer(`Basic ${tokens.admin}`) },
      { status: 401, path: "/v1/learners", as: "", headers: bearer(tokens.admin) },
      { status: 401, path: "/v1/learners", as: "", headers: bearer(`Bearer ${"x".repeat(4000)}`) },
      { status: 401, path: `/v1/learners?token=${tokens.admin}`, as: "" },
      { status: 401, method: "DELETE", path: "/v1/learners/mine", as: "" },
      { status: 401, method: "POST", path: "/v1/learners/mine/report/link", as: "" },
      { status: 404, path: "/reports/nothing.nothing", as: "" },
      { status: 404, path: `/reports/${tokens.admin}`, as: "" },
      {
        status: 401,
        method: "POST",
        path: "/v1/learners/mine/tasks?fileName=x",
        as: "",
        headers: FILE,
        body: "data",
      },
    ]);
  }));

Deno.test("a scope that is too small is 403, whatever is asked", () =>
  serving(async ({ refuse }) => {
    const one = "/v1/learners/mine";
    const posts = [
      "/tasks?fileName=x",
      "/validate?fileName=x",
      "/tasks/1/retry",
      "/tasks/1/cancel",
      "/config",
      "/versions/1/promote",
      "/versions/1/evaluations",
    ];
    await refuse([
      {
        status: 403,
        method: "POST",
        path: "/v1/learners",
        as: "reader",
        headers: JSON_TYPE,
        body: '{"name":"new"}',
      },
      { status: 403, method: "DELETE", path: one, as: "submitter" },
      {
        ...{ status: 403, method: "PATCH", path: `${one}/tasks/1`, as: "reader" as const },
        ...{ headers: JSON_TYPE, body: '{"set":{"goal":2}}' },
      },
      { status: 403, path: `${one}/versions/1/bundle`, as: "reader" },
      { status: 403, method: "POST", path: `/v1/problems/${"0".repeat(24)}/acknowledge`, as: "reader" },
      { status: 403, method: "POST", path: `${one}/restore`, as: "submitter" },
      { status: 403, method: "POST", path: `${one}/versions/1/promote`, as: "submitter" },
      { status: 403, method: "POST", path: `${one}/versions/1/rollback`, as: "submitter" },
      ...posts.map((path) => ({
        ...{ status: 403, method: "POST", path: one + path, as: "reader" as const },
        ...{ headers: JSON_TYPE, body: "{}" },
      })),
    ]);
  }));

Deno.test("somebody else's learner is 404, like one that does not exist, and in no list", () =>
  serving(async ({ refuse, ask }) => {
    const paths = [
      "",
      "/tasks",
      "/tasks/1",
      "/jobs",
      "/versions",
      "/versions/1",
      "/versions/1/bundle",
      "/versions/1/policy",
      "/results",
      "/fidelity",
      "/losses",
      "/report",
    ];
    await refuse([
      ...paths.map((path) => ({ status: 404, path: `/v1/learners/mine${path}`, as: "team" as const })),
      { status: 404, method: "DELETE", path: "/v1/learners/mine", as: "team" },
      { status: 404, method: "POST", path: "/v1/learners/mine/report/link", as: "team" },
      {
        ...{ status: 404, method: "PATCH", path: "/v1/learners/mine/tasks/1", as: "team" as const },
        ...{ headers: JSON_TYPE, body: '{"set":{"goal":2}}' },
      },
      { status: 404, method: "POST", path: "/v1/learners/mine/restore", as: "team" },
      {
        status: 404,
        method: "POST",
        path: "/v1/learners/mine/tasks?fileName=x",
        as: "team",
        headers: FILE,
        body: "d",
      },
      {
        status: 404,
        method: "POST",
        path: "/v1/learners",
        as: "team",
        headers: JSON_TYPE,
        body: '{"name":"taken"}',
      },
      {
        status: 404,
        method: "POST",
        path: "/v1/learners",
        as: "team",
        headers: JSON_TYPE,
        body: '{"name":"mine"}',
      },
    ]);
    assertEquals((await ask("GET", "/v1/learners", { as: "team" })).body, { learners: [{ name: "team-x" }] });
    const detailOf = async (path: string) =>
      ((await ask("GET", path, { as: "team" })).body as { detail: string }).detail.replace(/"[a-z]+"/, "");
    assertEquals(await detailOf("/v1/learners/mine"), await detailOf("/v1/learners/none"));
  }));

Deno.test("names, numbers and keys that try to leave their place stay outside", () =>
  serving(async ({ refuse }) => {
    const names = [
      "..",
      ".",
      "%2e%2e",
      "..%2f..%2fetc",
      "mine%2f..%2fteam-x",
      "mine%00",
      "MINE",
      "a".repeat(65),
    ];
    const long = "x".repeat(3000);
    const numbers = ["0", "-1", "1e3", "01", "1.0", "999999999999", "%00", "__proto__"];
    const files = [
      "..%2f..%2fx",
      "..",
      ".hidden",
      "a%00b",
      "a%5cb",
      "a%2fb",
      "",
      "x".repeat(256),
      "%0d%0aSet-Cookie:a",
    ];
    const objects = [
      "incoming/mine/../../x",
      "incoming/team-x/f",
      "../x",
      "incoming/mine/.uploads/0/f",
      "@store/lock",
    ];
    await refuse([
      // `..` is folded away in the address itself, before anybody sees it; `/v1/tasks` is nothing.
      ...names.map((name) => ({ status: 404, path: `/v1/learners/${name}/tasks` })),
      { status: 404, path: `/v1/learners/${long}` },
      { status: 404, path: `/v1/learners/__proto__` },
      { status: 404, path: "//v1/learners" },
      { status: 404, path: "/docs/..%2f..%2fdeno.json" },
      ...numbers.map((number) => ({ status: 400, path: `/v1/learners/mine/versions/${number}` })),
      ...["bundle", "policy"].flatMap((what) =>
        numbers.map((number) => ({ status: 400, path: `/v1/learners/mine/versions/${number}/${what}` }))
      ),
      ...files.map((file) => ({
        ...{ status: 400, method: "POST", path: `/v1/learners/mine/tasks?fileName=${file}` },
        ...{ headers: FILE, body: "data" },
      })),
      ...objects.map((object) => ({
        ...{ status: 422, method: "POST", path: "/v1/learners/mine/tasks" },
        ...{ headers: JSON_TYPE, body: JSON.stringify({ object }) },
      })),
      { status: 400, path: `/v1/learners/mine/jobs/${"g".repeat(64)}` },
      { status: 400, method: "POST", path: "/v1/learners", headers: JSON_TYPE, body: '{"name":"../x"}' },
      {
        status: 400,
        method: "POST",
        path: "/v1/learners",
        headers: JSON_TYPE,
        body: '{"name":"a","__proto__":{}}',
      },
      ...["__proto__", "\\u005f_proto__", "__pr\\u006fto__"].map((name) => ({
        ...{ status: 400, method: "POST", path: "/v1/learners", headers: JSON_TYPE },
        body: `{"name":"a","preset":"smoke","overrides":{"${name}":{"stateSteps":1}}}`,
      })),
    ]);
  }));

Deno.test("bodies that are too large are 413, declared or not; the file leaves nothing behind", () =>
  serving(async ({ refuse }) => {
    const upload = "/v1/learners/mine/tasks?fileName=x";
    const stream = (bytes: number) => {
      let left = bytes;
      return new ReadableStream<Uint8Array>({
        pull: (controller) => {
          if (left <= 0) return controller.close();
          controller.enqueue(new Uint8Array(Math.min(left, 4_096)));
          left -= 4_096;
        },
      });
    };
    await refuse([
      { status: 413, method: "POST", path: upload, headers: FILE, body: new Uint8Array(20_001) },
      { status: 413, method: "POST", path: upload, headers: FILE, body: stream(60_000) },
      {
        status: 413,
        method: "POST",
        path: "/v1/learners",
        headers: JSON_TYPE,
        body: `"${"x".repeat(2_000)}"`,
      },
      { status: 413, method: "POST", path: "/v1/learners", headers: JSON_TYPE, body: stream(9_000) },
      {
        status: 413,
        method: "POST",
        path: "/v1/learners/mine/tasks",
        headers: JSON_TYPE,
        body: stream(9_000),
      },
      {
        status: 415,
        method: "POST",
        path: "/v1/learners",
        headers: { "content-type": "text/xml" },
        body: "<a/>",
      },
      { status: 422, method: "POST", path: upload, headers: FILE },
      {
        status: 501,
        method: "POST",
        path: upload,
        headers: { ...FILE, "transfer-encoding": "gzip" },
        body: "a",
      },
      ...["gzip", "deflate, br", "GZIP", "x"].flatMap((encoding) => [
        {
          status: 415,
          method: "POST",
          path: upload,
          headers: { ...FILE, "content-encoding": encoding },
          body: "a",
        },
        {
          ...{ status: 415, method: "POST", path: "/v1/learners", body: "{}" },
          headers: { ...JSON_TYPE, "content-encoding": encoding },
        },
      ]),
    ]);
  }));

/**
 * Sends raw bytes, then one byte at a time.
 *
 * @returns all that came back until the other side closed
 */
async function trickle(port: number, head: string): Promise<{ answer: string; seconds: number }> {
  const began = performance.now();
  const socket = createConnection({ port, host: "127.0.0.1" });
  const chunks: Uint8Array[] = [];
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  socket.on("data", (chunk: Uint8Array) => {
    chunks.push(chunk);
    socket.destroy();
  });
  socket.on("error", () => {});
  socket.write(head);
  const timer = setInterval(() => void socket.write("x"), 50);
  await closed;
  clearInterval(timer);
  const answer = chunks.map((chunk) => new TextDecoder().decode(chunk)).join("");
  return { answer, seconds: (performance.now() - began) / 1000 };
}

Deno.test("a body that trickles is 408; nothing is left of it", () =>
  serving(async ({ port, tokens, store, lines }) => {
    const before = await store.list("");
    const cases = [["/v1/learners/mine/tasks?fileName=x", FILE], ["/v1/learners", JSON_TYPE]] as const;
    for (const [path, type] of cases) {
      const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${tokens.admin}\r\n` +
        `Content-Type: ${type["content-type"]}\r\nContent-Length: 1000\r\n\r\n`;
      const { answer, seconds } = await trickle(port, head);
      assertEquals(answer.split("\r\n")[0], "HTTP/1.1 408 Request Timeout", path);
      assert(seconds < 3, `${seconds} s`);
      assertEquals(lines.at(-1)?.status, 408);
    }
    assertEquals(await store.list(""), before);
  }));

Deno.test("a sender that goes away in the middle leaves nothing behind", () =>
  serving(async ({ port, tokens, store, lines }) => {
    const before = await store.list("");
    const socket = createConnection({ port, host: "127.0.0.1" });
    const head = `POST /v1/learners/mine/tasks?fileName=x HTTP/1.1\r\nHost: a\r\n` +
      `Authorization: Bearer ${tokens.admin}\r\nContent-Type: application/octet-stream\r\nContent-Length: 1000\r\n\r\nabc`;
    socket.write(head);
    const linesBefore = lines.length;
    setTimeout(() => socket.destroy(), 50);
    for (let tries = 0; lines.length === linesBefore && tries < 100; tries++) {
      await sleep(20);
    }
    assert([400, 408].includes(Number(lines.at(-1)?.status)), JSON.stringify(lines.at(-1)));
    assertEquals(await store.list(""), before);
  }));

Deno.test("a forged notification is 401 and wakes nobody", () =>
  serving(async ({ refuse, tokens }) => {
    const body = JSON.stringify({ Records: [{ s3: { object: { key: "incoming/mine/x" } } }] });
    const path = "/v1/notifications/s3";
    const attempt = { status: 401, method: "POST", path, as: "" as const, body };
    const bearers = [`${NOTIFICATION_SECRET}x`, NOTIFICATION_SECRET.slice(1), tokens.admin, ""];
    await refuse([
      { ...attempt, headers: JSON_TYPE },
      ...bearers.map((bearer) => ({
        ...attempt,
        headers: { ...JSON_TYPE, authorization: `Bearer ${bearer}` },
      })),
    ]);
  }));
