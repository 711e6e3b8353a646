import { sleep } from "@cugro/async";
import { publishExample } from "../../scripts/lab/experiments/example_learner.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { eager } from "@cugro/algorithm";
import { createLearner, deleteLearner } from "@cugro/learners";
import { createEmbeddedBus } from "@cugro/bus";
import { type ActRequest, createEvent, encodeFact, headKey, versionKey, withdrawnKey } from "@cugro/protocol";
import { ActError } from "./act_request.ts";
import { actOn, openPolicy } from "./open_policy.ts";
import type { OpenPolicy } from "./running_policy.ts";
import { quickPolicies, withActing, withStore } from "./testing/quick_acting.ts";

const request = (values: number[][], over: Partial<ActRequest> = {}): ActRequest => ({
  ...{ task: 1, seed: 5, observations: values },
  ...over,
});

async function refused(status: number, part: string, ask: () => Promise<unknown>): Promise<ActError> {
  const error = await assertRejects(ask, ActError);
  assertEquals(error.status, status, error.message);
  assertStringIncludes(error.message, part);
  return error;
}

Deno.test("openActing() changes versions under load: every request is answered as its version answers it alone", () =>
  withStore(async (store) => {
    await publishExample({ store, name: "a" });
    const bus = createEmbeddedBus();
    const batches: number[] = [];
    const onBatch = ({ requests }: { requests: number }) => void batches.push(requests);
    await withActing({ store, bus, onBatch }, async (acting) => {
      const rows = Array.from({ length: 6 }, (_, i) => [i / 3 - 1, 0.5, i / 6]);
      const answers: { asked: ActRequest; version: number; actions: number[][]; published: boolean }[] = [];
      let published = false;
      let swapped = false;
      const client = async (seed: number) => {
        while (!swapped) {
          const asked = request(rows.slice(0, 1 + seed % 5), { seed });
          const during = published;
          const { version, actions } = await acting.act("a", asked);
          answers.push({ asked, version, actions, published: during });
          swapped ||= version === 2;
        }
      };
      await acting.about("a");
      const clients = Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(client));
      await publishExample({ store, name: "a" });
      published = true;
      await bus.announce(createEvent("cugro.version.published", versionKey("a", 2), "a", {}));
      await clients;
      assert(answers.some(({ version, published }) => version === 1 && published), "the old one served on");
      assertGreater(Math.max(...batches), 1, "nothing was joined");
      for (const version of [1, 2]) {
        const alone = await openPolicy(store, "a", { version, compile: () => Promise.resolve(eager) });
        const some = answers.filter((answer) => answer.version === version).slice(-20);
        assertGreater(some.length, 0);
        for (const { asked, actions } of some) {
          const wanted = (await actOn(alone, asked)).actions.flat();
          actions.flat().forEach((value, i) => assertAlmostEquals(value, wanted[i]!, 1e-5));
        }
        alone.policy.dispose();
      }
      assertEquals(acting.opened().map(({ version }) => version), [2]);
      const old = await acting.act("a", request(rows, { version: 1 }));
      assertEquals(old.version, 1, "an older version can still be asked for");
    });
    await bus.close();
  }));

Deno.test("openActing() says in a sentence why nobody can act", () =>
  withStore(async (store) => {
    const { openPolicy } = quickPolicies();
    await createLearner({ store, name: "empty", seed: 1, preset: "smoke" });
    await publishExample({ store, name: "a" });
    await withActing({ store, openPolicy, pollMs: 10 }, async (acting) => {
      const act = (name: string, over: Partial<ActRequest> = {}) => () =>
        acting.act(name, request([[1, 2, 3]], over));
      await refused(404, 'no learner "nobody"', act("nobody"));
      await refused(409, "no published version", act("empty"));
      await refused(404, "no version 7", act("a", { version: 7 }));
      await refused(422, "known tasks are 1", act("a", { task: 2 }));
      await refused(422, "row 1 has 2", act("a", { observations: [[1, 2, 3], [1, 2]] }));
      await refused(422, "[0][2] does not fit 32 bits", act("a", { observations: [[1, 2, 1e39]] }));
      assertEquals((await act("a")()).actions, [[1, 1]]);
      await store.put(withdrawnKey("a", 1), encodeFact({ schema: 1, version: 1, reason: "worse" }));
      await store.put(headKey("a"), encodeFact({ schema: 1, version: null }));
      while (acting.opened().length > 0) await sleep(5);
      await refused(409, "no published version", act("a"));
      await deleteLearner({ store, name: "a", reason: "test" });
      await refused(404, 'no learner "a"', act("a"));
    });
  }));

