import { sleep } from "@cugro/async";
import { assert, assertEquals, assertGreater, assertRejects, assertStringIncludes } from "@std/assert";
import { createLog } from "@cugro/telemetry";
import { ActError } from "./act_request.ts";
import type { PolicyParts } from "./policy_parts.ts";
import { createPolicyPool, type PolicyPool } from "./policy_pool.ts";

const pause = () => sleep(1);

/** A pool of policies that open and end slowly; `seen` counts threads, those that open and end included. */
function slowPool(maxPolicies: number, maxBytes = Infinity) {
  const seen = { opening: 0, mostOpening: 0, threads: 0, mostThreads: 0, order: [] as string[] };
  const open = new Set<string>();
  const pool = createPolicyPool({
    log: createLog({ level: "silent" }),
    ...{ maxPolicies, maxBytes },
    windowMs: 0,
    async openPolicy({ learner, version }) {
      const name = `${learner}@${version}`;
      seen.order.push(name);
      seen.mostOpening = Math.max(seen.mostOpening, ++seen.opening);
      seen.mostThreads = Math.max(seen.mostThreads, ++seen.threads);
      await pause();
      seen.opening--;
      open.add(name);
      return {
        act: () => Promise.resolve(new Float32Array()),
        forget: () => {},
        isOpen: () => open.has(name),
        async close() {
          open.delete(name);
          await pause();
          seen.threads--;
        },
      };
    },
  });
  return { pool, seen, open };
}

const partsOf = (learner: string, version: number): PolicyParts => ({
  ...{ learner, version, tasks: [], stateDim: 1, actionDim: 1, states: new Map() },
  ...{ ways: ["sampler"], opened: ["sampler"], actingByTask: new Map() },
  // cast: what weights are is the policy's own affair, and these policies have none.
  input: {} as PolicyParts["input"],
});
const read = (learner: string, version = 1) => () => Promise.resolve(partsOf(learner, version));

/** Asks, and works for a while with what it is given; the policy must be open all the while. */
async function ask(
  pool: PolicyPool,
  learner: string,
  version?: number,
  work: () => Promise<unknown> = pause,
) {
  return await pool.use(pool.find(learner, version), read(learner, version), async ({ facts, policy }) => {
    assert(policy.isOpen(), `${learner} is given a policy that has ended`);
    await work();
    assert(policy.isOpen(), `${learner}'s policy was closed under it`);
    return facts.version;
  });
}

Deno.test("a pool opens two policies at a time, in order of arrival, and never has more than its limit", async () => {
  const { pool, seen } = slowPool(3);
  const names = Array.from({ length: 16 }, (_, i) => `learner${i}`);
  const versions = await Promise.all([...names, ...names].map((name) => ask(pool, name)));
  assertEquals(versions, Array(32).fill(1));
  assertEquals(seen.order, names.map((name) => `${name}@1`), "each once, in order");
  assertEquals([seen.mostOpening, seen.mostThreads], [2, 3]);
  await pool.clear();
  assertEquals(seen.threads, 0);
});

Deno.test("a pool tells those who would wait too long when to come again; versions by number get half of the line", async () => {
  const { pool, seen } = slowPool(3);
  const versions = Array.from({ length: 100 }, (_, i) => ask(pool, "a", i + 1).catch((error) => error));
  const serving = Array.from({ length: 40 }, (_, i) => ask(pool, `b${i}`).catch((error) => error));
  const refusedOf = async (asked: Promise<unknown>[]) => {
    const refused = (await Promise.all(asked)).filter((answer) => answer instanceof ActError);
    for (const { status, retryAfterSeconds, message } of refused) {
      assertEquals(status, 503);
      assertGreater(retryAfterSeconds!, 0);
      assertStringIncludes(message, "wait to be opened");
    }
    return refused.length;
  };
  assertEquals([await refusedOf(versions), await refusedOf(serving)], [90, 32]);
  assertEquals([seen.mostOpening, seen.mostThreads], [2, 3]);
  assertEquals(await ask(pool, "b39"), 1, "later it is served");
  await pool.clear();
});

