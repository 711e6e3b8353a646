/** `cugro datasets export`: what a learner keeps of a task's data, and what stood in for it. */
import { encodeShard } from "@cugro/jobs";
import { datasetHash, encodeDataset } from "@cugro/datasets";
import { createLearner } from "@cugro/learners";
import {
  datasetKey,
  encodeFact,
  jobFactSchema,
  jobKey,
  type LearnerFact,
  sha256,
  type TaskFact,
  taskFactSchema,
  taskKey,
} from "@cugro/protocol";
import { openFilesystemStore, putArtifact } from "@cugro/store";
import { typed } from "../../../../tests/fakes/typed_command.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { exampleDataset } from "../../../../tests/fakes/example_dataset.ts";
import { replayShards } from "./replay_shards.ts";

async function inStore(
  use: (folder: string, store: Awaited<ReturnType<typeof openFilesystemStore>>) => Promise<void>,
) {
  const folder = await Deno.makeTempDir({ prefix: "cugro-data-" });
  const store = await openFilesystemStore({ root: join(folder, "store"), lock: true });
  try {
    await use(folder, store);
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a task's dataset leaves as it was learnt, in every format, and a warning first of anything that cannot be written", () =>
  inStore(async (folder, store) => {
    const dataset = exampleDataset();
    const hash = datasetHash(dataset);
    await createLearner({ store, name: "mine", seed: 1, preset: "smoke" });
    const { artifact } = await putArtifact(store, new Uint8Array(8));
    const fact: TaskFact = {
      ...{ schema: 1, task: 1, arrival: 1, name: "walk", size: dataset.size, episodes: 1, bytes: 0 },
      ...{ horizon: 10, stateDim: dataset.stateDim, actionDim: dataset.actionDim, environment: null },
      ...{ anchors: { random: 0, good: 1, source: "test" }, datasetHash: hash, importJob: sha256("import") },
      ...{ normaliser: artifact, sketch: artifact },
    };
    await store.put(taskKey("mine", 1), encodeFact(fact, taskFactSchema));
    await store.put(datasetKey(hash), encodeDataset(dataset));
    const place = ["--learner", "mine", "--store", join(folder, "store")];
    for (const name of ["a.parquet", "a.hdf5", "a.safetensors"]) {
      const { code, text } = await typed("datasets", "export", join(folder, name), "--task", "1", ...place);
      assertEquals(code, 0, text);
      const read = await typed("datasets", "inspect", "--json", join(folder, name));
      assertEquals(JSON.parse(read.text)[0].hash, hash, name);
    }
    const refused: [string[], string][] = [
      [["a.parquet", "--task", "1"], "exists already"],
      [["b.parquet", "--task", "2"], "has no task 2: it has 1"],
      [["b.csv", "--task", "1"], "that format can be read but not written"],
      [["b.parquet", "--task", "1", "--version", "2"], "needs --replay"],
      [["b.hdf5", "--task", "1", "--replay"], "end it in .parquet or .csv"],
      [["b.parquet", "--task", "1", "--replay"], "has no version: it has none yet"],
    ];
    for (const [[name, ...flags], words] of refused) {
      const { code, text } = await typed("datasets", "export", join(folder, name!), ...flags, ...place);
      assertEquals(code, 1, text);
      assertStringIncludes(text, words);
    }
    const { text } = await typed(
      "datasets",
      "export",
      join(folder, "c.parquet"),
      "--task",
      "1",
      "--learner",
      "mien",
      ...place.slice(2),
    );
    assertStringIncludes(text, "mine");
    await store.put(
      datasetKey(hash),
      encodeDataset({ ...dataset, rewards: dataset.rewards.map((one) => one + 1) }),
    );
    const damaged = await typed("datasets", "export", join(folder, "c.parquet"), "--task", "1", ...place);
    assertStringIncludes(damaged.text, "is damaged in the store");
  }));

Deno.test("replayShards() finds the shards of one task that one version was trained with, in order", () =>
  inStore(async (_folder, store) => {
    const learner = { name: "mine" } as LearnerFact;
    const jobs = [];
    // In another order than their places; one of another task, and one of another version.
    for (const [task, shard] of [[1, 1], [1, 0], [2, 0], [1, 2]] as const) {
      const id = sha256(`${task} ${shard}`);
      const output = await putArtifact(
        store,
        encodeShard(1, Float32Array.of(10 * task + shard), Float32Array.of(0)),
      );
      const job = {
        schema: 1,
        kind: "actions.label",
        revision: 3,
        seed: 1,
        inputs: {},
        config: { task, shard },
      };
      await store.put(
        jobKey("actions.label", id),
        encodeFact({ schema: 1, learner: "mine", task, job } as never, jobFactSchema),
      );
      jobs.push({ id, kind: "actions.label", outputs: { shard: output } });
    }
    const version = (version: number, ids: string[]) => ({ version, jobs: ids });
    const status = {
      ...{ learner, jobs, versions: [version(1, []), version(2, jobs.slice(0, 3).map(({ id }) => id))] },
      // cast: of a status what the function reads.
    } as unknown as Parameters<typeof replayShards>[1];
    const found = await replayShards(store, status, 1, undefined);
    assertEquals([found.version, found.shards.map(({ states }) => states[0])], [2, [10, 11]]);
    await assertRejects(() => replayShards(store, status, 1, 1), Error, "a task's own version");
    await assertRejects(() => replayShards(store, status, 3, 2), Error, "Task 3 had no pseudo-samples");
    await assertRejects(() => replayShards(store, status, 1, 7), Error, "has no version 7: it has 1, 2");
    await store.delete(`artifacts/${jobs[1]!.outputs.shard.artifact}`);
    await assertRejects(() => replayShards(store, status, 1, undefined), Error, "are gone");
  }));
