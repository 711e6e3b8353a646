import { sleep } from "@cugro/async";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { createClient } from "@cugro/client";
import type { Arrival, Relabelled, Results, Task, Version } from "@cugro/client/schemas";
import { withLearningGateway } from "../fakes/learning_gateway.ts";
import { addFile, drive, learnerWith, pretend } from "../fakes/world.ts";
import { withGateway } from "../../services/gateway/testing/testing_gateway.ts";

const path = "/v1/learners/a/tasks/1";

Deno.test("PATCH of a task corrects its labels, and answers what follows", () =>
  withGateway(async ({ ask, store, hints }) => {
    const pretence = pretend({
      returns: (_task, _newTask, goal) => goal === 2 ? [78, 79, 80, 81, 82] : [48, 49, 50, 51, 52],
    });
    await learnerWith(store, ["one", "one@2"]);
    await drive(store, pretence);
    const get = async <T>(rest: string) => (await ask("GET", `/v1/learners/a/${rest}`)).body as T;
    const refused = await get<Arrival>("arrivals/2");
    assertStringIncludes(refused.reason!, "cugro relabel 1 --set goal=2 --learner a");

    const dry = await ask("PATCH", path, { body: { set: { goal: 2 }, dryRun: true } });
    const { label, again } = dry.body as Relabelled;
    assertEquals([dry.status, label, again.map(({ state }) => state)], [200, null, ["open"]]);
    const hintsBefore = hints.length;
    const done = await ask("PATCH", path, {
      body: { set: { goal: [2] }, reason: "a slip" },
      as: "submitter",
    });
    assertEquals(done.body, { ...dry.body as Relabelled, label: 1 });
    assertEquals(hints.length, hintsBefore + 1, "the coordinator looks at once");

    const task = await get<Task>("tasks/1");
    assertEquals(task.environment && "goal" in task.environment && task.environment.goal, [2]);
    assertEquals(task.labels.map(({ at: _, ...rest }) => rest), [
      { n: 1, set: { goal: [2] }, before: { goal: [1] }, by: "submitter", reason: "a slip" },
    ]);
    assertEquals((await get<Results>("results")).resultsMatrix, [[null]]);
    await drive(store, pretence);
    // The view of jobs may be 2 s old.
    let results = await get<Results>("results");
    while (results.resultsMatrix[0]![0] === null) {
      await sleep(50);
      results = await get<Results>("results");
    }
    assertEquals(results.resultsMatrix, [[80]]);
    assertStringIncludes(
      results.remarks[0]!,
      "goal 1 -> 2 (a slip). Its episodes were run again in version 1",
    );
    const [cell] = (await get<Version>("versions/1")).row;
    assertEquals([cell!.after, cell!.job], ["again", again[0]!.job]);
    assertEquals((await get<{ state: string }>(`jobs/${again[0]!.job}`)).state, "done");
    // The refused file says nothing else of the task any more.
    const { state, reason, task: its } = await get<Arrival>("arrivals/2");
    assertEquals([state, reason, its], ["accepted", null, 1]);
    assertEquals(((await ask("GET", "/v1/learners/a")).body as { rejections: unknown[] }).rejections, []);
    assertEquals(((await ask("PATCH", path, { body: { set: { goal: 2 } } })).body as Relabelled).label, null);
  }));

Deno.test("PATCH of a task refuses what it must, and names the field", () =>
  withGateway(async ({ ask, store }) => {
    await learnerWith(store, ["one"]);
    await drive(store, pretend());
    const before = await store.list("learners/");
    const refuse = async (status: number, body: unknown, field?: string, as?: "reader" | "team") => {
      const answer = await ask("PATCH", path, { body, ...(as ? { as } : {}) });
      const { errors } = answer.body as { errors?: { field: string }[] };
      assertEquals([answer.status, errors?.[0]?.field], [status, field], JSON.stringify(answer.body));
    };
    await refuse(403, { set: { goal: 2 } }, undefined, "reader");
    await refuse(404, { set: { goal: 2 } }, undefined, "team");
    await refuse(400, { sett: { goal: 2 } }, "body.set");
    await refuse(400, { set: { goal: { x: 2 } } }, "body.set.goal");
    await refuse(422, { set: {} }, "body.set");
    await refuse(422, { set: { gaol: 2 } }, "body.set.gaol");
    await refuse(422, { set: { goal: "fast" } }, "body.set.goal");
    await refuse(422, { set: { rewards: 2 } }, "body.set.rewards");
    assertEquals((await ask("PATCH", "/v1/learners/a/tasks/7", { body: { set: { goal: 2 } } })).status, 404);
    assertEquals(await store.list("learners/"), before);
  }));

Deno.test("rollback to 0 is before the first version; another file is then learnt from scratch", () =>
  withGateway(async ({ ask, store }) => {
    await learnerWith(store, ["one"]);
    await drive(store, pretend());
    const back = await ask("POST", "/v1/learners/a/versions/0/rollback", { body: {} });
    assertEquals([back.status, back.body], [200, { version: 0, withdrawn: [1] }]);
    await addFile(store, "two");
    await drive(store, pretend());
    const { body } = await ask("GET", "/v1/learners/a/versions/2");
    assertEquals([(body as Version).parent, (body as Version).tasks], [null, [2]]);
  }));

Deno.test("a label is an event, and the client writes one", () =>
  withLearningGateway(async ({ url, tokens }) => {
    const client = createClient({ url, token: tokens.admin });
    await client.learners.create({ name: "a", preset: "smoke" });
    const stop = new AbortController();
    const open = Promise.withResolvers<void>();
    const relabelled = (async () => {
      for await (const each of client.events("a", { signal: stop.signal, onOpen: open.resolve })) {
        if (each.type === "cugro.version.published") {
          await client.tasks.relabel("a", 1, { set: { name: "to the right" }, reason: "it has a name" });
        }
        if (each.type === "cugro.task.relabelled") return each.event;
      }
    })();
    await open.promise;
    await client.tasks.upload("a", { fileName: "one.hdf5", body: new TextEncoder().encode("rows") });
    const event = (await relabelled)!;
    stop.abort();
    const { before, ...data } = event.data as { before: { name: string } };
    assertEquals([event.id, data], ["learners/a/tasks/1/labels/1.json", {
      ...{ task: 1, label: 1, set: { name: "to the right" }, by: "admin", reason: "it has a name" },
    }]);
    assertEquals(before.name.startsWith("data-"), true);
    assertEquals((await client.tasks.show("a", 1)).name, "to the right");
  }));
