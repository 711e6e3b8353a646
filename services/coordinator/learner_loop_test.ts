import { sleep } from "@cugro/async";
import { createCache, createLearner, importJob, loadFacts, openView } from "@cugro/learners";
import { createEmbeddedBus, type EmbeddedBus, type JobMessage } from "@cugro/bus";
import { createLog } from "@cugro/telemetry";
import { type JobHandler, type JobHandlers, runWorker } from "@cugro/worker";
import type { Store } from "@cugro/store";
import {
  arrivalKey,
  createEvent,
  encodeFact,
  incomingKey,
  JOB_KINDS,
  type JobFact,
  jobId,
  jobKey,
  type JobKind,
  resultKey,
} from "@cugro/protocol";
import { assert, assertEquals, assertGreater } from "@std/assert";
import { createStubHandlers } from "../../scripts/lab/experiments/stub_service.ts";
import { MAX_QUEUED_PER_KIND } from "./plan.ts";
import { runCoordinator } from "./run_coordinator.ts";
import { memoryStore } from "../../tests/fakes/memory_store.ts";
import { addFile, learnerWith, pretend, work } from "../../tests/fakes/world.ts";

type Options = Parameters<typeof runCoordinator>[0];

/** A coordinator and workers on one bus until `test` returns; news only, no periodic looks. */
async function withCoordinator(
  store: Store,
  options: Partial<Options> & { handlers?: JobHandlers; workers?: number; bus?: EmbeddedBus },
  test: (bus: EmbeddedBus) => Promise<void>,
): Promise<void> {
  const { bus = createEmbeddedBus(), workers = 1, ...rest } = options;
  const handlers = options.handlers ?? createStubHandlers({ steps: 0, stepMs: 0 });
  const stop = new AbortController();
  const log = createLog({ level: "error" });
  const kinds = JOB_KINDS.filter((kind) => handlers[kind]);
  const settings = { store, bus, signal: stop.signal };
  const running = [
    runCoordinator({ ...settings, intervalMs: 60_000, onError: () => {}, ...rest }),
    ...Array.from(
      { length: workers },
      () => runWorker({ ...settings, handlers, kinds, profile: {}, log }),
    ),
  ];
  try {
    await test(bus);
  } finally {
    stop.abort();
    await bus.close();
    await Promise.all(running);
  }
}

async function until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!await done()) {
    assert(performance.now() < deadline, `It did not come to this: ${what}`);
    await sleep(5);
  }
}

const versionsOf = async (store: Store, name: string) => (await loadFacts(store, name)).versions.length;
const shards = (n: number) => ({ shardsPerTask: n, replayPairs: 10_000, replayPairsPerTask: 10_000 });

Deno.test("runCoordinator() takes a learner to its versions by news alone, each job once", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"], shards(100));
  const begun = new Map<string, number>();
  const plain = createStubHandlers({ steps: 0, stepMs: 0 });
  const counting = <K extends JobKind>(kind: K): JobHandler<K> => (context) => {
    begun.set(context.jobId, (begun.get(context.jobId) ?? 0) + 1);
    return plain[kind]!(context);
  };
  const handlers: JobHandlers = Object.fromEntries(JOB_KINDS.map((kind) => [kind, counting(kind)]));
  let most = 0;
  const bus = createEmbeddedBus();
  const waiting = new Map<string, string>();
  const submit = bus.submit.bind(bus);
  let submissions = 0;
  bus.submit = (message: JobMessage) => {
    submissions++;
    waiting.set(message.jobId, message.kind);
    const alike = [...waiting.values()].filter((kind) => kind === message.kind).length;
    most = Math.max(most, alike);
    return submit(message);
  };
  await bus.subscribe("events", ({ data }) => void waiting.delete(String(data.jobId)));
  await withCoordinator(store, { bus, handlers, workers: 8 }, async () => {
    await until("two versions", async () => await versionsOf(store, "a") === 2);
  });
  assertEquals(Math.max(...begun.values()), 1);
  assertGreater(begun.size, 200);
  assert(most <= MAX_QUEUED_PER_KIND, `${most} jobs of a kind were in the queue at once`);
  assertEquals(submissions, begun.size, "what is known to be queued is not submitted again");
});

Deno.test("runCoordinator() has all states sampled though nobody labels actions", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"], shards(200));
  const { "actions.label": _, ...handlers } = createStubHandlers({ steps: 0, stepMs: 0 });
  let sampled = 0;
  const bus = createEmbeddedBus();
  await bus.subscribe("events", ({ data }) => void (data.kind === "states.sample" && sampled++));
  await withCoordinator(store, { bus, handlers, workers: 2 }, async () => {
    await until("all shards of states", () => sampled === 200);
  });
  assertEquals(await versionsOf(store, "a"), 1);
});

