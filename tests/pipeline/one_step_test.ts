/**
 * A learner whose first version can only sample learns two more tasks with networks that act in one step.
 */
import { artifactKey, parseFact, type VersionFact, versionFactSchema, versionKey } from "@cugro/protocol";
import { openFilesystemStore } from "@cugro/store";
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { withFolder } from "../fakes/test_folder.ts";
import { finishedJobs, runCommand, smallStream, startCommand } from "./embedded.ts";

const KNOBS = ["stateSteps=20", "behaviorSteps=20", "criticSteps=20", "evaluationEpisodes=5"].flatMap((
  knob,
) => ["--set", knob]);
const DISTIL = [
  "distil=both",
  "proposerSteps=20",
  "actorSteps=20",
  "proposerLabels=64",
  "actorLabels=64",
  "actingEpisodes=5",
]
  .flatMap((knob) => ["--set", knob]);

Deno.test("distil turned on later: all tasks are learnt by proposer and actor, kept by the next ones, and served as compared", async () => {
  await withFolder(async (folder) => {
    const files = await smallStream(folder, 3);
    const root = join(folder, "store");
    const of = ["--learner", "swim", "--store", root];
    await runCommand(["run", files[0]!, ...of, "--preset", "smoke", ...KNOBS, "--as-new-task"]);
    await runCommand(["run", files[1]!, files[2]!, ...of, ...DISTIL, "--from-next-task", "--as-new-task"]);

    const store = await openFilesystemStore({ root });
    const versions: VersionFact[] = [];
    for (const version of [1, 2, 3]) {
      const key = versionKey("swim", version);
      versions.push(parseFact(versionFactSchema, (await store.get(key))!.bytes, key));
    }
    const [first, second, third] = versions as [VersionFact, VersionFact, VersionFact];
    assertEquals([first.proposer, first.actor, first.row[0]!.acting, first.row[0]!.ways], [
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    const labelled = (version: VersionFact, kind: string) =>
      version.kinds!.filter((one) => one === kind).length;
    // Task 1 has no network to go on from, so its replay is labelled; later the parent answers for it.
    const shards = labelled(second, "actions.label");
    assertEquals([labelled(second, "proposer.label"), labelled(second, "actor.label")], [
      1 + shards,
      1 + shards,
    ]);
    assertEquals([labelled(third, "proposer.label"), labelled(third, "actor.label")], [1, 1]);
    for (const version of [second, third]) {
      for (const network of ["proposer", "actor"] as const) {
        assert(
          await store.head(artifactKey(version.weights![network]!)),
          `version ${version.version} ${network}`,
        );
      }
      const newest = version.row.at(-1)!;
      assertEquals(newest.ways!.at(-1)!.acting, "sampler");
      assertEquals(newest.ways!.at(-1)!.episodes, 5);
      const chosen = newest.ways!.find(({ passed }) => passed)!;
      assertEquals(newest.acting, chosen.acting);
    }
    // An old task goes on as it was served.
    assert(third.row[1]!.ways!.some(({ acting }) => acting === second.row[1]!.acting));
    const jobs = await finishedJobs(root);
    for (const { kind, outputs } of jobs.values()) {
      if (!kind.endsWith(".label") || kind === "actions.label") continue;
      assertEquals(
        await store.head(artifactKey(outputs.labels!.artifact)),
        undefined,
        "labels are kept for nobody",
      );
    }
    await store.close();

    assertStringIncludes(await runCommand(["status", ...of]), "how version 3, which serves, acts");
    const observations = JSON.stringify([Array.from({ length: 8 }, () => 0.1)]);
    const act = (
      ...more: string[]
    ) => ["act", ...of, "--task", "2", "--observations", observations, "--seed", "3", ...more];
    const answer = async (...more: string[]) => JSON.parse(await runCommand(act(...more))).actions;
    const actor = await answer("--acting", "actor");
    assertNotEquals(await answer("--acting", "proposer"), actor);
    const unable = startCommand(act("--acting", "proposer", "--version", "1", "--task", "1"));
    assertNotEquals((await unable.ended).code, 0);
    assertStringIncludes(unable.errors(), "version 1 has no proposer; it acts by sampler");
  });
});
