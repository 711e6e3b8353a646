import { sleep } from "@cugro/async";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { incomingKey } from "@cugro/protocol";
import { withLearningGateway } from "../../tests/fakes/learning_gateway.ts";
import { actOverNats, createClient, type GatewayClient, GatewayError } from "./mod.ts";
import { withLiveGateway } from "../../services/gateway/testing/listening_gateway.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("a client makes a learner, hands over files in three ways, follows their events, and reads what became of them", () =>
  withLearningGateway(async ({ url, tokens, store }) => {
    const client = createClient({ url, token: tokens.admin });
    const made = await client.learners.create({ name: "a", preset: "smoke", overrides: { gate: "observe" } });
    assertEquals([made.name, await client.learners.list()], ["a", ["a"]]);
    const stop = new AbortController();
    const open = Promise.withResolvers<void>();
    const seen: string[] = [];
    const watching = (async () => {
      for await (const event of client.events("a", { signal: stop.signal, onOpen: open.resolve })) {
        if (event.type === "cugro.version.published") seen.push(event.event.id);
        if (seen.length === 3) return;
      }
    })();
    await open.promise;
    async function* pieces() {
      yield await Promise.resolve(encode("first "));
      yield encode("file");
    }
    const first = await client.tasks.upload("a", { fileName: "one.hdf5", body: pieces() });
    assertEquals([first.added, first.seq, first.size], [true, 1, 10]);
    const path = await Deno.makeTempFile({ suffix: ".hdf5" });
    await Deno.writeFile(path, encode("second file"));
    assertEquals((await client.tasks.uploadFile("a", path)).seq, 2);
    await Deno.remove(path);
    await store.put(incomingKey("a", "three.hdf5"), encode("third file"));
    await client.tasks.adopt("a", incomingKey("a", "three.hdf5"));
    await watching;
    stop.abort();
    assertEquals(seen, [1, 2, 3].map((v) => `learners/a/versions/${v}.json`));
    assertEquals((await client.tasks.arrival("a", 3)).state, "accepted");
    const { tasks, waiting } = await client.tasks.list("a");
    assertEquals([tasks.map(({ state }) => state), waiting], [["published", "published", "published"], []]);
    assertEquals((await client.tasks.show("a", 2)).arrival, 2);
    await readEverything(client);
    const again = await client.tasks.upload("a", { fileName: "other", body: encode("first file") });
    assertEquals([again.added, again.seq, again.task], [false, 1, 1]);
  }));

async function readEverything(client: ReturnType<typeof createClient>): Promise<void> {
  const { head, jobs, averagePerformance } = await client.learners.show("a");
  assert(averagePerformance !== null && averagePerformance >= 50);
  assertEquals([head, jobs.waiting, jobs.failed], [3, 0, 0]);
  const list = await client.jobs.list("a");
  assertEquals(list.length, jobs.done);
  const evaluations = await client.jobs.list("a", { task: 3 });
  assert(evaluations.every(({ task }) => task === 3) && evaluations.length < list.length);
  const evaluation = evaluations.find(({ kind }) => kind === "policy.evaluate")!;
  assert(Array.isArray((await client.jobs.show("a", evaluation.id)).metrics.returns));
  const results = await client.results("a");
  assertEquals([results.versions, results.resultsMatrix.length, results.intervals[2]!.length], [
    [1, 2, 3],
    3,
    3,
  ]);
  assertEquals((await client.versions.list("a")).map(({ serving }) => serving), [false, false, true]);
  assertEquals((await client.versions.show("a", 3)).row.length, 3);
  assertEquals(await client.fidelity("a"), []);
}

/** Wherever knobs are taken, those that contradict others are a fault of the request. */
async function refusesVainKnobs(client: GatewayClient): Promise<void> {
  const overrides = { behaviorSteps: 6_000 };
  const settings = { name: "b", preset: "smoke" as const };
  for (
    const take of [
      () => client.learners.create({ ...settings, overrides }),
      () => client.learners.configure("a", { overrides }),
      () => client.tasks.retry("a", 2, { overrides }),
    ]
  ) {
    const { status, errors, message } = await assertRejects(take, GatewayError);
    assertEquals([status, errors[0]?.field], [422, "body.overrides"]);
    assertStringIncludes(message, "behaviorSteps is 6,000 and maxGeneratorSteps is 60");
  }
  const mistyped = { ...settings, presett: "smoke" };
  const { message } = await assertRejects(() => client.learners.create(mistyped), GatewayError);
  assertStringIncludes(message, 'Unrecognized key: "presett": did you mean preset?');
}

