import { createCache } from "@cugro/learners";
import { createEmbeddedBus } from "@cugro/bus";
import { openFilesystemStore, type Store } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import { createMetrics } from "@cugro/telemetry/metrics";
import { assertEquals } from "@std/assert";
import { until } from "../testing/listening_gateway.ts";
import { startProblemWatch } from "./watch_problems.ts";

const times = { lookMs: 20, gatherMs: 20, storeMs: 100 };

Deno.test("a store that hangs while problems are gathered is noticed as soon as at any other time", async () => {
  const root = await Deno.makeTempDir();
  const opened = await openFilesystemStore({ root });
  const hang = Promise.withResolvers<void>();
  let hangs = false;
  let listing = false;
  // As a server that takes connections and answers nothing, from the moment on when somebody lists.
  const store: Store = {
    ...opened,
    list: async (prefix) => {
      listing = hangs = true;
      await hang.promise;
      return await opened.list(prefix);
    },
    head: async (key) => {
      if (hangs) await hang.promise;
      return await opened.head(key);
    },
    put: (key, bytes, options) => opened.put(key, bytes, options),
  };
  const bus = createEmbeddedBus();
  const watch = await startProblemWatch({
    ...{
      store,
      bus,
      cache: createCache(),
      metrics: createMetrics("test"),
      log: createLog({ level: "silent" }),
      times,
    },
    learners: { facts: () => Promise.reject(new Error("nobody asks")) },
  });
  try {
    await until("it gathers", () => listing);
    await until("the store is away", () => !watch.storeAnswers());
    assertEquals((await watch.list()).map(({ code }) => code), ["store.away"]);
  } finally {
    hangs = false;
    hang.resolve();
    await watch.close();
    await bus.close();
    await opened.close();
    await Deno.remove(root, { recursive: true });
  }
});
