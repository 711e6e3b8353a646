import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { collectGarbage } from "@cugro/coordinator";
import { learnerStatus, loadFacts } from "@cugro/learners";
import {
  arrivalKey,
  encodeFact,
  incomingKey,
  type RejectionFact,
  rejectionFactSchema,
  rejectionKey,
  sha256,
} from "@cugro/protocol";
import type { Learner } from "@cugro/client";
import { NOTIFICATION_SECRET, withGateway } from "./testing/testing_gateway.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const FILE = { "content-type": "application/octet-stream" };
const smoke = (name: string) => ({ name, seed: 3, preset: "smoke", overrides: { stateSteps: 50 } });

Deno.test("learners are made, listed, shown, configured and deleted", () =>
  withGateway(async ({ ask, store, hints }) => {
    const made = await ask("POST", "/v1/learners", { body: smoke("walker") });
    assertEquals([made.status, made.headers.get("location")], [201, "/v1/learners/walker"]);
    const { name, seed, config, head, tasks, jobs } = made.body as Learner;
    assertEquals([name, seed, head, tasks], ["walker", 3, null, []]);
    assertEquals([config.preset, config.knobs.stateSteps], ["smoke", 50]);
    assertEquals(jobs, { waiting: 0, ready: 0, done: 0, failed: 0 });
    assertEquals((await learnerStatus(store, "walker")).learner.seed, 3);
    assertEquals((await ask("GET", "/v1/learners")).body, { learners: [{ name: "walker" }] });
    assertEquals((await ask("POST", "/v1/learners", { body: smoke("walker") })).status, 409);
    const revised = await ask("POST", "/v1/learners/walker/config", {
      body: { overrides: { stateSteps: 40 } },
    });
    assertEquals([revised.status, (revised.body as { revision: number }).revision], [201, 2]);
    assertEquals((await ask("DELETE", "/v1/learners/walker")).status, 204);
    assert((await loadFacts(store, "walker")).deleted);
    assertEquals((await ask("GET", "/v1/learners/walker")).status, 404);
    assertEquals((await ask("GET", "/v1/learners")).body, { learners: [] });
    const again = await ask("POST", "/v1/learners", { body: smoke("walker") });
    assertEquals(again.status, 409, "a deleted name is not used again");
    const restore = (name: string) => ask("POST", `/v1/learners/${name}/restore`);
    assertEquals((await restore("walker")).status, 200);
    assertEquals((await ask("GET", "/v1/learners")).body, { learners: [{ name: "walker" }] });
    const twice = await restore("walker");
    assertEquals(twice.status, 409);
    assertStringIncludes((twice.body as { detail: string }).detail, "is not deleted");
    for (const status of [204, 404]) {
      assertEquals((await ask("DELETE", "/v1/learners/walker")).status, status);
    }
    await collectGarbage({ store, graceHours: 0 });
    const late = await restore("walker");
    assertEquals(late.status, 409);
    assertStringIncludes((late.body as { detail: string }).detail, "garbage collection has removed");
    for (
      const status of [(await restore("ghost")).status, (await ask("DELETE", "/v1/learners/ghost")).status]
    ) {
      assertEquals(status, 404);
    }
    const wakes = Array(hints.length).fill({ key: "incoming/walker/" });
    assertEquals(
      [hints, hints.length],
      [wakes, 4],
      "the coordinator is notified of its creation, its deletions and its restoration",
    );
  }));

Deno.test("wrong bodies are told field by field, wrong knobs by the algorithm's own words", () =>
  withGateway(async ({ ask, store }) => {
    const wrong = await ask("POST", "/v1/learners", { body: { name: "Walker!", seed: -1, colour: 1 } });
    assertEquals([wrong.status, wrong.headers.get("content-type")], [400, "application/problem+json"]);
    const { errors, title, instance } = wrong.body as {
      errors: { field: string }[];
      title: string;
      instance: string;
    };
    assertEquals(errors.map(({ field }) => field).sort(), ["body", "body.name", "body.seed"]);
    assertEquals(title, "Bad request");
    const missing = await ask("POST", "/v1/learners", { body: {} });
    assertEquals((missing.body as { detail: string }).detail, "body.name: it is missing; wanted: string");
    assertEquals(instance, `urn:cugro:request:${wrong.headers.get("x-request-id")}`);
    const knob = await ask("POST", "/v1/learners", { body: { name: "a", overrides: { stateStep: 1 } } });
    assertEquals(knob.status, 422);
    assertStringIncludes((knob.body as { detail: string }).detail, "stateStep");
    const text = await ask("POST", "/v1/learners", {
      body: "{",
      headers: { "content-type": "application/json" },
    });
    assertEquals(text.status, 400);
    const plain = await ask("POST", "/v1/learners", { body: "x", headers: { "content-type": "text/plain" } });
    assertEquals(plain.status, 415);
    assertStringIncludes((plain.body as { detail: string }).detail, "content-type: application/json");
    assertEquals(await store.list(""), []);
  }));

