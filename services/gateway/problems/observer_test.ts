import { assertEquals, assertRejects } from "@std/assert";
import { createEmbeddedBus } from "@cugro/bus";
import { openFilesystemStore, StoreFull } from "@cugro/store";
import { onSmallDisk } from "../../../tests/fakes/small_disk.ts";
import { createObserver } from "./observer.ts";

Deno.test("a full disk is noticed without a write, and so is room on it", () =>
  onSmallDisk("200k", async (root, grow) => {
    const store = await openFilesystemStore({ root });
    const bus = createEmbeddedBus();
    const observer = createObserver({ store, bus, times: { roomMs: 0 } });
    const codes = async () => {
      await observer.look();
      return observer.problems().map(({ code }) => code);
    };
    assertEquals(await codes(), []);
    const fill = async () => {
      for (let n = 0;; n++) await store.put(`artifacts/${n}`, new Uint8Array(1_000));
    };
    await assertRejects(fill, StoreFull);
    assertEquals(await codes(), ["store.full"]);
    const [first] = observer.problems();
    assertEquals(await codes(), ["store.full"]);
    assertEquals(observer.problems()[0], first, "the same problem, since the same moment");
    await grow("2m");
    assertEquals(await codes(), []);
    await bus.close();
    await store.close();
  }));
