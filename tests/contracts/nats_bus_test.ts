import { sleep } from "@cugro/async";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { BusUnavailable, type Delivery, type IncomingHint, type StoredEvent } from "@cugro/bus";
import { createEvent, type JobKind, sha256 } from "@cugro/protocol";
import { createUser } from "@nats-io/nkeys";
import { busContract } from "./bus_contract.ts";
import { jobMessage, natsTest, startTestServer } from "../fakes/nats_server.ts";

const ACK_WAIT = 1_500;
const never = new AbortController().signal;
const kinds: JobKind[] = ["states.sample"];
const event = (n: number) => createEvent("cugro.job.finished", `jobs/${n}`, "walker", { n });

busContract("nats", async () => {
  const server = await startTestServer();
  const connect = () => server.open({ ackWaitMs: ACK_WAIT });
  return { bus: await connect(), connect, ackWaitMs: ACK_WAIT, dispose: server.dispose };
});

natsTest(
  "fetch() gives each of 1,000 jobs, submitted twice and at once, to one of eight workers",
  async (server) => {
    const submitters = [await server.open(), await server.open()];
    const workers = [await server.open(), await server.open()];
    const names = Array.from({ length: 1000 }, (_, i) => `job ${i}`);
    const done = new AbortController();
    const fetched: string[] = [];
    const work = async (n: number) => {
      while (true) {
        const delivery = await workers[n % 2]!.fetch(kinds, done.signal);
        if (!delivery) return;
        fetched.push(delivery.message.jobId);
        await delivery.ack();
        if (fetched.length === names.length) setTimeout(() => done.abort(), 200);
      }
    };
    const working = Array.from({ length: 8 }, (_, n) => work(n));
    // Both submit everything; a job that is done already may be done again only when it is submitted again.
    const answers = await Promise.all(names.map((name) => submitters[0]!.submit(jobMessage(name))));
    await Promise.all(working);
    assertEquals(answers.filter((answer) => answer === "queued").length, 1000);
    assertEquals([...fetched].sort(), names.map(sha256).sort());
    const again = await Promise.all(
      submitters.flatMap((bus) => names.slice(0, 200).map((name) => bus.submit(jobMessage(name)))),
    );
    assertEquals(again.filter((answer) => answer === "queued").length, 200);
    assertEquals(await submitters[0]!.queueDepth("states.sample"), { waiting: 200, running: 0 });
  },
);

natsTest("fetch() by a busy worker keeps nothing from others", async (server) => {
  const [busy, other] = [await server.open(), await server.open()];
  await busy.submit(jobMessage("a"));
  const held = await busy.fetch(["states.train", "states.sample"], never);
  await busy.submit(jobMessage("b"));
  await busy.submit({ ...jobMessage("c"), kind: "states.train" });
  const [b, c] = [await other.fetch(kinds, never), await other.fetch(["states.train"], never)];
  assertEquals([b?.deliveries, c?.deliveries], [1, 1]);
  assertEquals(await other.queueDepth("states.sample"), { waiting: 0, running: 2 });
  for (const delivery of [held, b, c]) await delivery?.ack();
  assertEquals(await other.queueDepth("states.sample"), { waiting: 0, running: 0 });
});

natsTest("queuedJobs() names the jobs that wait or run, and none that was taken off", async (server) => {
  const bus = await server.open();
  const names = ["a", "b", "c"];
  assertEquals(await bus.queuedJobs(), []);
  for (const name of names) await bus.submit(jobMessage(name));
  const held = (await bus.fetch(kinds, never))!;
  const queued = async () => (await bus.queuedJobs()).map(({ id, kind }) => `${kind} ${id}`).sort();
  const wanted = names.map((name) => `states.sample ${sha256(name)}`);
  assertEquals(await queued(), wanted.toSorted());
  await held.term();
  assertEquals(await queued(), wanted.slice(1).sort());
});

natsTest("fetch() that waits for several kinds gives back what it cannot take", async (server) => {
  const bus = await server.open();
  const waiting = Array.from({ length: 6 }, () => bus.fetch(["states.sample", "states.train"], never));
  await sleep(100);
  const names = ["a", "b", "c"];
  await Promise.all(names.flatMap((name) => [
    bus.submit(jobMessage(name)),
    bus.submit({ ...jobMessage(`${name} train`), kind: "states.train" }),
  ]));
  const deliveries = (await Promise.all(waiting)) as Delivery[];
  const ids = deliveries.map(({ message }) => message.jobId);
  assertEquals(ids.sort(), names.flatMap((name) => [sha256(name), sha256(`${name} train`)]).sort());
  await Promise.all(deliveries.map((delivery) => delivery.ack()));
});