Deno.test("a dataset is streamed in, hashed, and the same one again is the same arrival", () =>
  withGateway(async ({ ask, store, hints }) => {
    await ask("POST", "/v1/learners", { body: smoke("a") });
    const path = "/v1/learners/a/tasks?fileName=task%201.hdf5";
    const pieces = ["ab", "cd"].map(encode);
    const body = new ReadableStream({
      pull: (c) => {
        const p = pieces.shift();
        p ? c.enqueue(p) : c.close();
      },
    });
    const first = await ask("POST", path, { body, headers: FILE, as: "submitter" });
    assertEquals([first.status, first.headers.get("location")], [202, "/v1/learners/a/arrivals/1"]);
    const arrival = first.body as {
      seq: number;
      key: string;
      size: number;
      contentHash: string;
      state: string;
    };
    assertEquals([arrival.size, arrival.contentHash, arrival.state], [4, sha256(encode("abcd")), "waiting"]);
    assertEquals((await store.get(arrival.key))!.bytes, encode("abcd"));
    assertEquals(hints.at(-1)!.key, arrival.key, "the coordinator is notified at once");
    const again = await ask("POST", path, { body: encode("abcd"), headers: FILE });
    assertEquals([again.status, again.body], [200, first.body]);
    assertEquals((await ask("GET", "/v1/learners/a/arrivals/1")).body, first.body);
    assertEquals((await ask("GET", "/v1/learners/a/tasks")).body, { tasks: [], waiting: [first.body] });
    const read = await ask("POST", `${path}&environments=2&reward=success`, {
      body: encode("abcd"),
      headers: FILE,
    });
    assertEquals([read.status, (read.body as { seq: number }).seq], [202, 2], "read otherwise it is another");
    const { reading } = JSON.parse(new TextDecoder().decode((await store.get(arrivalKey("a", 2)))!.bytes));
    assertEquals(reading, { environments: 2, reward: "success" });
    const mapped = `${path}&map=observations%3Dx,y&map=actions%3D%5B%22a,b%22%5D&actionLimit=2,1`;
    assertEquals((await ask("POST", mapped, { body: encode("abcd"), headers: FILE })).status, 202);
    const third = JSON.parse(new TextDecoder().decode((await store.get(arrivalKey("a", 3)))!.bytes));
    assertEquals(third.reading, { map: { observations: ["x", "y"], actions: ["a,b"] }, actionLimit: [2, 1] });
    const own = await ask("POST", `${path}&asNewTask=true`, { body: encode("abcd"), headers: FILE });
    assertEquals([own.status, (own.body as { seq: number }).seq], [202, 4], "a task of its own is another");
    const fourth = JSON.parse(new TextDecoder().decode((await store.get(arrivalKey("a", 4)))!.bytes));
    assertEquals([fourth.asNewTask, fourth.reading], [true, undefined]);
    const named = { gymnasium: "Hopper-v5", kwargs: { ctrl_cost_weight: 0.2 } };
    const run = `${path}&gymnasium=${encodeURIComponent(JSON.stringify(named))}`;
    assertEquals((await ask("POST", run, { body: encode("abcd"), headers: FILE })).status, 202);
    const fifth = JSON.parse(new TextDecoder().decode((await store.get(arrivalKey("a", 5)))!.bytes));
    assertEquals(fifth.reading, { environment: named });
    const unclear = await ask("POST", `${path}&gymnasium=%7B`, { body: encode("abcd"), headers: FILE });
    assertEquals(unclear.status, 400);
    assertStringIncludes(JSON.stringify(unclear.body), "such as Hopper-v5");
    const wrong = await ask("POST", `${path}&map=weather%3Dx`, { body: encode("abcd"), headers: FILE });
    assertEquals(wrong.status, 400);
    assertStringIncludes(JSON.stringify(wrong.body), "must be ARRAY=FIELD,FIELD");
    const none = await ask("POST", `${path}&environments=0`, { body: encode("abcd"), headers: FILE });
    assertEquals(none.status, 400);
    const unnamed = await ask("POST", "/v1/learners/a/tasks", { body: encode("x"), headers: FILE });
    assertEquals(unnamed.status, 422);
    const jobs = await ask("GET", "/v1/learners/a/jobs?state=ready");
    assertEquals((jobs.body as { total: number }).total, 5, "their imports");
  }));