Deno.test("openActing() follows the head without a bus, keeps few policies, and ends what it opened", () =>
  withStore(async (store) => {
    const { open, gate, openPolicy } = quickPolicies();
    for (const name of ["a", "b", "c"]) await publishExample({ store, name });
    await withActing({ store, openPolicy, pollMs: 10, maxPolicies: 2 }, async (acting) => {
      const version = async (name: string) => (await acting.act(name, request([[1, 2, 3]]))).version;
      for (const name of ["a", "b", "c"]) assertEquals(await version(name), 1);
      assertEquals(open, ["b@1", "c@1"]);
      await publishExample({ store, name: "b" });
      while (!open.includes("b@2")) await sleep(5);
      assertEquals([open, await version("b")], [["c@1", "b@2"], 2]);
      // A policy that is dropped while it is asked ends after its answer.
      let release = () => {};
      gate.wait = () => new Promise((resolve) => release = resolve);
      const slow = version("c");
      await sleep(20);
      await deleteLearner({ store, name: "c", reason: "test" });
      while (acting.opened().some(({ learner }) => learner === "c")) {
        await sleep(5);
      }
      assert(open.includes("c@1"));
      release();
      assertEquals(await slow, 1);
      gate.wait = () => Promise.resolve();
    });
    assertEquals(open, []);
  }));

Deno.test("openActing() refuses what would wait too long, and says when to come again", () =>
  withStore(async (store) => {
    const { gate, openPolicy } = quickPolicies();
    await publishExample({ store, name: "a" });
    await withActing({ store, openPolicy, maxWaitingRows: 10 }, async (acting) => {
      let release = () => {};
      const opened = new Promise<void>((resolve) => release = resolve);
      gate.wait = () => opened;
      const rows = (count: number) => request(Array.from({ length: count }, () => [1, 2, 3]));
      const first = acting.act("a", rows(40));
      const error = await refused(503, "40 observations wait", () => acting.act("a", rows(1)));
      assertGreater(error.retryAfterSeconds!, 0);
      const gone = new AbortController();
      release();
      assertEquals((await first).actions.length, 40);
      assertEquals((await acting.act("a", rows(10))).actions.length, 10);
      gone.abort(new Error("gone"));
      await assertRejects(() => acting.act("a", rows(1), gone.signal), Error, "gone");
      await acting.close();
      await refused(503, "stopping", () => acting.act("a", rows(1)));
    });
  }));

Deno.test("openActing() asked for many versions at once opens two at a time, and gives up none that serves for long", () =>
  withStore(async (store) => {
    const { open, openPolicy } = quickPolicies();
    for (let version = 1; version <= 6; version++) await publishExample({ store, name: "a" });
    await publishExample({ store, name: "b" });
    let opening = 0, mostOpening = 0, mostOpen = 0;
    const slowly: OpenPolicy = async (parts, warn) => {
      mostOpening = Math.max(mostOpening, ++opening);
      mostOpen = Math.max(mostOpen, open.length + opening);
      await sleep(5);
      opening--;
      return await openPolicy(parts, warn);
    };
    await withActing({ store, openPolicy: slowly, maxPolicies: 4 }, async (acting) => {
      for (const name of ["a", "b"]) await acting.about(name);
      const ask = async (version: number) =>
        (await acting.act("a", request([[1, 2, 3]], { version }))).version;
      assertEquals(await Promise.all([1, 2, 3, 4, 5].map(ask)), [1, 2, 3, 4, 5]);
      assertEquals([mostOpening, mostOpen], [2, 4]);
      assertEquals(open.slice(0, 2), ["a@6", "b@1"]);
    });
  }));