natsTest("fetch() throws away a message that is no job", async (server) => {
  const bus = await server.open();
  await server.publish("jobs.state-generation.states-sample.x", "{}");
  await bus.submit(jobMessage("a"));
  const delivery = await bus.fetch(kinds, never);
  assertEquals(delivery?.message.jobId, sha256("a"));
  await delivery?.ack();
  assertEquals(await bus.queueDepth("states.sample"), { waiting: 0, running: 0 });
});

natsTest("submit() refuses an id that is no part of a subject", async (server) => {
  const bus = await server.open();
  await assertRejects(() => bus.submit({ ...jobMessage("a"), jobId: "a.*" }), RangeError, '"a.*"');
});

natsTest(
  "subscribe() reports objects from notifications of MinIO and of Versity's gateway, and overlooks other things",
  async (server) => {
    const bus = await server.open();
    const received: IncomingHint[] = [];
    await bus.subscribe("incoming", (hint) => received.push(hint));
    const record = (eventName: string, key: string) => ({
      eventName,
      s3: { bucket: { name: "cugro" }, object: { key, eTag: "12ab", size: 7 } },
    });
    const created = record("s3:ObjectCreated:Put", "team%2Fincoming%2Fwalker%2Ftask+1%2B2.hdf5");
    // As it comes from Versity: the key as it is, the etag in quotes; and what it says at its start.
    const versity = {
      eventName: "s3:ObjectCreated:CompleteMultipartUpload",
      eventSource: "aws:s3",
      s3: { object: { key: "incoming/walker/a+b 50%.hdf5", size: 9, eTag: '"34cd-2"', versionId: null } },
    };
    const started = { Service: "S3", Event: "s3:TestEvent", Bucket: "Test-Bucket" };
    const removed = record("s3:ObjectRemoved:Delete", "incoming%2Fwalker%2Fold");
    const elsewhere = record("s3:ObjectCreated:Put", "artifacts%2Fab");
    await server.publish("incoming.minio", "not JSON");
    await server.publish("incoming.minio", JSON.stringify({ Records: [removed, elsewhere, created] }));
    await server.publish("incoming.versity", JSON.stringify(started));
    await server.publish("incoming.versity", JSON.stringify({ Records: [versity] }));
    await until(() => received.length > 1);
    assertEquals(received, [
      { key: "incoming/walker/task 1+2.hdf5", etag: "12ab", size: 7 },
      { key: "incoming/walker/a+b 50%.hdf5", etag: "34cd-2", size: 9 },
    ]);
  },
);

natsTest("readEvents() goes on after a place, leaves out what is filtered, and follows", async (server) => {
  const bus = await server.open();
  for (const n of [1, 2, 3]) await bus.announce(event(n));
  const stop = new AbortController();
  const read: StoredEvent[] = [];
  const reading = (async () => {
    const filter = ({ id }: { id: string }) => id !== "jobs/3";
    for await (const found of bus.readEvents({ afterSequence: 1, filter, signal: stop.signal })) {
      read.push(found);
    }
  })();
  await until(() => read.length === 1);
  const fromNow = bus.readEvents({ signal: stop.signal });
  const first = fromNow.next();
  await sleep(100);
  const asked = performance.now();
  await bus.announce(event(4));
  const { value } = await first;
  assertEquals([value?.sequence, value?.event], [4, event(4)]);
  assert(performance.now() - asked < 2_000, "the reader must be woken, not look now and then");
  await until(() => read.length === 2);
  assertEquals(read.map(({ sequence, stream }) => [sequence, stream]), [[2, value?.stream], [
    4,
    value?.stream,
  ]]);
  const elsewhere = bus.readEvents({ afterSequence: 3, stream: "another", signal: stop.signal });
  assertEquals((await elsewhere.next()).value?.sequence, 1);
  stop.abort();
  await reading;
  assertEquals((await fromNow.next()).done, true);
});

natsTest("announce() of the same event again is stored once", async (server) => {
  const bus = await server.open();
  for (const n of [1, 1, 2]) await bus.announce(event(n));
  const stop = new AbortController();
  const ids: string[] = [];
  for await (const { event } of bus.readEvents({ afterSequence: 0, signal: stop.signal })) {
    if (ids.push(event.id) === 2) stop.abort();
  }
  assertEquals(ids, ["jobs/1", "jobs/2"]);
});

natsTest("openNatsBus() names every field in which a stream or consumer differs", async (server) => {
  await server.administer("$JS.API.STREAM.CREATE.JOBS", {
    name: "JOBS",
    subjects: ["jobs.>"],
    max_age: 1e12,
  });
  const error = await assertRejects(() => server.open(), Error, "The stream JOBS is not as it must be");
  for (
    const field of ["retention", "discard", "max_msgs_per_subject", "discard_new_per_subject", "max_age"]
  ) {
    assertMatch(error.message, new RegExp(`\\b${field} is .+, must be .+`));
  }
  await server.administer("$JS.API.STREAM.DELETE.JOBS");
  await server.open();
  await assertRejects(
    () => server.open({ ackWaitMs: 12_000 }),
    Error,
    "ack_wait is 30000000000, must be 12000000000",
  );
});