Deno.test("an object that is in the store already is handed over by its key", () =>
  withGateway(async ({ ask, store }) => {
    await ask("POST", "/v1/learners", { body: smoke("a") });
    const object = incomingKey("a", "task1.hdf5");
    await store.put(object, encode("data"));
    const first = await ask("POST", "/v1/learners/a/tasks", { body: { object } });
    assertEquals([first.status, (first.body as { key: string }).key], [202, object]);
    assertEquals((await ask("POST", "/v1/learners/a/tasks", { body: { object } })).status, 200);
    for (
      const wrong of [
        "incoming/a/none.hdf5",
        "incoming/b/task1.hdf5",
        "learners/a/learner.json",
        "incoming/a/../x",
      ]
    ) {
      const refused = await ask("POST", "/v1/learners/a/tasks", { body: { object: wrong } });
      assertEquals(refused.status, 422, wrong);
    }
    assertEquals((await ask("POST", "/v1/learners/a/tasks", { body: { objekt: "" } })).status, 400);
  }));

Deno.test("an object whose import failed without its fault is handed over by its key once more", () =>
  withGateway(async ({ ask, store }) => {
    await ask("POST", "/v1/learners", { body: smoke("a") });
    const key = incomingKey("a", "task1.hdf5");
    await store.put(key, encode("data"));
    const handOver = async () => {
      const { status, body } = await ask("POST", "/v1/learners/a/tasks", { body: { object: key } });
      return [status, (body as { seq: number }).seq];
    };
    const reject = (seq: number, failedJob: string | null) => {
      const fact: RejectionFact = { schema: 1, seq, key, reason: "the disk is full", failedJob };
      return store.put(rejectionKey("a", seq), encodeFact(fact, rejectionFactSchema));
    };
    assertEquals(await handOver(), [202, 1]);
    await reject(1, sha256("import"));
    assertEquals([await handOver(), await handOver()], [[202, 2], [200, 2]]);
    await reject(2, null);
    assertEquals(await handOver(), [200, 2], "what was refused for its content is not imported again");
  }));

Deno.test("S3 notifications become hints; a sender with the secret always gets a 2xx", () =>
  withGateway(async ({ ask, hints, store }) => {
    const headers = { authorization: `Bearer ${NOTIFICATION_SECRET}`, "content-type": "application/json" };
    const record = (key: string) => ({
      eventName: "s3:ObjectCreated:Put",
      s3: { object: { key, size: 4, eTag: "e" } },
    });
    const others = ["learners/a/head.json", "incoming/a/.uploads/0/x", "%"].map(record);
    const Records = [
      record("prefix/incoming/a/task+1%3D.hdf5"),
      record("incoming/a/folder/b.hdf5"),
      ...others,
    ];
    for (const body of [{ Records }, { Records: 1 }, [], "{", "x".repeat(2 << 20)]) {
      assertEquals((await ask("POST", "/v1/notifications/s3", { as: "", headers, body })).status, 204);
    }
    const keys = ["incoming/a/task 1=.hdf5", "incoming/a/folder/b.hdf5"];
    assertEquals(hints, keys.map((key) => ({ key, size: 4, etag: "e" })));
    assertEquals(await store.list(""), []);
  }));

Deno.test("every request is one log line and counted", () =>
  withGateway(async ({ ask, lines, metrics }) => {
    await ask("GET", "/v1/learners/none", { as: "reader", headers: { "x-request-id": "abc" } });
    const line = lines.at(-1)!;
    const { token, route, method, status, requestId, learner, ms } = line;
    assertEquals([token, route, method, status, requestId, learner], [
      ...["reader", "/v1/learners/:name", "GET", 404, "abc", "none"],
    ]);
    assert(typeof ms === "number" && ms >= 0);
    await ask("GET", "/nowhere", { as: "" });
    assertEquals([lines.at(-1)!.route, lines.length], ["none", 2]);
    const { text } = await metrics.expose();
    assertStringIncludes(
      text,
      'cugro_http_requests_total{route="/v1/learners/:name",method="GET",status="404",service="gateway"} 1',
    );
  }));

