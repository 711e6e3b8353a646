import { assertEquals } from "@std/assert";
import { createCache, MOST_FACTS } from "@cugro/learners";
import { openFilesystemStore } from "@cugro/store";
import { createWebhook, findWebhook, listWebhooks, reviseWebhook, settingsOf } from "./hooks.ts";

const choice = {
  ...{ url: "https://example.org/", types: ["cugro.task.failed" as const], learners: ["*"] },
  ...{ active: true, description: "" },
};

Deno.test("webhooks are read into the shared cache within its bound", async () => {
  const root = await Deno.makeTempDir();
  const store = await openFilesystemStore({ root });
  try {
    const cache = createCache();
    const bound = MOST_FACTS;
    for (let i = 0; i < bound; i++) cache.facts.set(`other/${i}`, {});
    for (let i = 0; i < 3; i++) await createWebhook(store, choice, "test");
    const hooks = await listWebhooks(store, cache, () => {});
    assertEquals([hooks.length, cache.facts.size], [3, bound]);
    const [hook] = hooks;
    await reviseWebhook(store, hook!, { description: "revised" });
    assertEquals(settingsOf((await findWebhook(store, cache, hook!.fact.id))!).description, "revised");
    assertEquals(cache.facts.size, bound);
  } finally {
    await store.close();
    await Deno.remove(root, { recursive: true });
  }
});
