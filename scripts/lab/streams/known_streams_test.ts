import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { readDataset } from "@cugro/datasets";
import { familyInfo, goalFault } from "@cugro/environments";
import { META_WORLD_TASKS } from "@cugro/environments/metaworld";
import { join } from "node:path";
import { UsageError } from "../../cli/commands/print_output.ts";
import { KNOWN_STREAMS, type KnownStream, prepareStream } from "./known_streams.ts";
import { withFolder } from "../../../tests/fakes/test_folder.ts";

const TINY = { tiny: { family: "walker-params", goals: [[5]], episodes: 1 } };

Deno.test("every known stream can be made: its policy is shipped, its goals are its family's, or Meta-World has its tasks", () => {
  for (const [name, stream] of Object.entries(KNOWN_STREAMS)) {
    if ("metaWorld" in stream) {
      assertEquals(stream.metaWorld.filter((task) => !META_WORLD_TASKS.includes(task)), []);
      continue;
    }
    const { family, goals } = stream;
    const info = familyInfo(family)!;
    assertEquals(name, family);
    assert(info.policyShipped);
    assert(goals.length >= 4);
    for (const goal of goals) assertEquals(goalFault(info, goal), undefined);
  }
});

Deno.test("prepareStream() makes what is missing, the same again, and leaves what is there", () =>
  withFolder(async (work) => {
    const made = await prepareStream("tiny", work, TINY);
    const path = join(work, "data", "tiny", "task1.hdf5");
    assertEquals([made.name, made.files, Object.keys(made.hashes)], ["tiny", [path], ["task1.hdf5"]]);
    for (const hash of Object.values(made.hashes)) assertMatch(hash, /^[0-9a-f]{64}$/);
    const { metadata } = (await readDataset(await Deno.readFile(path), "task1.hdf5")).dataset;
    assertEquals([metadata.family, metadata.goal, metadata.env], ["walker-params", [5], "Walker2d-v5"]);
    const before = await Deno.stat(path);
    assertEquals(await prepareStream("tiny", work, TINY), made);
    assertEquals((await Deno.stat(path)).mtime, before.mtime);
    await Deno.remove(path);
    assertEquals(await prepareStream("tiny", work, TINY), made);
    assertEquals((await prepareStream(join(work, "data", "tiny"), work)).hashes, made.hashes);
  }));

Deno.test("prepareStream() makes data of another quality on the same scale of scores, and takes no other data for it", () =>
  withFolder(async (work) => {
    const stream = { family: "swimmer-dir", goals: [[1, 0]], episodes: 1, goodEpisodes: 1 };
    const mix = { random: 1, early: 0, medium: 0, final: 0 };
    const read = async (known: KnownStream, folder: string) => {
      const { files } = await prepareStream("poor", join(work, folder), { poor: known });
      return (await readDataset(await Deno.readFile(files[0]!), "task1.hdf5")).dataset;
    };
    const poor = await read({ ...stream, mix }, "poor");
    const scaled = await read({ ...stream, mix, rewardScale: 100 }, "scaled");
    assertEquals(poor.metadata.returnFinalPolicy, scaled.metadata.returnFinalPolicy);
    assert(poor.metadata.returnFinalPolicy! > poor.metadata.returnRandom!);
    assertEquals(scaled.rewards, poor.rewards.map((reward) => reward * 100));
    await assertRejects(() => read({ ...stream, mix, episodes: 2 }, "poor"), UsageError, "was made by");
  }));

Deno.test("prepareStream() says of an argument that is no stream what it could be", () =>
  withFolder(async (work) => {
    await assertRejects(() => prepareStream(work, work), UsageError, "there is no dataset in it");
    await assertRejects(
      () => prepareStream("ant-dir", work),
      UsageError,
      "ant-dir is neither a folder nor a stream that can be made here: cheetah-vel, swimmer-dir, walker-params, hopper-vel, maze-dir, meta-world-cl5, cw10",
    );
  }));
