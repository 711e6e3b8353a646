/**
 * An upgrade while work waits: old and new software side by side on one store and one queue, taking turns. What makes
 * software old here is the revision of one kind of job.
 */
import { assert, assertEquals } from "@std/assert";
import { loadFacts } from "@cugro/learners";
import { type JobKind, jobOfKey, REVISIONS } from "@cugro/protocol";
import { listJob } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import { type JobHandlers, runWorker } from "@cugro/worker";
import type { Bus, Delivery } from "@cugro/bus";
import { memoryBus, memoryStore } from "../../tests/fakes/memory_store.ts";
import { addFile, learnerWith, type Pretence, pretend, pretendHandlers } from "../../tests/fakes/world.ts";
import { applyPlan } from "./apply.ts";
import { isIdle, plan } from "./plan.ts";

/** The kind whose meaning the new software has changed. */
const CHANGED: JobKind = "critic.train";

type Memory = ReturnType<typeof memoryBus>;

/** The queue for one worker's turn: each message once, in order; what is given back stays for the next turn. */
function turnOf(bus: Memory): Bus {
  const seen = new Set<string>();
  return {
    ...bus,
    fetch(kinds) {
      const message = [...bus.queue.values()].find(({ jobId, kind }) =>
        kinds.includes(kind) && !seen.has(jobId)
      );
      if (!message) return Promise.resolve(undefined);
      seen.add(message.jobId);
      const gone = () => Promise.resolve(void bus.queue.delete(message.jobId));
      const stays = () => Promise.resolve();
      const delivery: Delivery = {
        message,
        deliveries: 1,
        working: stays,
        ack: gone,
        term: gone,
        nak: stays,
      };
      return Promise.resolve(delivery);
    },
  };
}

/** Software of one revision of {@link CHANGED}, on the same store and queue as the others. */
function software(revision: number, store: ReturnType<typeof memoryStore>, bus: Memory, pretence: Pretence) {
  const handlers: JobHandlers = pretendHandlers(store, pretence);
  const logged: string[] = [];
  const asThis = async <T>(act: () => Promise<T>): Promise<T> => {
    const revisions = REVISIONS as Record<JobKind, number>;
    const before = revisions[CHANGED];
    revisions[CHANGED] = revision;
    return await act().finally(() => revisions[CHANGED] = before);
  };
  return {
    logged,
    /** The coordinator's turn. @returns whether it finds nothing left to do */
    plan: () =>
      asThis(async () => {
        const next = plan(await loadFacts(store, "a"));
        await applyPlan({ store, bus, learner: "a", plan: next });
        return isIdle(next);
      }),
    work: () =>
      asThis(async () => {
        const log = createLog({ write: (line) => void logged.push(line) });
        const kinds = Object.keys(handlers) as JobKind[];
        const signal = new AbortController().signal;
        await runWorker({ store, bus: turnOf(bus), handlers, kinds, profile: {}, signal, log });
      }),
  };
}

/** Jobs of the changed kind, of old and new software. */
async function criticJobs(
  store: ReturnType<typeof memoryStore>,
): Promise<{ id: string; done: boolean; failures: number }[]> {
  const ids = [...store.objects.keys()].filter((key) =>
    key.startsWith(`jobs/${CHANGED}/`) && key.endsWith("job.json")
  )
    .map((key) => jobOfKey(key)!);
  return await Promise.all(ids.map(async (id) => {
    const { result, failures } = await listJob(store, { id, kind: CHANGED }, false);
    return { id, done: result !== undefined, failures: failures.length };
  }));
}

Deno.test("a task under way is finished by new software beside old: nothing fails, only what has changed is done again", async () => {
  const [store, bus, pretence] = [memoryStore(), memoryBus(), pretend()];
  const old = software(REVISIONS[CHANGED], store, bus, pretence);
  const renewed = software(REVISIONS[CHANGED] + 1, store, bus, pretence);
  await learnerWith(store, ["one"]);
  while (!await old.plan()) await old.work();
  await addFile(store, "two");
  // The second task is under way: its replay is made, its trainings wait in the queue.
  const waits = () => [...bus.queue.values()].some(({ kind }) => kind === CHANGED);
  while (!waits()) {
    await old.plan();
    if (!waits()) await old.work();
  }
  const before = await criticJobs(store);
  assertEquals(before.map(({ done }) => done), [true, false]);

  // New coordinator and worker are there, the old ones are not gone yet; neither waits for the other.
  for (let turn = 0; turn < 40; turn++) {
    await old.plan();
    await renewed.work();
    await renewed.plan();
    await old.work();
  }
  const facts = await loadFacts(store, "a");
  assertEquals(facts.versions.map(({ version, decision }) => [version, decision]), [[1, "published"], [
    2,
    "published",
  ]]);
  assert(renewed.logged.some((line) => line.includes("is of older software")));
  const jobs = await criticJobs(store);
  assertEquals(jobs.map(({ failures }) => failures), jobs.map(() => 0));
  assertEquals([...pretence.runs.values()].every((runs) => runs === 1), true);
  // When the old ones are gone, nothing is left over in the queue.
  while (!await renewed.plan()) await renewed.work();
  await renewed.work();
  assertEquals([...bus.queue.keys()], []);
});

Deno.test("jobs that only old software knows are dropped by new software alone, and planned again", async () => {
  const [store, bus, pretence] = [memoryStore(), memoryBus(), pretend()];
  const old = software(REVISIONS[CHANGED], store, bus, pretence);
  const renewed = software(REVISIONS[CHANGED] + 1, store, bus, pretence);
  await learnerWith(store, ["one"]);
  const waits = () => [...bus.queue.values()].some(({ kind }) => kind === CHANGED);
  while (!waits()) {
    await old.plan();
    if (!waits()) await old.work();
  }
  const [waiting] = await criticJobs(store);
  while (!await renewed.plan()) await renewed.work();
  const jobs = await criticJobs(store);
  assertEquals(jobs.find(({ id }) => id === waiting!.id)?.done, false);
  assertEquals(jobs.filter(({ done }) => done).length, 1);
  assertEquals((await loadFacts(store, "a")).versions[0]?.decision, "published");
  // Back to the old software: it reads what the new one decided, and its next task goes on there.
  await addFile(store, "two");
  while (!await old.plan()) await old.work();
  assertEquals((await loadFacts(store, "a")).versions.map(({ parent }) => parent), [null, 1]);
});
