/** A process that uses a folder store as told by its arguments; the store's tests kill it. */
import { sleep } from "@cugro/async";
import { openFilesystemStore, StoreLocked } from "@cugro/store";

const [mode, root] = Deno.args as [string, string];
try {
  const store = await openFilesystemStore({ root });
  if (mode === "flood") {
    console.log("open");
    for (let i = 0;; i++) {
      await store.put(`flood/${i}`, new Uint8Array(300_000).fill(7), { ifNoneMatch: true });
    }
  }
  if (mode === "hold") {
    console.log("open");
    await sleep(60_000);
  }
  await store.put("from/child", new TextEncoder().encode("shared"));
  console.log("wrote");
  await store.close();
} catch (error) {
  if (!(error instanceof StoreLocked)) throw error;
  console.log(error.message);
}
