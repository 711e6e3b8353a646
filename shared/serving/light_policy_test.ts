import { publishExample } from "../../scripts/lab/experiments/example_learner.ts";
import { assert, assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { eager } from "@cugro/algorithm";
import { createEmbeddedBus } from "@cugro/bus";
import { createRng } from "@cugro/algorithm/numerics";
import { type ActRequest, createEvent, versionKey, type WayOfActing } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { ActError } from "./act_request.ts";
import type { Acting } from "./answer_learners.ts";
import { createInferenceThreads } from "./inference_threads.ts";
import { actOn, openPolicy } from "./open_policy.ts";
import { createPolicyOpener } from "./open_ways.ts";
import type { Answered } from "./testing/act_alone.ts";
import { withActing, withStore } from "./testing/quick_acting.ts";

const rowsOf = (count: number, seed = 1) => {
  const numbers = createRng(seed, "rows").normals(count * 3);
  return Array.from({ length: count }, (_, i) => [...numbers.subarray(3 * i, 3 * i + 3)]);
};
const request = (count: number, over: Partial<ActRequest> = {}): ActRequest => ({
  ...{ task: 1, seed: 5, observations: rowsOf(count) },
  ...over,
});

/** What a version answers alone, in this thread; without a compiler unless it samples. */
async function alone(store: Store, learner: string, asked: ActRequest) {
  const compile = () =>
    asked.acting === "sampler" ? Promise.resolve(eager) : Promise.reject(new Error("tensors were opened"));
  const served = await openPolicy(store, learner, { version: asked.version, acting: asked.acting, compile });
  try {
    return await actOn(served, asked);
  } finally {
    served.policy.dispose();
  }
}

const openedOf = (acting: Acting) =>
  acting.opened().map(({ learner, version, opened }) => `${learner}@${version} ${opened}`).sort();

Deno.test("a version is served by its way with the bytes that it gives alone, in this thread or in others", () =>
  withStore(async (store) => {
    for (const way of ["actor", "proposer"] as const) {
      await publishExample({ store, name: way, acting: [way] });
      await withActing({ store }, async (acting) => {
        for (const count of [1, 2, 16, 17, 300]) {
          const asked = request(count);
          const { acting: actedBy, actions } = await acting.act(way, asked);
          assertEquals(
            [actedBy, actions],
            [way, (await alone(store, way, asked)).actions],
            `${way} ${count}`,
          );
        }
        assertEquals(openedOf(acting), [`${way}@1 ${way}`], "nothing else was opened");
      });
    }
  }));

Deno.test("a request for another way opens it beside the way that serves; what a version lacks is refused", () =>
  withStore(async (store) => {
    await publishExample({ store, name: "a" });
    await publishExample({ store, name: "a", acting: ["actor"] });
    await withActing({ store }, async (acting) => {
      for (const way of ["sampler", "proposer", "actor"] as const) {
        const asked = request(1, { acting: way });
        const { version, acting: actedBy, actions } = await acting.act("a", asked);
        assertEquals([version, actedBy], [2, way]);
        const wanted = (await alone(store, "a", asked)).actions[0]!;
        assert(actions[0]!.every((value, i) => Math.abs(value - wanted[i]!) < 1e-5), `${actions} ${wanted}`);
      }
      assertEquals(openedOf(acting), ["a@2 actor", "a@2 proposer", "a@2 sampler"]);
      const old = await assertRejects(
        () => acting.act("a", request(1, { version: 1, acting: "actor" })),
        ActError,
        "version 1 has no actor; it acts by sampler",
      );
      assertEquals([old.status, old.field], [422, "acting"]);
    });
    const missing = () => alone(store, "a", request(1, { version: 1, acting: "proposer" }));
    assertStringIncludes((await assertRejects(missing, ActError)).message, "has no proposer");
  }));

Deno.test("each task is acted in by its own way; a version that samples one task is opened for all ways", () =>
  withStore(async (store) => {
    const ways: WayOfActing[] = ["sampler", "proposer", "actor"];
    for (let task = 1; task <= 3; task++) await publishExample({ store, name: "a", acting: ways });
    await withActing({ store }, async (acting) => {
      const answers = await Promise.all([1, 2, 3].map((task) => acting.act("a", request(2, { task }))));
      assertEquals(answers.map(({ acting }) => acting), ways);
      const other = await acting.act("a", request(2, { task: 1, acting: "actor" }));
      assertNotEquals(other.actions, answers[0]!.actions);
      assertEquals(openedOf(acting), ["a@3 sampler,proposer,actor"]);
      for (const task of [2, 3]) {
        const { actions } = await alone(store, "a", request(2, { task, acting: ways[task - 1]! }));
        assertEquals(actions, answers[task - 1]!.actions);
      }
    });
  }));

Deno.test("a new version takes the place of one that acted another way, and nobody is left without an answer", () =>
  withStore(async (store) => {
    await publishExample({ store, name: "a", acting: ["proposer"] });
    const bus = createEmbeddedBus();
    await withActing({ store, bus, pollMs: 3_600_000 }, async (acting) => {
      const seen: string[] = [];
      let last = 1;
      const client = async (count: number) => {
        while (last < 3) {
          const asked = request(count);
          const { version, acting: way, actions } = await acting.act("a", asked);
          assertEquals(actions.length, count);
          if (version > last) {
            assertEquals(actions, (await alone(store, "a", { ...asked, version, acting: way })).actions);
          }
          if (!seen.includes(`${version} ${way}`)) seen.push(`${version} ${way}`);
          last = Math.max(last, version);
        }
      };
      await acting.about("a");
      const clients = Promise.all([1, 3, 40].map(client));
      for (const [version, way] of [[2, "actor"], [3, "proposer"]] as const) {
        await publishExample({ store, name: "a", acting: [way] });
        await bus.announce(createEvent("cugro.version.published", versionKey("a", version), "a", {}));
        while (last < version) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await clients;
      assertEquals(seen, ["1 proposer", "2 actor", "3 proposer"]);
      assertEquals(openedOf(acting), ["a@3 proposer"]);
    });
    await bus.close();
  }));

Deno.test("thousands of rows keep nobody waiting, of the same policy or of another", () =>
  withStore(async (store) => {
    for (const name of ["a", "b"]) await publishExample({ store, name, acting: ["proposer"] });
    await withActing({ store, maxWaitingRows: 10_000 }, async (acting) => {
      for (const name of ["a", "b"]) await acting.about(name);
      let isDone = false;
      const long = acting.act("a", request(4096)).finally(() => isDone = true);
      const others = ["a", "b", "a", "b"].map((name, i) => acting.act(name, request(4, { seed: i })));
      await Promise.all(others);
      assertEquals(isDone, false, "they had to wait");
      assertEquals((await long).actions.length, 4096);
    });
  }));

Deno.test("when a thread ends, those who wait for it are told to try again, and another takes its place", () =>
  withStore(async (store) => {
    await publishExample({ store, name: "a", acting: ["proposer"] });
    const threads = createInferenceThreads(2);
    await withActing({ store, openPolicy: createPolicyOpener(threads).open }, async (acting) => {
      await acting.about("a");
      const long = acting.act("a", request(2_000)).catch((error) => error);
      await acting.act("a", request(3));
      threads.close();
      const error = await long;
      assert(error instanceof ActError, `${error}`);
      assertEquals([error.status, error.retryAfterSeconds], [503, 1]);
      const asked = request(100);
      assertEquals(
        (await acting.act("a", asked)).actions,
        (await alone(store, "a", asked)).actions,
        "two threads share the rows",
      );
    });
    threads.close();
  }));

Deno.test({
  name: "a process that acts by actor and proposer loads no tensor library; one that samples does",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withStore(async (store, root) => {
      await publishExample({ store, name: "a", acting: ["actor"] });
      const script = new URL("./testing/act_alone.ts", import.meta.url).pathname;
      const ask = async (...ways: string[]) => {
        const args = ["run", "-A", "--no-check", script, root, ...ways.map((way) => `a:${way}`)];
        const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
        const text = new TextDecoder().decode(stdout);
        assert(text !== "", new TextDecoder().decode(stderr));
        return JSON.parse(text) as Answered[];
      };
      const [actor, proposer, sampler] = await ask("actor", "proposer", "sampler");
      assertEquals([actor!.tensors, proposer!.tensors], [[], []]);
      assert(sampler!.tensors.some((file) => file.includes("tensorflow")), "it is found where it is");
      assert(sampler!.rssBytes - proposer!.rssBytes > 30e6, "and takes memory");
    }),
});
