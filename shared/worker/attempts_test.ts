import { assertEquals } from "@std/assert";
import { encodeFact, retryKey, runKey, sha256 } from "@cugro/protocol";
import { beginAttempt, endAttempt, giveUp, standingFailure } from "./attempts.ts";
import { openFilesystemStore } from "../store/folder/filesystem_store.ts";
import type { Store } from "../store/store.ts";

const id = sha256("job");

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
      (await beginAttempt(store, id, deliveries, step)).attempts;
    assertEquals(await counted(1, 0), 0);
    assertEquals(await store.head(runKey(id)), undefined, "a first attempt leaves no note");
    assertEquals(await counted(2, 0), 0);
    assertEquals(await counted(3, 0), 1);
    assertEquals(await counted(4, 0), 2);
    assertEquals(await counted(5, 20), 0);
    assertEquals(await counted(6, 20), 1);
  }));

Deno.test("beginAttempt() takes a note that cannot be read for none", () =>
  withStore(async (store) => {
    for (const text of ["{", '{"schema":2,"attempts":7}']) {
      await store.put(runKey(id), new TextEncoder().encode(text));
      assertEquals((await beginAttempt(store, id, 2, 0)).attempts, 0);
    }
  }));

Deno.test("beginAttempt() does not blame a job for a command that was killed as a whole", () =>
  withStore(async (store) => {
    for (let restart = 0; restart < 5; restart++) {
      assertEquals((await beginAttempt(store, id, 1, 0)).attempts, 0);
    }
  }));

Deno.test("endAttempt() counts what was thrown, not what was given back", () =>
  withStore(async (store) => {
    const attempt = async (step: number, message?: string) =>
      await endAttempt(store, id, await beginAttempt(store, id, 2, 0), step, message);
    assertEquals(await attempt(0), 0);
    assertEquals(await store.head(runKey(id)), undefined);
    assertEquals([await attempt(0, "a"), await attempt(0, "b"), await attempt(0)], [1, 2, 2]);
    assertEquals(await attempt(40, "after progress"), 1);
  }));

Deno.test("standingFailure() stands until somebody asks for a retry", () =>
  withStore(async (store) => {
    assertEquals(await standingFailure(store, id), undefined);
    for (const n of [1, 2]) {
      const key = await giveUp(store, id, "no use", true);
      assertEquals(key, `jobs/${id}/failures/${n}.json`);
      assertEquals(await standingFailure(store, id), key);
      await store.put(retryKey(id, n), encodeFact({ schema: 1, jobId: id, n, reason: "again" }));
      assertEquals(await standingFailure(store, id), undefined);
    }
  }));