Deno.test("a client rolls back, retries, cancels and configures; the coordinator acts at once", () =>
  withLearningGateway(async ({ url, tokens }) => {
    const client = createClient({ url, token: tokens.admin });
    await client.learners.create({ name: "a", preset: "smoke", overrides: { gate: "observe" } });
    for (const text of ["one", "two"]) await client.tasks.upload("a", { fileName: text, body: encode(text) });
    const until = async (what: string, done: () => Promise<boolean>) => {
      for (const end = performance.now() + 60_000; performance.now() < end;) {
        if (await done()) return;
        await sleep(30);
      }
      throw new Error(`Not within 60 s: ${what}`);
    };
    const headIs = (head: number) => async () => (await client.learners.show("a")).head === head;
    await until("two versions", headIs(2));
    assertEquals(await client.versions.rollback("a", 1, { reason: "a test" }), [2]);
    await until("the head moves back", headIs(1));
    assertEquals((await client.tasks.show("a", 2)).state, "withdrawn");
    const error = await assertRejects(() => client.versions.promote("a", 2), GatewayError);
    assertEquals(error.status, 409);
    const wrong = await assertRejects(
      () => client.tasks.retry("a", 2, { overrides: { nonsense: 1 } }),
      GatewayError,
    );
    assertEquals([wrong.status, wrong.errors[0]?.field], [422, "body.overrides"]);
    await refusesVainKnobs(client);
    assertEquals(await client.tasks.retry("a", 2), "new attempt");
    await until("it is learnt again", headIs(3));
    const config = await client.learners.configure("a", { overrides: { stateSteps: 51 } });
    assertEquals([config.revision, config.fromTask], [2, 3]);
    assertEquals((await assertRejects(() => client.tasks.cancel("a", 2), GatewayError)).status, 409);
    assertEquals((await assertRejects(() => client.versions.show("a", 9), GatewayError)).status, 404);
    await client.learners.delete("a");
    assertEquals((await assertRejects(() => client.learners.show("a"), GatewayError)).status, 404);
  }));

Deno.test("a refused client says why; a stream of events goes on after a lost connection", () =>
  withLearningGateway(async ({ url, tokens, bus, ask, lines }) => {
    const refused = await assertRejects(
      () => createClient({ url, token: "wrong" }).learners.list(),
      GatewayError,
    );
    assertEquals([refused.status, refused.requestId], [401, lines.at(-1)!.requestId]);
    assertStringIncludes(refused.message, "token");
    await ask("POST", "/v1/learners", { body: { name: "a", preset: "smoke" } });
    const connections = [new AbortController(), new AbortController()];
    let opened = 0;
    const client = createClient({
      url,
      token: tokens.reader,
      // Connections that can be cut.
      fetch: (input, init) => fetch(input, { ...init, signal: connections[opened]!.signal }),
    });
    const event = (id: string) => ({
      ...{ specversion: "1.0" as const, id, source: "/learners/a", type: "cugro.task.accepted" as const },
      ...{ subject: "a", datacontenttype: "application/json" as const, data: {} },
    });
    const onOpen = () => {
      if (++opened === 1) void bus.announce(event("1"));
    };
    const seen: string[] = [];
    for await (const news of client.events(undefined, { onOpen })) {
      if ("event" in news) seen.push(news.event.id);
      if (seen.length === 2) break;
      connections[0]!.abort();
      await sleep(20);
      await bus.announce(event("2"));
    }
    assertEquals([opened, seen], [2, ["1", "2"]]);
  }));

Deno.test("the error about a token that cannot be sent does not reveal it", async () => {
  for (const token of ["cugro_secret\nx: y", "cugro_secret cugro_secret", "cugro_secretü"]) {
    const { learners } = createClient({ url: "http://127.0.0.1:9", token });
    const { message } = await assertRejects(() => learners.list(), TypeError, "token must be");
    assert(!message.includes("secret"), message);
  }
});

Deno.test("a client has events sent elsewhere, and is told why nobody can act yet", () =>
  withLiveGateway({}, async ({ url, tokens }) => {
    const client = createClient({ url, token: tokens.admin });
    const made = await client.webhooks.create({
      url: "http://127.0.0.1:8099/",
      description: "nobody listens",
    });
    assert(made.secret.startsWith("whsec_"));
    assertEquals((await client.webhooks.list()).map(({ id }) => id), [made.id]);
    assertEquals((await client.webhooks.change(made.id, { active: false })).active, false);
    assertEquals((await client.webhooks.show(made.id)).description, "nobody listens");
    assertEquals(await client.webhooks.deliveries(made.id, { state: "dead" }), []);
    await client.webhooks.remove(made.id);
    assertEquals(await client.webhooks.list(), []);
    await client.learners.create({ name: "a", preset: "smoke" });
    const act = () => client.act("a", { task: 1, observations: [[0, 0, 0]] });
    assertEquals((await assertRejects(act, GatewayError)).status, 409);
  }));

Deno.test("actOverNats() says of an answer that does not come in time why the first may take longer, and leaves other faults as they are", async () => {
  const failing = (name: string) => ({
    request: () => Promise.reject(Object.assign(new Error(`it was ${name}`), { name })),
  });
  const request = { task: 1, observations: [[0]] };
  const late = await assertRejects(
    () => actOverNats(failing("TimeoutError"), "walker", request, { timeoutMs: 1_500 }),
    Error,
    "No answer to act.walker within 1.5 s: the first request opens",
  );
  assertEquals(late.name, "TimeoutError");
  await assertRejects(
    () => actOverNats(failing("NoRespondersError"), "walker", request),
    Error,
    "it was NoResponders",
  );
});

Deno.test("bundle() reads the answers that it waits on, though its progress is not asked for", async () => {
  const wait = Response.json({ done: 0, inputs: 1, before: 0 }, {
    status: 202,
    headers: { "retry-after": "0.01" },
  });
  const answers = [wait, new Response(new Uint8Array([1, 2]))];
  const client = createClient({
    url: "http://gateway",
    token: "any",
    fetch: () => Promise.resolve(answers.shift()!),
  });
  assertEquals(await client.versions.bundle("a", 1), new Uint8Array([1, 2]));
  assert(wait.bodyUsed);
});
