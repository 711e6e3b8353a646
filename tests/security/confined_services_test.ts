/**
 * A dataset becomes a version while every service holds only its own rights: the real gateway's and coordinator's
 * code, real workers with stub work, real servers with the committed users and policies. A right that is missing in
 * the table of rights stops this test.
 */
import { sleep } from "@cugro/async";
import { assert, assertEquals } from "@std/assert";
import { collectGarbage, runCoordinator } from "@cugro/coordinator";
import { addUploaded, createLearner, learnerStatus, loadFacts, rollback } from "@cugro/learners";
import { createLog } from "@cugro/telemetry";
import type { NatsBus } from "@cugro/bus";
import { runWorker } from "@cugro/worker";
import type { Store } from "@cugro/store";
import { incomingKey, kindsOfService } from "@cugro/protocol";
import type { ServiceName } from "../../services/services.ts";
import { createStubHandlers } from "../../scripts/lab/experiments/stub_service.ts";
import { ALL_SERVICES, type Confined, prepareBucket, startConfined } from "./confined.ts";

const NAME = "walker";
const WORKERS = ALL_SERVICES.filter((service) => service !== "gateway" && service !== "coordinator");
const bytesOf = (text: string) => new TextEncoder().encode(text);

interface Seams {
  bus: NatsBus;
  store: Store;
}

async function openAll(servers: Confined): Promise<Map<ServiceName, Seams>> {
  const seams = new Map<ServiceName, Seams>();
  for (
    const service of [
      "coordinator",
      ...ALL_SERVICES.filter((one) => one !== "coordinator"),
    ] as ServiceName[]
  ) {
    const bus = await servers.openBus(service, service === "coordinator" ? "create" : "verify");
    seams.set(service, { bus, store: await servers.openStoreOf(service) });
  }
  return seams;
}

/** Coordinator and workers, until `signal`; each fault that is logged is kept. */
function startServices(
  seams: Map<ServiceName, Seams>,
  signal: AbortSignal,
  faults: string[],
): Promise<unknown> {
  const log = createLog({ level: "warn", write: (line: string) => void faults.push(line) });
  const onError = (_: unknown, error: unknown) => void faults.push(String(error));
  const handlers = createStubHandlers({ steps: 8, stepMs: 0 });
  return Promise.all([
    // No look at everything within the test: only news wakes it.
    runCoordinator({ ...seams.get("coordinator")!, signal, onError, intervalMs: 3_600_000 }),
    ...WORKERS.map((service) => {
      const kinds = kindsOfService(service);
      // A checkpoint after every other step, so that checkpoints are written and removed as well.
      return runWorker({
        ...seams.get(service)!,
        handlers,
        kinds,
        profile: { backend: "stub" },
        signal,
        checkpointSteps: 2,
        log,
      });
    }),
  ]);
}

async function untilVersions(store: Store, count: number, faults: string[]): Promise<void> {
  const deadline = performance.now() + 60_000;
  while ((await loadFacts(store, NAME)).versions.length < count) {
    if (performance.now() > deadline) {
      throw new Error(`No version ${count} within 60 s: ${faults.join("\n")}`);
    }
    await sleep(200);
  }
}

async function* pieces(text: string) {
  await Promise.resolve();
  yield bytesOf(text);
}

Deno.test("datasets become versions while every service holds only its own rights", async () => {
  const servers = await startConfined();
  const root = await openRoot(servers);
  const seams = await openAll(servers);
  const gateway = seams.get("gateway")!;
  const stop = new AbortController();
  const faults: string[] = [];
  await createLearner({
    store: gateway.store,
    name: NAME,
    seed: 1,
    preset: "smoke",
    overrides: { shardsPerTask: 2 },
  });
  const running = startServices(seams, stop.signal, faults);

  // Handed in over HTTP: a streamed upload, an arrival, a hint.
  const { arrival } = await addUploaded({
    store: gateway.store,
    learner: NAME,
    fileName: "one.hdf5",
    body: pieces("first"),
  });
  gateway.bus.hint({ key: arrival.key });
  await untilVersions(gateway.store, 1, faults);

  // Dropped into the bucket by somebody with an S3 client: MinIO's own user tells NATS.
  await root.put(incomingKey(NAME, "two.hdf5"), bytesOf("second"));
  await untilVersions(gateway.store, 2, faults);

  await rollback({ store: gateway.store, name: NAME, version: 1 });
  const status = await learnerStatus(gateway.store, NAME);
  assertEquals(status.tasks.length, 2);
  assert((await gateway.bus.queueDepth("states.sample")).running >= 0);
  const received = await firstEvents(gateway.bus, 3);
  assert(
    received.includes("cugro.job.finished") || received.includes("cugro.task.accepted"),
    received.join(),
  );
  const swept = await collectGarbage({
    store: seams.get("coordinator")!.store,
    graceHours: 0,
    now: Date.now() + 60_000,
  });
  assert(swept.removed.length > 0, "garbage collection may remove");

  stop.abort();
  await running;
  assertEquals(faults, []);
  for (const { bus, store } of seams.values()) {
    await bus.close();
    await store.close();
  }
  await root.close();
  await servers.stop();
});

/** Streams first: MinIO's notifications are refused as long as nobody keeps them. */
async function openRoot(servers: Confined): Promise<Store> {
  const bus = await servers.openBus("coordinator", "create");
  await bus.close();
  await prepareBucket(servers);
  return await servers.openRootStore();
}

/** Types of the oldest events in the journal, as a listener that comes back reads them. */
async function firstEvents(bus: NatsBus, count: number): Promise<string[]> {
  const enough = new AbortController();
  const types: string[] = [];
  for await (const { event } of bus.readEvents({ afterSequence: 0, signal: enough.signal })) {
    types.push(event.type);
    if (types.length === count) enough.abort();
  }
  return types;
}
