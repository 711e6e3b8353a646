import { sleep } from "@cugro/async";
import { assert, assertEquals, assertGreater, assertLess, assertStringIncludes } from "@std/assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBackend } from "@cugro/tensors";
import { publishExample } from "../../scripts/lab/experiments/example_learner.ts";
import { type Cluster, openClusterStore, startCluster } from "../../scripts/cluster/cluster.ts";
import { freePort } from "../../scripts/cluster/servers.ts";
import { SERVICE_NAMES } from "../../services/services.ts";
import type { Store } from "@cugro/store";
import { actOnce, type Asked, startActing } from "./acting/acting_client.ts";
import { type ActingProcess, startServe } from "./acting/acting_process.ts";
import type { ServerRole } from "./campaign/cluster/cluster_schedule.ts";
import { strike } from "./campaign/cluster/strike.ts";
import { quantile } from "./campaign/figures.ts";
import { type Cable, startCable } from "./campaign/proxy.ts";

const BODY = { task: 1, observations: [[1, 2, 3]] };
/** What a robot would wait for, on a machine that has other work. */
const DEADLINE_MS = 2_000;

interface World {
  cluster: Cluster;
  store: Store;
  /** Both processes reach the store by this one. */
  cable: Cable;
  gateway: ActingProcess;
  serve: ActingProcess;
}

/** A local cluster of which only the gateway is started, and `cugro serve` beside it. */
async function withWorld(test: (world: World) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "cugro-acting-"));
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true })];
  try {
    const s3Port = await freePort();
    const cable = await startCable(s3Port);
    undo.push(() => cable.close());
    const nobody = Object.fromEntries(SERVICE_NAMES.map((name) => [name, 0]));
    const [cluster] = await Promise.all([
      startCluster({
        folder,
        processes: { ...nobody, gateway: 1 },
        ports: { s3: { port: s3Port, by: "the test" } },
        environment: {
          CUGRO_LOG: "warn",
          CUGRO_S3_ENDPOINT: `http://127.0.0.1:${cable.port}`,
          // Consumers are made with it, else no service would take them.
          CUGRO_ACK_WAIT_SECONDS: "20",
        },
      }),
      openBackend(),
    ]);
    undo.push(() => cluster.stop());
    const store = await openClusterStore(cluster);
    undo.push(() => store.close());
    for (const name of ["a", "closed"]) await publishExample({ store, name });
    const serve = await startServe({
      learner: "a",
      port: await freePort(),
      environment: cluster.environment,
    });
    undo.push(() => serve.stop());
    const gateway = { url: cluster.gatewayUrl!, token: cluster.adminToken };
    await test({ cluster, store, cable, gateway, serve });
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
  assertGreater(asked.length, 4);
  assertEquals(asked.filter(({ status }) => status !== 200), [], `${what}: all are answered`);
  return asked;
}

async function readiness({ url }: ActingProcess) {
  const [ready, health] = await Promise.all([fetch(`${url}/readyz`), fetch(`${url}/healthz`)]);
  await health.body?.cancel();
  return { ready: ready.status, health: health.status, ...await ready.json() };
}

async function until<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; await sleep(50)) {
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
  assertLess(performance.now() - began, 8_000, "a store that hangs holds up no request");
}

Deno.test("open policies act through every outage of store and bus, and follow the head after it", () =>
  withWorld(async (world) => {
    const { cluster, store, cable, gateway, serve } = world;
    const act = (one: ActingProcess) => actOnce({ ...learnerOf(one, "a"), body: BODY, deadlineMs: 60_000 });
    for (const one of [gateway, serve]) {
      const { status, version, headAgeSeconds, stale } = await act(one);
      assertEquals([status, version, stale], [200, 1, false]);
      assertLess(headAgeSeconds, 60);
    }
    const both: ServerRole[] = ["bus", "store"];
    await actDuring("store and bus killed", world, async () => {
      await strike({ kind: "kill", servers: both }, cluster);
      await strike({ kind: "second-cluster" }, cluster);
    });
    await actDuring("store and bus gone", world, async () => {
      await Promise.all(cluster.servers.map((server) => server.stop()));
      const { ready, health, status } = await until("the outage is seen", async () => {
        const seen = await readiness(gateway);
        return seen.dependencies.store !== "ok" && seen.dependencies.bus !== "ok" && seen;
      });
      assertEquals([ready, health, status], [200, 200, "degraded"]);
      await refuseWhatIsClosed(world);
      for (const server of cluster.servers) server.start();
      for (const server of cluster.servers) await until("it is back", () => server.isReady());
    });
    const asked = await actDuring("store and bus stopped", world, async () => {
      const stopped = strike({ kind: "stop", servers: both, ms: 4_500 }, cluster);
      await refuseWhatIsClosed(world);
      await stopped;
    });
    assert(asked.some(({ stale, headAgeSeconds }) => stale && headAgeSeconds >= 3), "it is marked as stale");
    // The next version is published where these two cannot see it.
    await actDuring("cut from the store", world, async () => {
      cable.hold();
      await publishExample({ store, name: "a" });
      for (const one of [gateway, serve]) {
        await until("it is stale", async () => (await act(one)).stale);
        assertEquals([(await act(one)).version, (await readiness(one)).status], [1, "degraded"]);
      }
      cable.mend();
    });
    for (const one of [gateway, serve]) {
      await until("version 2 acts", async () => {
        const { version, stale } = await act(one);
        return version === 2 && !stale;
      });
      await until("it is ready", async () => (await readiness(one)).status === "ready");
    }
  }));