Deno.test("a pool gives up versions asked for by number before those that serve, the longest unused first", async () => {
  const { pool, open } = slowPool(4);
  for (const name of ["a", "b"]) await ask(pool, name);
  for (let version = 2; version < 12; version++) await ask(pool, "a", version);
  assertEquals([...open], ["a@1", "b@1", "a@10", "a@11"]);
  await ask(pool, "a");
  for (const name of ["c", "d", "e"]) await ask(pool, name);
  assertEquals([...open], ["a@1", "c@1", "d@1", "e@1"]);
  await pool.clear();
});

Deno.test("a pool that is full of busy policies opens the next one when one of them has answered", async () => {
  const { pool, seen, open } = slowPool(1);
  const answer = Promise.withResolvers<void>();
  const busy = ask(pool, "a", 1, () => answer.promise);
  while (!open.has("a@1")) await pause();
  const next = ask(pool, "b");
  for (let i = 0; i < 20; i++) await pause();
  assertEquals([...open], ["a@1"], "it is not closed under the request");
  answer.resolve();
  assertEquals([await busy, await next, seen.mostThreads], [1, 1, 1]);
  await pool.clear();
});

Deno.test("a pool swaps policies beside others that open, and survives openings that fail", async () => {
  const { pool, seen, open } = slowPool(2);
  for (const name of ["a", "b"]) await ask(pool, name);
  const serving = pool.find("a", undefined);
  const failing = pool.use(pool.find("x", undefined), () => Promise.reject(new Error("gone")), pause);
  await Promise.all([
    assertRejects(() => failing, Error, "gone"),
    pool.swap(serving, partsOf("a", 2)),
    ask(pool, "b"),
  ]);
  assertEquals([[...open], pool.slots().length], [["b@1", "a@2"], 2], "nothing had to go for what failed");
  assertEquals([await ask(pool, "c"), seen.mostThreads], [1, 3]);
  await pool.clear();
  assertEquals(seen.threads, 0);
});

/** Parts of a policy that acts by an actor of `bytes` bytes. */
const light = (learner: string, bytes: number) => (): Promise<PolicyParts> => {
  const actor = { kernel: { shape: [bytes / 4], data: new Float32Array(bytes / 4) } };
  const parts = partsOf(learner, 1);
  return Promise.resolve({ ...parts, opened: ["actor"], input: { ...parts.input, actor } });
};

Deno.test("a pool holds as many policies that do not sample as there is memory for, and one that is larger alone", async () => {
  const { pool, seen, open } = slowPool(1, 1_000);
  const use = (learner: string, bytes: number, work = pause) =>
    pool.use(pool.find(learner, undefined), light(learner, bytes), work);
  const names = Array.from({ length: 10 }, (_, i) => `a${i}`);
  await Promise.all(names.map((name) => use(name, 100)));
  assertEquals([...open].sort(), names.map((name) => `${name}@1`), "more than may sample");
  assertEquals(seen.mostOpening, 2);
  await use("b", 300);
  assertEquals([...open], [...names.slice(3).map((name) => `${name}@1`), "b@1"], "as many go as have to");
  await use("c", 5_000);
  assertEquals([...open], ["c@1"]);
  await use("b", 300);
  assertEquals([...open], ["b@1"]);
  await pool.clear();
  assertEquals(seen.threads, 0);
});

Deno.test("policies that do not sample do not wait for those that do, and one that samples takes the place of one alone", async () => {
  const { pool, open } = slowPool(1, 200e6);
  const answer = Promise.withResolvers<void>();
  const busy = ask(pool, "a", 1, () => answer.promise);
  while (!open.has("a@1")) await pause();
  const next = ask(pool, "b");
  for (const name of ["c", "d", "e"]) {
    assertEquals(
      await pool.use(pool.find(name, undefined), light(name, 40), () => Promise.resolve(name)),
      name,
    );
  }
  assertEquals([...open], ["a@1", "c@1", "d@1", "e@1"]);
  answer.resolve();
  assertEquals([await busy, await next], [1, 1]);
  assertEquals([...open], ["c@1", "d@1", "e@1", "b@1"]);
  await pool.clear();
});
