/**
 * Servers and services of a running cluster that die or hang.
 * @module
 */
import { sleep } from "@cugro/async";
import { openNatsBus } from "@cugro/bus";
import { encodeDataset } from "@cugro/datasets";
import { addUploaded, createLearner, loadFacts } from "@cugro/learners";
import type { Store } from "@cugro/store";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { type Cluster, openClusterStore, startCluster } from "../../scripts/cluster/cluster.ts";
import { exampleDataset } from "../fakes/example_dataset.ts";
import { withFolder } from "../fakes/test_folder.ts";

const NONE = {
  "state-generation": 0,
  "behavior-generation": 0,
  "critic-training": 0,
  "policy-evaluation": 0,
};

async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 90_000; !await is(); await sleep(100)) {
    assert(performance.now() < deadline, `waited too long for ${what}`);
  }
}

/** Hands a file over, tells of it, and waits until its import has made it a task. */
async function handOver(cluster: Cluster, store: Store, task: number): Promise<void> {
  const file = { fileName: `task${task}.safetensors`, body: encodeDataset(exampleDataset(20, 9 + task)) };
  const { arrival: { key } } = await addUploaded({ store, learner: "one", ...file });
  const bus = await openNatsBus({ servers: [cluster.natsUrl], name: "test" });
  bus.hint({ key });
  await bus.close();
  await until(`task ${task}`, async () => (await loadFacts(store, "one")).tasks.length === task);
}

Deno.test("a nats-server that is killed and a service that hangs come back at their addresses, are reported, and jobs go on", async () => {
  await withFolder(async (folder) => {
    const events: string[] = [];
    const cluster = await startCluster({
      folder: join(folder, "cluster"),
      store: "folder",
      processes: { ...NONE, gateway: 0 },
      hangMs: 3_000,
      onEvent: (sentence) => void events.push(sentence),
    });
    try {
      const store = await openClusterStore(cluster);
      await createLearner({ store, name: "one", seed: 0, preset: "smoke" });
      await handOver(cluster, store, 1);
      const [nats, worker] = [cluster.child("nats-server"), cluster.child("dataset-import")];
      const pids = [nats.pid, worker.pid];
      worker.kill("SIGSTOP");
      nats.kill("SIGKILL");
      await until(
        "both",
        () => events.filter((sentence) => sentence.endsWith("is ready again")).length === 2,
      );
      assert(nats.pid !== pids[0] && worker.pid !== pids[1]);
      assertEquals(nats.url, cluster.natsUrl);
      const reported = events.join("\n");
      assertMatch(
        reported,
        new RegExp(`nats-server \\(pid ${pids[0]}\\) ended with SIGKILL; it is started again in 250 ms`),
      );
      assertMatch(
        reported,
        new RegExp(`dataset-import \\(pid ${pids[1]}\\) has not answered for 3 s: it hangs and is killed`),
      );
      await handOver(cluster, store, 2);
      await store.close();
    } finally {
      await cluster.stop();
    }
  });
});
