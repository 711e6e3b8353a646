/**
 * A dataset that has grown, through the command line and real workers: what is done again, what is not, and what it scores.
 */
import { type Dataset, encodeDataset, readDataset } from "@cugro/datasets";
import {
  type RevisionFact,
  revisionKey,
  type TaskFact,
  taskKey,
  type VersionFact,
  versionKey,
} from "@cugro/protocol";
import { decodeNormaliser } from "@cugro/jobs";
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withFolder } from "../fakes/test_folder.ts";
import { finishedJobs, runCommand, startCommand } from "./embedded.ts";
import { episodesFrom } from "./short_episodes.ts";

const SWIMMER = fileURLToPath(new URL("../fixtures/store_0.2/task3.hdf5", import.meta.url));
const SMOKE = [
  ...["--preset", "smoke", "--workers", "1", "--json"],
  ...[
    "stateSteps=20",
    "behaviorSteps=20",
    "criticSteps=20",
    "evaluationEpisodes=2",
    "candidates=2",
    "actingEvaluations=1",
  ]
    .flatMap((knob) => ["--set", knob]),
];

/** Steps of an episode that are kept: an evaluation takes as many. */
const LENGTH = 60;

/** The beginnings of a dataset's first episodes. */
const firstEpisodes = (dataset: Dataset, count: number, sign = 1): Dataset =>
  episodesFrom(dataset, { count, steps: LENGTH, sign });

async function factIn<T>(store: string, key: string): Promise<T> {
  return JSON.parse(await readFile(join(store, key), "utf8"));
}

/** Kinds of the jobs that one look has and an earlier one has not, sorted. */
function madeSince(before: Awaited<ReturnType<typeof finishedJobs>>, after: typeof before): string[] {
  return [...after].filter(([id]) => !before.has(id)).map(([, { kind }]) => kind).sort();
}

Deno.test("cugro run learns a task whose dataset has grown on the whole, and replays the other one only", async () => {
  const { dataset: data } = await readDataset(await readFile(SWIMMER), "task3.hdf5");
  await withFolder(async (folder) => {
    const store = join(folder, "store");
    const file = async (name: string, dataset: Dataset) => {
      await writeFile(join(folder, name), encodeDataset(dataset));
      return join(folder, name);
    };
    const week1 = await file("week1.safetensors", firstEpisodes(data, 3));
    const week2 = await file("week2.safetensors", firstEpisodes(data, 6));
    const other = await file("other.safetensors", firstEpisodes(data, 4, -1));
    const learn = (learner: string, ...files: string[]) => [
      ...["run", ...files, "--learner", learner, "--store", store, ...SMOKE],
    ];
    const before = JSON.parse(await runCommand(learn("two", week1, other)));
    const done = await finishedJobs(store);

    const adding = startCommand(["add", week2, "--learner", "two", "--store", store]);
    await adding.ended;
    const running = startCommand(learn("two"));
    const { output } = await running.ended;
    for (const command of [adding, running]) {
      assertStringIncludes(
        command.errors(),
        "the first 180 rows of this file are task 1's, and 180 are new: it becomes revision 1 of task 1; --as-new-task",
      );
    }
    const after = JSON.parse(output);
    assertEquals([after.tasks.length, after.versions, after.head], [2, [1, 2, 3], 3]);
    // The rows of the versions before stay, and the new one has a score of both tasks.
    assertEquals(after.resultsMatrix.slice(0, 2), before.resultsMatrix);
    assert(after.resultsMatrix[2].every((score: unknown) => typeof score === "number"));

    const again = await finishedJobs(store);
    for (const [id, job] of done) assertEquals(again.get(id), job, "nothing that was done is done again");
    const { jobs, kinds, row } = await factIn<VersionFact>(store, versionKey("two", 3));
    assertEquals(madeSince(done, again), [...kinds!].sort());
    assertEquals(jobs.every((id) => !done.has(id)), true);
    assertEquals(row.map(({ task }) => task), [2, 1]);
    const replayed = await Promise.all(
      jobs.filter((_, at) => kinds![at] === "actions.label").map(async (id) =>
        (await factIn<{ job: { config: { task: number } } }>(store, `jobs/actions.label/${id}/job.json`)).job
      ),
    );
    assertEquals([...new Set(replayed.map(({ config }) => config.task))], [2]);

    const [task, revision] = [
      await factIn<TaskFact>(store, taskKey("two", 1)),
      await factIn<RevisionFact>(store, revisionKey("two", 1, 1)),
    ];
    const normaliser = async (hash: string) =>
      decodeNormaliser(new Uint8Array(await readFile(join(store, "artifacts", hash)))).states;
    const [was, is] = [await normaliser(task.normaliser), await normaliser(revision.normaliser)];
    assertEquals([is.centre, is.halfRange], [was.centre, was.halfRange]);
    assert(
      was.min.every((value, d) => is.min[d]! <= value) && was.max.every((value, d) => is.max[d]! >= value),
    );
    assertNotEquals([is.min, is.max], [was.min, was.max]);
    assertNotEquals(task.sketch, revision.sketch);

    // Alone it replays nothing; what the learner before has done of it is not done again.
    const alone = JSON.parse(await runCommand(learn("one", week1, week2)));
    assertEquals([alone.tasks.length, alone.versions], [1, [1, 2]]);
    assertEquals(madeSince(again, await finishedJobs(store)), [
      ...["behavior.train", "critic.train", "dataset.import", "dataset.import"],
      ...["policy.evaluate", "states.train"],
    ]);
  });
});