Deno.test("every answer has the headers that keep browsers and caches from misusing it, and the request's id", () =>
  withGateway(async ({ fetch, ask, tokens, store }) => {
    await ask("POST", "/v1/learners", { body: smoke("a") });
    await ask("POST", "/v1/learners", { body: smoke("broken") });
    await store.put("learners/broken/tasks/1.json", encode("damaged"));
    const closed = "default-src 'none'; frame-ancestors 'none'";
    const answers: [method: string, path: string, status: number, policy: string, cache: string | null][] = [
      ["GET", "/v1/learners", 200, closed, "no-store"],
      ["HEAD", "/v1/learners", 200, closed, "no-store"],
      ["GET", "/v1/learners/none", 404, closed, "no-store"],
      ["GET", "/v1/learners/broken", 500, closed, "no-store"],
      ["PATCH", "/v1/learners", 405, closed, "no-store"],
      ["POST", "/v1/learners", 415, closed, "no-store"],
      ["GET", "/v1/learners/a/events", 200, closed, "no-store"],
      ["GET", "/v1/learners/a/report", 200, "sandbox", "no-store"],
      ["GET", "/nowhere", 404, closed, null],
      ["GET", "/openapi.json", 200, closed, null],
      ["GET", "/docs", 200, "script-src 'self'", null],
      ["GET", "/docs/swagger-ui.css", 200, closed, "public, max-age=86400"],
    ];
    for (const [method, path, status, policy, cache] of answers) {
      const headers = { authorization: `Bearer ${tokens.admin}`, "x-request-id": "given_1-2" };
      const body = method === "POST" ? "text" : null;
      const response = await fetch(new Request(`http://gateway${path}`, { method, headers, body }));
      await response.body?.cancel();
      const of = (name: string) => response.headers.get(name);
      assertEquals([method, path, response.status, of("cache-control")], [method, path, status, cache]);
      assertEquals(of("x-request-id"), "given_1-2", path);
      assertEquals([of("x-content-type-options"), of("referrer-policy")], ["nosniff", "no-referrer"], path);
      assertEquals([of("x-frame-options"), of("strict-transport-security")], ["SAMEORIGIN", null], path);
      assertStringIncludes(of("content-security-policy")!, policy);
    }
  }));

Deno.test("a request's id is taken over if it can stand in a log, and made otherwise", () =>
  withGateway(async ({ ask, lines }) => {
    for (const given of ["abc", "a_B-9=", "x".repeat(64), "x".repeat(65), "a b", 'a"b', "", "ä"]) {
      const { headers } = await ask("GET", "/v1/learners", { headers: { "x-request-id": given } });
      const id = headers.get("x-request-id")!;
      const taken = /^[\w=-]{1,64}$/.test(given);
      if (taken) assertEquals(id, given);
      else assertMatch(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      assertEquals(lines.at(-1)!.requestId, id);
    }
  }));

Deno.test("the API describes itself; its page loads nothing from elsewhere", () =>
  withGateway(async ({ ask }) => {
    const { status, body } = await ask("GET", "/openapi.json", { as: "" });
    const { openapi, paths } = body as { openapi: string; paths: Record<string, Record<string, unknown>> };
    assertEquals([status, openapi], [200, "3.1.0"]);
    assert(Object.keys(paths).length >= 16, Object.keys(paths).join(" "));
    const names = Object.values(paths).flatMap((path) =>
      Object.values(path).map((operation) => (operation as { operationId?: string }).operationId)
    );
    assert(names.every((name) => name && /^[a-z][a-zA-Z]*$/.test(name)), "generated clients have names");
    assertEquals(new Set(names).size, names.length);
    const page = await ask("GET", "/docs", { as: "" });
    assert(!/https?:/.test(page.body as string));
    assertMatch(page.headers.get("content-security-policy")!, /default-src 'none'; script-src 'self'/);
    for (const file of ["swagger-ui.css", "swagger-ui-bundle.js", "start.js"]) {
      assertEquals((await ask("GET", `/docs/${file}`, { as: "" })).status, 200);
    }
  }));

Deno.test("a method that a path does not have is 405 with what it has", () =>
  withGateway(async ({ ask }) => {
    const { status, headers } = await ask("PATCH", "/v1/learners");
    assertEquals([status, headers.get("allow")], [405, "GET, HEAD, POST"]);
  }));

Deno.test("a token that asks too often waits", () =>
  withGateway(async ({ ask }) => {
    assertEquals((await ask("GET", "/v1/learners")).status, 200);
    assertEquals((await ask("GET", "/v1/learners")).status, 200);
    const { status, headers } = await ask("GET", "/v1/learners");
    assertEquals([status, headers.get("retry-after")], [429, "10"]);
    assertEquals((await ask("GET", "/v1/learners", { as: "reader" })).status, 200, "others need not");
  }, { limits: { requestsPerSecond: 0.1, requestBurst: 2 } }));

Deno.test("an internal fault is 500 or 503 without internal details, which are in the log", () =>
  withGateway(async ({ ask, store, lines }) => {
    await ask("POST", "/v1/learners", { body: smoke("a") });
    await store.put("learners/a/tasks/1.json", encode("damaged"));
    const { status, body } = await ask("GET", "/v1/learners/a");
    assertEquals(status, 500);
    assert(!/tasks\/1\.json|at .*\.ts|damaged/.test(JSON.stringify(body)));
    const line = lines.at(-1)!;
    assertEquals([line.level, line.event], ["error", "request failed"]);
    assertMatch(String(line.error), /tasks\/1\.json is damaged/);
  }));