natsTest("openNatsBus() in mode verify makes nothing, and works with what is there", async (server) => {
  const error = await assertRejects(
    () => server.open({ streams: "verify", patienceMs: 300 }),
    BusUnavailable,
    "there is no stream",
  );
  assertMatch(error.message, /CUGRO_NATS_STREAMS/);
  assertEquals((await server.administer("$JS.API.STREAM.NAMES")).total, 0);
  const [maker, user] = [await server.open(), await server.open({ streams: "verify", patienceMs: 300 })];
  await maker.submit(jobMessage("a"));
  await (await user.fetch(kinds, never))?.ack();
  await server.administer("$JS.API.CONSUMER.DELETE.JOBS.states-train");
  const stop = new AbortController();
  const waiting = user.fetch(["states.train"], stop.signal);
  setTimeout(() => stop.abort(), 200);
  assertEquals(await waiting, undefined);
  const { error: missing } = await server.administer("$JS.API.CONSUMER.INFO.JOBS.states-train");
  assert(missing, "a consumer that another program looks after must not be made");
});

natsTest(
  "openNatsBus() bounds the journals, also those of an earlier version, and keeps what they hold",
  async (server) => {
    const bus = await server.open();
    await bus.announce(event(1));
    const limits = async () => {
      const infos = ["JOBS", "EVENTS", "INCOMING"].map((name) =>
        server.administer(`$JS.API.STREAM.INFO.${name}`)
      );
      return (await Promise.all(infos)).map(({ config, state }) => [
        (config as { max_bytes: number }).max_bytes,
        (state as { messages: number }).messages,
      ]);
    };
    const [gib, mib] = [1024 ** 3, 1024 ** 2];
    assertEquals(await limits(), [[-1, 0], [gib, 1], [128 * mib, 0]]);
    const { config } = await server.administer("$JS.API.STREAM.INFO.EVENTS");
    const unbounded = { ...config as Record<string, unknown>, max_bytes: -1, max_age: 86_400e9 };
    await server.administer("$JS.API.STREAM.UPDATE.EVENTS", unbounded);
    const error = await assertRejects(() => server.open({ streams: "verify" }), Error, "The stream EVENTS");
    assertMatch(error.message, /max_bytes is -1, must be 1073741824\..*CUGRO_NATS_STREAMS "create"/);
    await Promise.all([server.open(), server.open()]);
    assertEquals(await limits(), [[-1, 0], [gib, 1], [128 * mib, 0]]);
    await server.open({ streams: "verify" });
  },
);

Deno.test("openNatsBus() says how much room the streams need where a server has less", async () => {
  const folder = await Deno.makeTempDir({ prefix: "cugro-nats-" });
  const configFile = `${folder}/nats.conf`;
  await Deno.writeTextFile(configFile, "jetstream { max_file_store: 1GB }");
  const server = await startTestServer({ configFile });
  try {
    const error = await assertRejects(() => server.open({ patienceMs: 300 }), BusUnavailable);
    assertMatch(error.message, /no room for the stream \w+ .*\d+ bytes aside.*max_file_store/);
  } finally {
    await server.dispose();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openNatsBus() says that a login is refused, every time and without breaking the process", async () => {
  const [user, stranger] = [createUser(), createUser()];
  const folder = await Deno.makeTempDir({ prefix: "cugro-nats-" });
  const configFile = `${folder}/nats.conf`;
  await Deno.writeTextFile(configFile, `authorization { users: [ { nkey: ${user.getPublicKey()} } ] }`);
  const server = await startTestServer({ configFile });
  const seedOf = ({ getSeed }: { getSeed(): Uint8Array }) => new TextDecoder().decode(getSeed());
  try {
    const bus = await server.open({ seed: `${seedOf({ getSeed: () => user.getSeed() })}\n` });
    assertEquals(await bus.submit(jobMessage("a")), "queued");
    for (let i = 0; i < 5; i++) {
      await assertRejects(
        () => server.open({ seed: seedOf({ getSeed: () => stranger.getSeed() }) }),
        Error,
        "Authorization Violation",
      );
    }
    await assertRejects(() => server.open({ seed: "/run/secrets/seed" }), RangeError, "starts with SU");
    await assertRejects(() => server.open({ ca: "/run/secrets/ca.pem" }), RangeError, "PEM");
  } finally {
    await server.dispose();
    await Deno.remove(folder, { recursive: true });
  }
});

async function until(check: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!check()) {
    assert(performance.now() < deadline, `waited in vain for ${check}`);
    await sleep(5);
  }
}
