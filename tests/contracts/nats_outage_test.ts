import { sleep } from "@cugro/async";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { BusUnavailable, type NatsBus, type StoredEvent } from "@cugro/bus";
import { createEvent, type JobKind, sha256 } from "@cugro/protocol";
import { jobMessage, natsTest } from "../fakes/nats_server.ts";

const never = new AbortController().signal;
const kinds: JobKind[] = ["states.sample"];
const event = (n: number) => createEvent("cugro.job.finished", `jobs/${n}`, "walker", { n });

async function until(check: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!check()) {
    assert(performance.now() < deadline, `waited in vain for ${check}`);
    await sleep(5);
  }
}

async function fetchOne(bus: NatsBus, ...from: JobKind[]) {
  const delivery = await bus.fetch(from.length > 0 ? from : kinds, AbortSignal.timeout(20_000));
  assert(delivery, "a delivery was expected");
  return delivery;
}

natsTest("a worker that waits survives a server killed and started again", async (server) => {
  const [worker, coordinator] = [await server.open(), await server.open()];
  const waiting = [fetchOne(worker), fetchOne(worker, "states.train", "states.sample")];
  await sleep(100);
  await server.kill();
  await until(() => !worker.connected());
  const submitting = ["a", "b"].map((name) => coordinator.submit(jobMessage(name)));
  await sleep(300);
  await server.start();
  await Promise.all(submitting);
  const ids = (await Promise.all(waiting)).map(({ message }) => message.jobId);
  assertEquals(ids.sort(), [sha256("a"), sha256("b")].sort());
  assert(worker.connected());
});

natsTest("a job that is held when the server is killed ends with its ack, or comes again", async (server) => {
  const bus = await server.open();
  await bus.submit(jobMessage("a"));
  const delivery = await fetchOne(bus);
  await server.kill();
  delivery.working();
  const acked = delivery.ack();
  await sleep(200);
  await server.start();
  await acked;
  const { waiting, running } = await bus.queueDepth("states.sample");
  assertEquals(running, 0);
  // A server killed before it wrote down whom it gave the job to gives it again; it will be found done.
  if (waiting === 1) {
    const again = await fetchOne(bus);
    assertEquals(again.message.jobId, sha256("a"));
    await again.ack();
  } else assertEquals(waiting, 0);
  assertEquals(await bus.submit(jobMessage("a")), "queued");
});

natsTest("work goes on when JetStream has lost everything", async (server) => {
  const [worker, coordinator] = [await server.open(), await server.open()];
  for (const name of ["a", "b"]) await coordinator.submit(jobMessage(name));
  const held = await fetchOne(worker);
  const received: string[] = [];
  await worker.subscribe("events", ({ id }) => received.push(id));
  await server.kill();
  await server.start({ empty: true });
  await until(() => coordinator.connected() && worker.connected());
  assertEquals(await coordinator.submit(jobMessage("b")), "queued");
  assertEquals(await coordinator.submit(jobMessage("a")), "queued");
  const again = await fetchOne(worker);
  assertEquals([again.message.jobId, again.deliveries], [sha256("b"), 1]);
  // The old hold on job a has the number that job b has now: it must not be taken for its end.
  held.working();
  await held.ack();
  assertEquals(await coordinator.submit(jobMessage("b")), "present");
  await again.ack();
  assertEquals((await fetchOne(worker)).message.jobId, sha256("a"));
  await coordinator.announce(event(1));
  await until(() => received.length > 0);
});

natsTest("streams and consumers that are deleted in mid-run are made again", async (server) => {
  const [worker, coordinator] = [await server.open(), await server.open()];
  for (const name of ["CONSUMER.DELETE.JOBS.states-sample", "STREAM.DELETE.JOBS", "STREAM.DELETE.EVENTS"]) {
    const waiting = fetchOne(worker);
    await sleep(100);
    await server.administer(`$JS.API.${name}`);
    assertEquals(await coordinator.submit(jobMessage(name)), "queued");
    const delivery = await waiting;
    assertEquals(delivery.message.jobId, sha256(name));
    await delivery.ack();
    await coordinator.announce(event(1));
  }
});

natsTest("a server that stands still for six seconds delays, and loses nothing", async (server) => {
  const [worker, coordinator] = [await server.open(), await server.open()];
  const waiting = fetchOne(worker);
  await sleep(50);
  server.signal("SIGSTOP");
  const submitting = coordinator.submit(jobMessage("a"));
  await sleep(6_000);
  server.signal("SIGCONT");
  await submitting;
  const delivery = await waiting;
  assertEquals(delivery.message.jobId, sha256("a"));
  await delivery.ack();
  assertEquals(await coordinator.queueDepth("states.sample"), { waiting: 0, running: 0 });
});

natsTest("an outage that outlasts the patience is reported, and does not end the bus", async (server) => {
  const bus = await server.open({ patienceMs: 400 });
  await bus.submit(jobMessage("held"));
  const held = await fetchOne(bus);
  await server.kill();
  await until(() => !bus.connected());
  const error = await assertRejects(() => bus.submit(jobMessage("a")), BusUnavailable, "0.4 s");
  assert(error.message.includes(sha256("a")), error.message);
  await assertRejects(() => bus.announce(event(1)), BusUnavailable);
  await assertRejects(() => bus.queueDepth("states.sample"), BusUnavailable);
  // These promise nothing, so they do not complain.
  bus.progress({ ...jobMessage("a"), step: 1, steps: 2 });
  bus.hint({ key: "incoming/walker/a" });
  held.working();
  await server.start();
  await until(() => bus.connected());
  assertEquals(await bus.submit(jobMessage("a")), "queued");
});

natsTest("readEvents() survives a server killed, and one that has lost everything", async (server) => {
  const bus = await server.open();
  for (const n of [1, 2]) await bus.announce(event(n));
  const stop = new AbortController();
  const read: StoredEvent[] = [];
  const reading = (async () => {
    for await (const found of bus.readEvents({ afterSequence: 0, signal: stop.signal })) read.push(found);
  })();
  await until(() => read.length === 2);
  await server.kill();
  await server.start();
  await until(() => bus.connected());
  await bus.announce(event(3));
  await until(() => read.length === 3);
  await server.kill();
  await server.start({ empty: true });
  await until(() => bus.connected());
  await bus.announce(event(4));
  await until(() => read.length === 4);
  assertEquals(read.map(({ sequence, event }) => [sequence, event.id]), [
    [1, "jobs/1"],
    [2, "jobs/2"],
    [3, "jobs/3"],
    [1, "jobs/4"],
  ]);
  stop.abort();
  await reading;
});

natsTest(
  "close() ends at once while the server is away, and everything that waits with it",
  async (server) => {
    const bus = await server.open();
    const waiting = bus.fetch(kinds, never);
    const reading = bus.readEvents({ signal: never }).next();
    await sleep(50);
    await server.kill();
    await until(() => !bus.connected());
    const began = performance.now();
    await bus.close();
    assert(performance.now() - began < 4_000);
    assertEquals(await waiting, undefined);
    assertEquals((await reading).done, true);
    assertEquals(await bus.closed, undefined);
    await assertRejects(() => bus.submit(jobMessage("a")), BusUnavailable, "closed");
    await server.start();
  },
);
