import { encodeDataset } from "@cugro/datasets";
import { createClient, GatewayError } from "@cugro/client";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { exampleDataset } from "../../../tests/fakes/example_dataset.ts";
import { withLearningGateway } from "../../../tests/fakes/learning_gateway.ts";
import { createActTraffic, noLiveFigures } from "../live/mod.ts";
import { withGateway } from "../testing/testing_gateway.ts";

const url = "http://gateway";

Deno.test("GET token tells its holder what it may do, and nothing of its secret", () =>
  withGateway(async ({ ask, tokens }) => {
    const { body } = await ask("GET", "/v1/token", { as: "submitter" });
    assertEquals(body, { name: "submitter", scopes: ["read", "submit"], learners: ["*"] });
    const team = await ask("GET", "/v1/token", { as: "team" });
    assertEquals(team.body, { name: "team", scopes: ["read", "submit", "admin"], learners: ["team-*"] });
    assert(!JSON.stringify(team).includes(tokens.team));
    assertEquals((await ask("GET", "/v1/token", { as: "" })).status, 401);
  }));

Deno.test("POST validate judges a file as an import would, and keeps nothing of it", () =>
  withGateway(async ({ fetch, store, tokens, ask }) => {
    await ask("POST", "/v1/learners", { body: { name: "mine", preset: "smoke" } });
    const client = createClient({ url, token: tokens.submitter, fetch: asFetch(fetch) });
    const keys = await store.list("");
    const left = async () => (await readdir(tmpdir())).filter((name) => name.startsWith("cugro-judged-"));
    const before = await left();
    const good = await client.tasks.validate("mine", {
      fileName: "<b>walk.safetensors",
      body: new Uint8Array(encodeDataset(exampleDataset(20, 10))),
    });
    assertEquals([good.ok, good.size, good.episodes, good.stateDim, good.becomes], [true, 200, 20, 2, null]);
    assertEquals([good.environment, good.file], [null, "<b>walk.safetensors"]);
    const body = new Uint8Array(encodeDataset(exampleDataset(20, 10))).slice(0, 900);
    const bad = await client.tasks.validate("mine", { fileName: "cut.safetensors", body });
    assertEquals([bad.ok, bad.notices], [false, []]);
    assertStringIncludes(bad.error!.message, "cut.safetensors");
    const plain = new TextEncoder().encode("<!doctype html><p>not a dataset");
    const page = await client.tasks.validate("mine", { fileName: "page.hdf5", body: plain });
    assertEquals(page.ok, false);
    const empty = client.tasks.validate("mine", { fileName: "none.hdf5", body: new Uint8Array() });
    assertStringIncludes((await assertRejects(() => empty, GatewayError)).message, "empty");
    assertEquals(await store.list(""), keys, "nothing is kept in the store");
    assertEquals(await left(), before, "nor in a temporary folder");
    const reader = createClient({ url, token: tokens.reader, fetch: asFetch(fetch) });
    const refused = reader.tasks.validate("mine", { fileName: "a.hdf5", body: plain });
    assertEquals((await assertRejects(() => refused, GatewayError)).status, 403);
  }));

Deno.test("GET traffic counts what policies were asked, by task and minute", async () => {
  let now = Date.parse("2026-01-01T00:00:30Z");
  const traffic = createActTraffic(() => now);
  await withGateway(async ({ ask }) => {
    await ask("POST", "/v1/learners", { body: { name: "mine", preset: "smoke" } });
    assertEquals((await ask("GET", "/v1/learners/mine/traffic")).body, {
      ...{ since: "2026-01-01T00:00:30.000Z", tasks: [] },
    });
    traffic.note("mine", 1, [true, false, false]);
    now += 60_000;
    traffic.note("mine", 1, [false]);
    traffic.note("another", 1, [false]);
    const { body } = await ask("GET", "/v1/learners/mine/traffic", { as: "reader" });
    const minute = { requests: 1, observations: 1, unusual: 0 };
    assertEquals((body as { tasks: unknown }).tasks, [{
      task: 1,
      minutes: [
        { ...minute, at: "2026-01-01T00:00:00.000Z", observations: 3, unusual: 1 },
        { ...minute, at: "2026-01-01T00:01:00.000Z" },
      ],
    }]);
  }, { live: { ...noLiveFigures(), traffic } });
});

Deno.test("jobs tell what they need, how far they are and who does them; their losses are there while they run", () =>
  withGateway(async ({ ask, bus, fetch, store, tokens }) => {
    const client = createClient({ url, token: tokens.admin, fetch: asFetch(fetch) });
    await client.learners.create({ name: "mine", preset: "smoke" });
    const body = new Uint8Array(encodeDataset(exampleDataset(20, 10)));
    await client.tasks.upload("mine", { fileName: "walk.safetensors", body });
    const [importing] = await client.jobs.list("mine");
    assertEquals([importing!.kind, importing!.needs, importing!.progress], ["dataset.import", [], null]);
    const importProgress = {
      jobId: importing!.id,
      kind: "dataset.import" as const,
      learner: "mine",
      steps: 100,
    };
    bus.progress({ ...importProgress, step: 10, loss: 2 });
    bus.progress({
      ...importProgress,
      step: 60,
      loss: 1,
      ratePerSecond: 20,
      worker: "worker 7 on <i>here</i>",
    });
    const { progress } = await client.jobs.show("mine", importing!.id);
    const { at: _, ...known } = progress!;
    assertEquals(known, {
      ...{ step: 60, steps: 100, loss: 1, ratePerSecond: 20, etaSeconds: 2 },
      worker: "worker 7 on <i>here</i>",
    });
    assertEquals(await client.jobs.curves("mine", importing!.id), {
      ...{ job: importing!.id, kind: "dataset.import", source: "progress", artifact: null },
      curves: [{ name: "loss", steps: [10, 60], values: [2, 1] }],
    });
    assertEquals((await ask("GET", `/v1/learners/mine/jobs/${"0".repeat(64)}/curves`)).status, 404);
    assertEquals((await store.list("jobs/")).length, 0, "asking makes no job");
  }));

Deno.test("results tell where a cell comes from, what the gate holds it to, and the row that is being made", () =>
  withLearningGateway(async ({ tokens, url }) => {
    const client = createClient({ url, token: tokens.admin });
    await client.learners.create({ name: "mine", preset: "smoke" });
    for (const task of [1, 2]) {
      const body = new TextEncoder().encode(`task ${task}`);
      await client.tasks.upload("mine", { fileName: `task${task}.hdf5`, body });
    }
    const done = AbortSignal.timeout(30_000);
    while ((await client.versions.list("mine")).length < 2) done.throwIfAborted();
    const { jobs, bounds, resultsMatrix, pending } = await client.results("mine");
    assertEquals(pending, null);
    assertEquals(jobs.map((row) => row.map((job) => job === null)), [[false, true], [false, false]]);
    assertEquals(bounds[0]![1], null);
    assertEquals(bounds[1]![0]!.bestVersion, 1);
    assertEquals(bounds[1]![0]!.best, resultsMatrix[0]![0]);
    const known = await client.jobs.list("mine");
    const ids = new Set(known.map(({ id }) => id));
    assert(known.every(({ needs }) => needs.every((id) => ids.has(id))), "what jobs need is in the list");
    const last = known.filter(({ kind, task }) => kind === "policy.evaluate" && task === 2);
    assert(last.every(({ needs }) => needs.length >= 2));
  }));

type Fetch = (request: Request) => Response | Promise<Response>;

function asFetch(fetch: Fetch): typeof globalThis.fetch {
  return (input, init) => Promise.resolve(fetch(new Request(input, init)));
}
