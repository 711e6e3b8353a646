import { sleep } from "@cugro/async";
import { assert, assertEquals, assertGreater, assertLess, assertStringIncludes } from "@std/assert";
import { rm } from "node:fs/promises";
import { openBackend } from "@cugro/tensors";
import { publishExample } from "../../scripts/lab/experiments/example_learner.ts";
import { freePort } from "../../scripts/cluster/servers.ts";
import { actOnce, type Asked, startActing } from "./acting/acting_client.ts";
import { type ActingProcess, startGateway, startServe } from "./acting/acting_process.ts";
import { quantile } from "./campaign/figures.ts";
import { makeMemoryFolder } from "./campaign/memory_folder.ts";
import { type Cable, startCable } from "./campaign/proxy.ts";
import { type Servers, startServers } from "./campaign/servers.ts";

const BODY = { task: 1, observations: [[1, 2, 3]] };
/** What a robot would wait for, on a machine that has other work. */
const DEADLINE_MS = 2_000;

interface World {
  servers: Servers;
  /** Both processes reach the store by this one. */
  cable: Cable;
  gateway: ActingProcess;
  serve: ActingProcess;
}

async function withWorld(test: (world: World) => Promise<void>): Promise<void> {
  const folder = await makeMemoryFolder();
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true })];
  try {
    const servers = await startServers({ folder, kind: "s3", small: false });
    undo.push(() => servers.close());
    await openBackend();
    for (const name of ["a", "closed"]) await publishExample({ store: servers.store, name });
    const cable = await startCable(servers.s3Port!);
    undo.push(() => cable.close());
    const environment = { ...servers.environment({ s3: cable.port }), CUGRO_LOG: "warn" };
    const [gateway, serve] = await Promise.all([
      startGateway({ port: await freePort(), environment }),
      startServe({ learner: "a", port: await freePort(), environment }),
    ]);
    undo.push(() => Promise.all([gateway.stop(), serve.stop()]));
    await test({ servers, cable, gateway, serve });
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

const learnerOf = ({ url, token }: ActingProcess, learner: string) => ({
  url: `${url}/v1/learners/${learner}`,
  ...(token === undefined ? {} : { token }),
});

/** Both act all the while; every request must be answered. */
async function actDuring(
  what: string,
  { gateway, serve }: World,
  outage: () => Promise<unknown>,
): Promise<readonly Asked[]> {
  const clients = [gateway, serve].map((one) =>
    startActing({ ...learnerOf(one, "a"), body: BODY, everyMs: 40, deadlineMs: DEADLINE_MS })
  );
  await outage();
  const asked = (await Promise.all(clients.map((client) => client.stop()))).flat();
  const times = asked.map(({ ms }) => ms);
  const [p50, p99] = [0.5, 0.99].map((q) => `${Math.round(quantile(times, q))} ms`);
  console.log(`${what}: ${asked.length} requests, p50 ${p50}, p99 ${p99}`);
  assertGreater(asked.length, 20);
  assertEquals(asked.filter(({ status }) => status !== 200), [], `${what}: all are answered`);
  return asked;
}

async function readiness({ url }: ActingProcess) {
  const [ready, health] = await Promise.all([fetch(`${url}/readyz`), fetch(`${url}/healthz`)]);
  await health.body?.cancel();
  return { ready: ready.status, health: health.status, ...await ready.json() };
}

async function until<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  for (const deadline = performance.now() + 20_000; performance.now() < deadline; await sleep(50)) {
    const found = await ask();
    if (found) return found;
  }
  throw new Error(`It did not come about that ${what}`);
}

/** Whose policy is not open: refused soon, and told when to come again. */
async function refuseWhatIsClosed({ gateway }: World): Promise<void> {
  const { url, token } = learnerOf(gateway, "closed");
  const began = performance.now();
  const answer = await fetch(`${url}/act`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(BODY),
  });
  assertEquals([answer.status, answer.headers.get("retry-after")], [503, "5"]);
  assertStringIncludes((await answer.json()).detail, "The store cannot be reached");
  assertLess(performance.now() - began, 8_000, "nobody waits for a store that hangs");
}

Deno.test("open policies act through every outage of store and bus, and follow the head after it", () =>
  withWorld(async (world) => {
    const { servers, cable, gateway, serve } = world;
    const act = (one: ActingProcess) => actOnce({ ...learnerOf(one, "a"), body: BODY, deadlineMs: 60_000 });
    for (const one of [gateway, serve]) {
      const { status, version, headAgeSeconds, stale } = await act(one);
      assertEquals([status, version, stale], [200, 1, false], one.output());
      assertLess(headAgeSeconds, 10);
    }
    await actDuring("store and bus killed", world, async () => {
      const killed = Promise.all([servers.killBus(1_000), servers.killStore(1_000)]);
      await sleep(500);
      const { ready, health, status, dependencies } = await readiness(gateway);
      assertEquals([ready, health, status], [200, 200, "degraded"]);
      assert(dependencies.store !== "ok" && dependencies.bus !== "ok", JSON.stringify(dependencies));
      await refuseWhatIsClosed(world);
      await killed;
    });
    const asked = await actDuring("store and bus stopped", world, async () => {
      const stopped = Promise.all([servers.freezeBus(4_500), servers.freezeStore(4_500)]);
      await refuseWhatIsClosed(world);
      await stopped;
    });
    assert(
      asked.some(({ stale, headAgeSeconds }) => stale && headAgeSeconds >= 3),
      "it is said that it is stale",
    );
    // The next version is published where these two cannot see it.
    await actDuring("cut from the store", world, async () => {
      cable.hold();
      await publishExample({ store: servers.store, name: "a" });
      for (const one of [gateway, serve]) {
        await until("it is stale", async () => (await act(one)).stale);
        assertEquals([(await act(one)).version, (await readiness(one)).status], [1, "degraded"]);
      }
      cable.mend();
    });
    for (const one of [gateway, serve]) {
      const { stale } = await until("version 2 acts", async () => {
        const asked = await act(one);
        return asked.version === 2 && asked;
      });
      assertEquals(stale, false);
      await until("it is ready", async () => (await readiness(one)).status === "ready");
    }
  }));
