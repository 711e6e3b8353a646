/**
 * What every bus must do. Each implementation runs all of it: `busContract("embedded", open)`.
 * @module
 */
import { sleep } from "@cugro/async";
import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import type { Bus, Delivery, IncomingHint, JobMessage } from "@cugro/bus";
import { type CloudEvent, createEvent, type JobKind, type ProgressMessage, sha256 } from "@cugro/protocol";

/** An opened bus, empty. `connect` opens another client of it. */
export interface OpenedBus {
  bus: Bus;
  connect(): Promise<Bus>;
  /** Of its queue; short, so that the tests can wait for it. */
  ackWaitMs: number;
  dispose(): Promise<void>;
}

const never = new AbortController().signal;
const message = (name: string, kind: JobKind = "states.sample"): JobMessage => ({
  jobId: sha256(name),
  kind,
  learner: "walker",
});

/** Waits until `check` holds, however slow the machine is; fails after 10 s. */
async function eventually(check: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!check()) {
    assert(performance.now() < deadline, `waited 10 s in vain for ${check}`);
    await sleep(5);
  }
}

/** The next delivery, or undefined when none came within `ms`. */
async function fetchWithin(
  bus: Bus,
  ms: number,
  kinds: JobKind[] = ["states.sample"],
): Promise<Delivery | undefined> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), ms);
  try {
    return await bus.fetch(kinds, stop.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function fetchNow(bus: Bus, kinds: JobKind[] = ["states.sample"]): Promise<Delivery> {
  const delivery = await fetchWithin(bus, 10_000, kinds);
  assert(delivery, "a delivery was expected");
  return delivery;
}

/** Registers the tests of the contract under `name`. */
export function busContract(name: string, open: () => Promise<OpenedBus>): void {
  const test = (title: string, run: (opened: OpenedBus) => Promise<void>) =>
    Deno.test(`${name} bus ${title}`, async () => {
      const opened = await open();
      try {
        await run(opened);
      } finally {
        await opened.dispose();
      }
    });
  queueContract(test);
  newsContract(test);
}

type Test = (title: string, run: (opened: OpenedBus) => Promise<void>) => void;

function queueContract(test: Test): void {
  test("holds a job once, while it waits and while it runs", async ({ bus }) => {
    assertEquals(await bus.submit(message("a")), "queued");
    assertEquals(await bus.submit(message("a")), "present");
    const delivery = await fetchNow(bus);
    assertEquals(delivery.message, message("a"));
    assertEquals(delivery.deliveries, 1);
    assertEquals(await bus.submit(message("a")), "present");
    await delivery.ack();
    assertEquals(await bus.submit(message("a")), "queued");
  });

  test("prefers earlier kinds, then earlier jobs, and leaves other kinds alone", async ({ bus }) => {
    for (const name of ["s1", "s2"]) await bus.submit(message(name, "states.train"));
    await bus.submit(message("i", "dataset.import"));
    for (const name of ["l1", "l2"]) await bus.submit(message(name, "actions.label"));
    const order: string[] = [];
    for (let i = 0; i < 4; i++) {
      const delivery = await fetchNow(bus, ["actions.label", "states.train"]);
      order.push(delivery.message.jobId);
      await delivery.ack();
    }
    assertEquals(order, ["l1", "l2", "s1", "s2"].map(sha256));
    assertEquals(await fetchWithin(bus, 60, ["actions.label", "states.train"]), undefined);
  });

  test("carries a job's trace to its worker", async ({ bus }) => {
    const traced = { ...message("a"), traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` };
    await bus.submit(traced);
    const delivery = await fetchNow(bus);
    assertEquals(delivery.message, traced);
    await delivery.ack();
  });

  test("lets a fetch wait for a job, and be given up", async ({ bus }) => {
    const waiting = fetchNow(bus);
    await sleep(30);
    await bus.submit(message("late"));
    await (await waiting).ack();
    assertEquals(await fetchWithin(bus, 50), undefined);
    await bus.submit(message("later"));
    assertEquals((await fetchNow(bus)).deliveries, 1);
  });

  test("gives each job to one of many", async ({ bus, connect }) => {
    const clients = [bus, await connect(), await connect()];
    const names = Array.from({ length: 12 }, (_, i) => `job ${i}`);
    const fetched = names.map((_, i) => fetchNow(clients[i % 3]!));
    for (const name of names) await bus.submit(message(name));
    const deliveries = await Promise.all(fetched);
    assertEquals(deliveries.map((d) => d.message.jobId).sort(), names.map(sha256).sort());
    await Promise.all(deliveries.map((d) => d.ack()));
    await Promise.all(clients.slice(1).map((client) => client.close()));
  });

  test("gives a job again when its worker falls silent, not while it says that it works", async (opened) => {
    const { bus, ackWaitMs } = opened;
    await bus.submit(message("a"));
    const first = await fetchNow(bus);
    for (let i = 0; i < 6; i++) {
      await sleep(ackWaitMs / 3);
      first.working();
    }
    assertEquals(await fetchWithin(bus, ackWaitMs / 3), undefined);
    const silent = performance.now();
    const second = await fetchNow(bus);
    assertEquals(second.deliveries, 2);
    assertGreaterOrEqual(performance.now() - silent, ackWaitMs / 3);
    await first.nak();
    assertEquals(await bus.submit(message("a")), "present");
    assertEquals(await fetchWithin(bus, 50), undefined);
    await second.ack();
  });

  test("takes a late ack for done", async ({ bus, ackWaitMs }) => {
    await bus.submit(message("a"));
    const first = await fetchNow(bus);
    const second = await fetchWithin(bus, 4 * ackWaitMs);
    assertEquals(second?.deliveries, 2);
    await first.ack();
    assertEquals(await fetchWithin(bus, 2 * ackWaitMs), undefined);
    await second?.ack();
    assertEquals(await bus.submit(message("a")), "queued");
  });

  test("gives a refused job again, not before its delay", async ({ bus }) => {
    await bus.submit(message("a"));
    await (await fetchNow(bus)).nak();
    const again = await fetchNow(bus);
    assertEquals(again.deliveries, 2);
    const refused = performance.now();
    await again.nak(150);
    await bus.submit(message("b"));
    const other = await fetchNow(bus);
    assertEquals(other.message.jobId, sha256("b"));
    await other.ack();
    assertEquals((await fetchNow(bus)).deliveries, 3);
    assertGreaterOrEqual(performance.now() - refused, 140);
  });

  test("gives a terminated job to nobody", async ({ bus, ackWaitMs }) => {
    await bus.submit(message("a"));
    await (await fetchNow(bus)).term();
    assertEquals(await fetchWithin(bus, 2 * ackWaitMs), undefined);
    assertEquals(await bus.submit(message("a")), "queued");
  });

  test("ends pending fetches when closed", async ({ connect }) => {
    const client = await connect();
    const pending = client.fetch(["states.sample"], never);
    await client.close();
    assertEquals(await pending, undefined);
  });
}

function newsContract(test: Test): void {
  const event = (n: number) => createEvent("cugro.job.finished", `jobs/${n}`, "walker", { n });

  test("tells events to every subscriber until it stops", async ({ bus, connect }) => {
    const other = await connect();
    const received: string[][] = [[], []];
    const stop = await bus.subscribe("events", (e) => received[0]!.push(e.id));
    await other.subscribe("events", (e) => received[1]!.push(e.id));
    await bus.announce(event(1));
    await other.announce(event(2));
    await eventually(() => received.every((ids) => ids.length === 2));
    stop();
    await other.announce(event(3));
    await eventually(() => received[1]!.length === 3);
    await sleep(50);
    assertEquals(received.map((ids) => ids.sort()), [["jobs/1", "jobs/2"], ["jobs/1", "jobs/2", "jobs/3"]]);
    await other.close();
  });

  test("tells an event whole, its trace included", async ({ bus, connect }) => {
    const other = await connect();
    const traced = { ...event(1), traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` };
    const received: CloudEvent[] = [];
    await bus.subscribe("events", (e) => received.push(e));
    await other.announce(traced);
    await eventually(() => received.length > 0);
    assertEquals(received, [traced]);
    await other.close();
  });

  test("tells progress as it was given, and nothing of it to those who listen to events", async ({ bus, connect }) => {
    const other = await connect();
    const progress: ProgressMessage = { ...message("a"), step: 3, steps: 10, loss: 0.25, ratePerSecond: 4 };
    const received: ProgressMessage[] = [];
    await bus.subscribe("progress", (p) => received.push(p));
    await bus.subscribe("events", () => received.push(progress));
    other.progress(progress);
    await eventually(() => received.length > 0);
    await sleep(50);
    assertEquals(received, [progress]);
    await other.close();
  });

  test("tells hints of incoming objects as they were given", async ({ bus, connect }) => {
    const other = await connect();
    const hints: IncomingHint[] = [
      { key: "incoming/walker/task 1+2.hdf5", etag: "0123", size: 12 },
      { key: "incoming/walker/\u00e9.npz" },
    ];
    const received: IncomingHint[] = [];
    const stop = await bus.subscribe("incoming", (hint) => received.push(hint));
    for (const hint of hints) other.hint(hint);
    await eventually(() => received.length === 2);
    stop();
    other.hint(hints[0]!);
    await sleep(50);
    assertEquals(received, hints);
    await other.close();
  });

  test("does not let a failing subscriber reach the publisher or others", async ({ bus }) => {
    const received: string[] = [];
    await bus.subscribe("events", () => {
      throw new Error("on purpose");
    });
    await bus.subscribe("events", (e) => received.push(e.id));
    await bus.announce(event(1));
    await eventually(() => received.length > 0);
    assertEquals(received, ["jobs/1"]);
  });
}
