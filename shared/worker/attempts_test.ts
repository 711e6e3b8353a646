import { assertEquals } from "@std/assert";
import { encodeFact, retryKey, runKey, sha256 } from "@cugro/protocol";
import { listJob } from "@cugro/store";
import { beginAttempt, endAttempt, giveUp } from "./attempts.ts";
import { openFilesystemStore } from "../store/folder/filesystem_store.ts";
import type { Store } from "../store/store.ts";

const id = sha256("job");
const kind = "states.train";
const message = { jobId: id, kind } as const;
const key = runKey(kind, id);

/** As a worker begins: a list has told it whether there is a note. */
async function begin(store: Store, deliveries: number, step: number) {
  const { run } = await listJob(store, { id, kind }, true);
  return await beginAttempt(store, run, { message, deliveries }, step);
}

async function withStore(run: (store: Store) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  const store = await openFilesystemStore({ root });
  await run(store);
  await store.close();
  await Deno.remove(root, { recursive: true });
}

Deno.test("beginAttempt() counts deaths without a further checkpoint, and forgets them with one", () =>
  withStore(async (store) => {
    const counted = async (deliveries: number, step: number) =>
      (await begin(store, deliveries, step)).attempts;
    assertEquals(await counted(1, 0), 0);
    assertEquals(await store.head(key), undefined, "a first attempt leaves no note");
    assertEquals(await counted(2, 0), 0);
    assertEquals(await counted(3, 0), 1);
    assertEquals(await counted(4, 0), 2);
    assertEquals(await counted(5, 20), 0);
    assertEquals(await counted(6, 20), 1);
  }));

Deno.test("beginAttempt() takes a note that cannot be read for none", () =>
  withStore(async (store) => {
    for (const text of ["{", '{"schema":2,"attempts":7}']) {
      await store.put(key, new TextEncoder().encode(text));
      assertEquals((await begin(store, 2, 0)).attempts, 0);
    }
  }));

Deno.test("beginAttempt() does not blame a job for a command that was killed as a whole", () =>
  withStore(async (store) => {
    for (let restart = 0; restart < 5; restart++) {
      assertEquals((await begin(store, 1, 0)).attempts, 0);
    }
  }));

Deno.test("endAttempt() counts what was thrown, not what was given back", () =>
  withStore(async (store) => {
    const attempt = async (step: number, thrown?: string) =>
      await endAttempt(store, message, await begin(store, 2, 0), step, thrown);
    assertEquals(await attempt(0), 0);
    assertEquals(await store.head(key), undefined);
    assertEquals([await attempt(0, "a"), await attempt(0, "b"), await attempt(0)], [1, 2, 2]);
    assertEquals(await attempt(40, "after progress"), 1);
  }));

Deno.test("giveUp() numbers failures, so that each stands until somebody asks for a retry", () =>
  withStore(async (store) => {
    for (const n of [1, 2]) {
      assertEquals(
        await giveUp(store, message, "no use", true),
        `jobs/states.train/${id}/failures/${n}.json`,
      );
      await store.put(retryKey(kind, id, n), encodeFact({ schema: 1, jobId: id, n, reason: "again" }));
      const { failures, retries } = await listJob(store, { id, kind }, true);
      assertEquals([failures.length, retries.length], [n, n]);
    }
  }));
