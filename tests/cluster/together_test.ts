/**
 * A cluster for a small machine: one process does the jobs of all services.
 */
import { sleep } from "@cugro/async";
import { createClient } from "@cugro/client";
import { incomingKey } from "@cugro/protocol";
import { assert, assertEquals } from "@std/assert";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { openClusterStore, startCluster } from "../../scripts/cluster/cluster.ts";
import { withFolder } from "../fakes/test_folder.ts";
import { smallStream } from "../pipeline/embedded.ts";

const STEPS = { stateSteps: 30, behaviorSteps: 30, criticSteps: 30 };
const LEARN_MS = 300_000;

Deno.test("a dropped file becomes a version where one process does the jobs of all services", () =>
  withFolder(async (folder) => {
    const [file] = await smallStream(folder, 1);
    const cluster = await startCluster({
      folder: join(folder, "cluster"),
      together: 1,
      environment: { CUGRO_LOG: "warn" },
    });
    try {
      assertEquals(cluster.processes.map(({ name }) => name), ["worker", "coordinator", "gateway"]);
      const client = createClient({ url: cluster.gatewayUrl!, token: cluster.adminToken });
      await client.learners.create({ name: "one", seed: 0, preset: "smoke", overrides: STEPS });
      const store = await openClusterStore(cluster);
      await store.put(incomingKey("one", basename(file!)), new Uint8Array(await readFile(file!)));
      await store.close();
      const deadline = performance.now() + LEARN_MS;
      while ((await client.learners.show("one")).head !== 1) {
        assert(performance.now() < deadline, JSON.stringify(await client.learners.show("one")));
        await sleep(200);
      }
      const { actions } = await client.act("one", { task: 1, observations: [Array(8).fill(0)] });
      assertEquals(actions?.[0]?.length, 2);
    } finally {
      await cluster.stop();
    }
  }));