Deno.test("runCoordinator() lets a learner with a thousand jobs starve nobody, and a failing one stop nobody", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"], shards(500), "large");
  await learnerWith(store, ["one"], {}, "broken");
  await store.put("learners/broken/tasks/1.json", new TextEncoder().encode("{"));
  const errors = new Set<string | null>();
  await withCoordinator(store, { workers: 2, onError: (learner) => errors.add(learner) }, async (bus) => {
    let done = 0;
    await bus.subscribe("events", ({ subject }) => void (subject === "large" && done++));
    await until("work on the large one", () => done > 20);
    await learnerWith(store, ["small one"], {}, "small");
    const before = done;
    bus.hint({ key: incomingKey("small", "x") });
    await until("a version of the small one", async () => await versionsOf(store, "small") === 1);
    // It needed five jobs, one after the other in part: each waited behind a round of both kinds of the
    // other's at most, since these workers do every kind; and a round was under way when it came.
    assert(done - before <= 12 * MAX_QUEUED_PER_KIND, `${done - before} jobs of the other came before it`);
    assertEquals(await versionsOf(store, "large") < 2, true);
  });
  assertEquals([...errors], ["broken"]);
});

Deno.test("runCoordinator() notices an upload whose arrival is written after the store has announced its bytes", async () => {
  const store = memoryStore();
  await learnerWith(store, []);
  await withCoordinator(store, { intervalMs: 600_000 }, async (bus) => {
    const { putStream } = store;
    store.putStream = async (...args) => {
      const written = await putStream(...args);
      bus.hint({ key: args[0] });
      // By then it has looked in vain.
      await new Promise((resolve) => setTimeout(resolve, 200));
      return written;
    };
    await addFile(store, "one");
    await until("a version", async () => await versionsOf(store, "a") === 1);
  });
});

Deno.test("runCoordinator() submits everything again when the bus is back, and not before", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  let connected = true;
  const bus = Object.assign(createEmbeddedBus(), { connected: () => connected });
  const submitted: string[] = [];
  bus.submit = ({ jobId }: JobMessage) => Promise.resolve((submitted.push(jobId), "queued" as const));
  await withCoordinator(store, { bus, workers: 0 }, async () => {
    await until("the import is submitted", () => submitted.length === 1);
    await bus.announce(createEvent("cugro.job.finished", "jobs/x/result.json", "a", { jobId: "x" }));
    await sleep(300);
    assertEquals(submitted.length, 1);
    connected = false;
    await sleep(400);
    connected = true;
    await until("it is submitted again", () => submitted.length === 2);
    assertEquals(submitted[0], submitted[1]);
  });
});

Deno.test("runCoordinator() notices a job that two learners share, whichever of them it is announced for", async () => {
  const store = memoryStore();
  for (const name of ["a", "b"]) await createLearner({ store, name, seed: 7, preset: "smoke" });
  for (const name of ["a", "b"]) {
    // The same object for both, so that even the import is one job.
    const info = { key: "incoming/a/one.bin", etag: "", size: 3, lastModified: "2024-01-01T00:00:00.000Z" };
    if (name === "a") await store.put(info.key, new TextEncoder().encode("one"));
    info.etag = (await store.head(info.key))!.etag;
    const arrival = { schema: 1, seq: 1, ...info, contentHash: null };
    await store.put(arrivalKey(name, 1), new TextEncoder().encode(JSON.stringify(arrival)));
  }
  await withCoordinator(store, { workers: 2 }, async () => {
    await until(
      "a version of each",
      async () => await versionsOf(store, "a") === 1 && await versionsOf(store, "b") === 1,
    );
  });
});

Deno.test("openView() reads what news names and no more; a whole look finds what was never told", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"], shards(50));
  const view = openView(store, "a", createCache());
  const pretence = pretend();
  let facts = await view.look({});
  const imports = [...facts.jobs.keys()];
  for (const id of imports) {
    const arrival = facts.arrivals.find((each) => jobId(importJob(facts, each)) === id)!;
    const fact: JobFact = { schema: 1, job: importJob(facts, arrival), learner: "a", task: null };
    await store.put(jobKey("dataset.import", id), encodeFact(fact));
    assertEquals(await work(store, { jobId: id, kind: "dataset.import" }, pretence), "done");
  }
  const asked: string[] = [];
  const { get, list, head } = store;
  store.get = (key, options) => (asked.push(key), get(key, options));
  store.list = (prefix) => (asked.push(prefix), list(prefix));
  store.head = (key) => (asked.push(key), head(key));
  facts = await view.look({ jobs: [imports[0]!] });
  assertEquals(asked, [resultKey("dataset.import", imports[0]!)]);
  assertEquals(imports.map((id) => facts.jobs.get(id)!.result !== undefined), [true, false]);
  facts = await view.look({ whole: true });
  assertEquals(imports.map((id) => facts.jobs.get(id)!.result !== undefined), [true, true]);
  asked.length = 0;
  await addFile(store, "three");
  asked.length = 0;
  facts = await view.look({ incoming: true });
  assertEquals([asked, facts.incoming.size, facts.arrivals.length], [["incoming/a/"], 3, 2]);
});
