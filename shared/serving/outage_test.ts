import { sleep } from "@cugro/async";
import { publishExample } from "../../scripts/lab/experiments/example_learner.ts";
import { assert, assertEquals, assertGreaterOrEqual, assertLess, assertRejects } from "@std/assert";
import { type Store, StoreError } from "@cugro/store";
import { ActError } from "./act_request.ts";
import type { Acting } from "./answer_learners.ts";
import { quickPolicies, withActing, withStore } from "./testing/quick_acting.ts";

const request = { task: 1, seed: 5, observations: [[1, 2, 3]] };

/** A store that can be away: every request to it fails, or is never answered. */
function fragile(store: Store) {
  const state = { away: false as false | "fails" | "hangs" };
  const proxy = new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (state.away === "fails") return Promise.reject(new StoreError("Cannot reach the store"));
        return state.away === "hangs" ? new Promise(() => {}) : value.apply(target, args);
      };
    },
  });
  return { state, store: proxy };
}

async function refused(ask: () => Promise<unknown>): Promise<ActError> {
  const error = await assertRejects(ask, ActError);
  assertEquals([error.status, error.retryAfterSeconds], [503, 5], error.message);
  return error;
}

/** The version that acts, once one does: on a busy machine even opening a policy takes longer than a head may be old. */
async function actInTheEnd(acting: Acting, learner: string): Promise<number> {
  while (true) {
    const answer = await acting.act(learner, request).catch((error) => error);
    if (!(answer instanceof ActError)) return answer.version;
    await sleep(5);
  }
}

/** Waits until a look at the head has failed. */
async function untilStale(acting: Acting, learner: string): Promise<void> {
  while (!acting.known(learner)?.stale) await sleep(5);
}

Deno.test("openActing() keeps what is open while the store fails, and makes it again if it has to", () =>
  withStore(async (real) => {
    const { open, fail, openPolicy } = quickPolicies();
    for (const name of ["a", "b", "c"]) await publishExample({ store: real, name });
    const { store, state } = fragile(real);
    await withActing({ store, openPolicy, pollMs: 10, maxPolicies: 2 }, async (acting) => {
      for (const name of ["a", "b"]) {
        const { version, stale, headAgeSeconds } = await acting.act(name, request);
        assertEquals([version, stale], [1, false]);
        assertLess(headAgeSeconds, 5);
      }
      state.away = "fails";
      await untilStale(acting, "a");
      for (let round = 0; round < 3; round++) {
        await refused(() => acting.act("c", request));
        await refused(() => acting.act("a", { ...request, version: 9 }));
        await refused(() => acting.knows("c"));
      }
      assertEquals(open, ["a@1", "b@1"], "nothing had to go for what cannot be opened");
      fail("a@1");
      const again = await acting.act("a", request);
      assertEquals([again.version, again.stale], [1, true]);
      assertEquals(await acting.knows("a"), true);
      state.away = false;
      while (acting.known("a")!.stale) await sleep(5);
      assertEquals((await acting.act("c", request)).version, 1);
    });
  }));

Deno.test("openActing() lets nobody wait for a store that hangs, and all in line are refused with the first", () =>
  withStore(async (real) => {
    const { openPolicy } = quickPolicies();
    for (const name of ["a", "b"]) await publishExample({ store: real, name });
    const { store, state } = fragile(real);
    await withActing({ store, openPolicy, pollMs: 10 }, async (acting) => {
      await acting.about("a");
      state.away = "hangs";
      const began = performance.now();
      const closed = Array.from({ length: 8 }, (_, i) => refused(() => acting.act(`b${i}`, request)));
      for (let n = 0; n < 20; n++) assertEquals((await acting.act("a", request)).version, 1);
      assertLess(performance.now() - began, 2_900, "what is open does not wait until a look has failed");
      await Promise.all(closed);
      assertLess(performance.now() - began, 10_000, "the line is refused as a whole");
    });
  }));

Deno.test("openActing() answers by an old head as long as it is told to, and again when the store is back", () =>
  withStore(async (real) => {
    const { openPolicy } = quickPolicies();
    await publishExample({ store: real, name: "a" });
    const { store, state } = fragile(real);
    const old = async (maxStaleMs: number) => {
      await withActing({ store, openPolicy, pollMs: 10, maxStaleMs }, async (acting) => {
        assertEquals(await actInTheEnd(acting, "a"), 1);
        state.away = "fails";
        await untilStale(acting, "a");
        await sleep(300);
        if (maxStaleMs === 0) {
          const { stale, headAgeSeconds } = await acting.act("a", request);
          assert(stale);
          assertGreaterOrEqual(headAgeSeconds, 0.3);
        } else {
          const { message } = await refused(() => acting.act("a", request));
          assert(message.includes("CUGRO_ACT_STALE_SECONDS"), message);
        }
        state.away = false;
        assertEquals(await actInTheEnd(acting, "a"), 1);
      });
    };
    await old(250);
    await old(0);
  }));
