/** `cugro datasets`: files and folders, as a person types it. */
import { typed } from "../../../tests/fakes/typed_command.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { sampleFolder } from "../../../shared/datasets/formats/testing/sample.ts";
import { encodeDataset } from "@cugro/datasets";
import { exampleDataset } from "../../../tests/fakes/example_dataset.ts";
import { onSmallDisk } from "../../../tests/fakes/small_disk.ts";
import { createProgram } from "../cugro.ts";

const type = (...args: string[]) => typed("datasets", ...args);

async function good(...args: string[]): Promise<string> {
  const { code, text } = await type(...args);
  assertEquals(code, 0, text);
  return text;
}

async function refused(words: string, ...args: string[]): Promise<void> {
  const { code, text } = await type(...args);
  assertEquals([code, text.split("\n").length], [1, 1], text);
  assertStringIncludes(text, words);
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "cugro-convert-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const sample = (name: string) => sampleFolder(name);
const hashOf = async (...args: string[]) =>
  JSON.parse(await good("inspect", "--json", ...args))[0].hash as string;
const names = async (folder: string) =>
  (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();

Deno.test("what is converted has the same hash, through all formats and back, from files and folders", async () => {
  await inFolder(async (folder) => {
    const map = [
      "observations=x,y,v",
      "next_observations=x',y',v'",
      "actions=force x,force y",
      "rewards=score",
    ];
    const own = [...map, "terminals=fell", "timeouts=cut"].flatMap((one) => ["--map", one]);
    const sources: [string, string[], string[], ...string[]][] = [
      ["d4rl.hdf5", ["a.parquet", "b.safetensors", "c.h5"], []],
      ["minari", ["d.safetensors"], ["infos"]],
      ["lerobot", ["e.parquet"], ["timestamp", "frame_index", "index", "task_index"]],
      ["own_names.csv", ["f.hdf5"], [], ...own],
      ["ogbench.npz", ["g.parquet"], ["qpos", "qvel"], "--reward", "-1-per-step"],
    ];
    for (const [name, steps, leftOut, ...options] of sources) {
      const hash = await hashOf(sample(name), ...options);
      let from = sample(name);
      for (const [i, step] of steps.entries()) {
        const file = join(folder, step);
        const result = JSON.parse(await good("convert", from, file, "--json", ...i === 0 ? options : []));
        assertEquals([result.hash, result.changed, result.leftOut], [hash, [], i === 0 ? leftOut : []], step);
        from = file;
      }
      assertEquals(await hashOf(from), hash, name);
    }
    assertEquals((await names(folder)).length, 7, "nothing else is left");
  });
});

Deno.test("convert replaces nothing unless told to, and leaves nothing half done", async () => {
  await inFolder(async (folder) => {
    const out = join(folder, "out.parquet");
    await Deno.writeTextFile(out, "mine");
    const from = sample("d4rl.npz");
    await refused("it exists already", "convert", from, out);
    assertEquals(await Deno.readTextFile(out), "mine");
    await refused("that format can be read but not written", "convert", from, join(folder, "out.csv"));
    await refused("its ending names no format", "convert", from, join(folder, "out"));
    await refused(
      "--to must be one of hdf5, parquet, safetensors",
      "convert",
      from,
      out,
      "--to",
      "npz",
      "--force",
    );
    await refused("there is no folder", "convert", from, join(folder, "none", "out.hdf5"));
    await refused("it is a folder", "convert", from, folder, "--to", "hdf5", "--force");
    await refused("is the path right?", "convert", join(folder, "none.hdf5"), join(folder, "a.hdf5"));
    await refused("field rewards", "convert", sample("ogbench.npz"), join(folder, "a.hdf5"));
    assertEquals(await names(folder), ["out.parquet"]);
    assertStringIncludes(
      await good("convert", from, out, "--force"),
      "96 transitions [3] [2] as parquet",
    );
    await good("convert", out, join(folder, "named"), "--to", "safetensors");
    assertEquals(await hashOf(join(folder, "named")), await hashOf(from));
    // In place of itself.
    await good("convert", out, out, "--force");
    assertEquals(await hashOf(out), await hashOf(from));
  });
});

Deno.test("what cannot be read at all is named before anything is judged, and a pipe can be", async () => {
  await inFolder(async (folder) => {
    const from = sample("d4rl.npz");
    const [pipe, file, none] = ["pipe", "inner/a.npz", "none.hdf5"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await Deno.mkdir(join(folder, "inner"));
    await Deno.copyFile(from, file);
    for (const command of ["validate", "inspect"]) {
      await refused(
        `name the files in it, in the order of their tasks: ${file}`,
        command,
        from,
        `${folder}/inner`,
      );
      await refused(`Cannot read ${none}: is the path right?`, command, "--json", from, none);
    }
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    for (const command of ["validate", "stats"]) {
      const writer = Deno.writeFile(pipe, await Deno.readFile(from), { create: false });
      assertStringIncludes(await good(command, pipe), "96 transitions");
      await writer;
    }
  });
});

Deno.test("a file's name cannot change what is around it on the screen", () =>
  inFolder(async (folder) => {
    const file = join(folder, "a\x1b[2J.npz");
    await Deno.copyFile(sample("d4rl.npz"), file);
    const convert = ["convert", file, join(folder, "b\x1b[2J.h5")];
    for (const args of [["validate", file], ["inspect", file], ["stats", file], convert]) {
      const text = await good(...args);
      assert(!text.includes("\x1b") && text.includes("\\u001b[2J."), text);
    }
  }));

Deno.test("a map that is given twice is refused", () =>
  refused(
    "--map actions is given twice",
    "validate",
    sample("d4rl.npz"),
    "--map",
    "actions=a",
    "--map",
    "actions=b",
  ));

Deno.test("convert and stats put no file in the place of a pipe or a link", async () => {
  await inFolder(async (folder) => {
    const [pipe, link, nowhere, out] = ["pipe.hdf5", "link.svg", "nowhere.hdf5", "out.svg"]
      .map((name) => join(folder, name)) as [string, string, string, string];
    const from = sample("d4rl.npz");
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    await refused("it is a device or a pipe", "convert", from, pipe, "--force");
    assert((await Deno.lstat(pipe)).isFifo);
    await Deno.symlink(join(folder, "none.hdf5"), nowhere);
    await refused("a link to a missing file", "convert", from, nowhere, "--force");
    await Deno.writeTextFile(out, "before");
    await Deno.symlink(out, link);
    await good("stats", from, "--picture", link);
    assert((await Deno.lstat(link)).isSymlink);
    assertStringIncludes(await Deno.readTextFile(out), "<svg");
    assertEquals(await names(folder), ["link.svg", "nowhere.hdf5", "out.svg", "pipe.hdf5"]);
  });
});

Deno.test("convert on a full disk says so, and keeps what was there", () =>
  onSmallDisk("60k", async (root) => {
    const out = join(root, "walk.parquet");
    await Deno.writeTextFile(out, "mine");
    const large = join(await Deno.makeTempDir(), "large.safetensors");
    await Deno.writeFile(large, encodeDataset(exampleDataset(300, 10)));
    await refused(`Cannot write ${out}: ENOSPC`, "convert", large, out, "--force");
    assertEquals([await names(root), await Deno.readTextFile(out)], [["walk.parquet"], "mine"]);
    await Deno.remove(large);
  }));

Deno.test("stats tells the spread of returns, states and actions, and draws it", async () => {
  await inFolder(async (folder) => {
    const picture = join(folder, "walk.svg");
    const text = await good("stats", sample("minari"), "--picture", picture);
    for (
      const words of [
        "7 episodes",
        "2 of which ended by themselves",
        "median",
        "state 2",
        "action 1",
        picture,
      ]
    ) {
      assertStringIncludes(text, words);
    }
    assertStringIncludes(await Deno.readTextFile(picture), "Reach of each state dimension");
    const result = JSON.parse(
      await good(
        "stats",
        sample("columns.csv"),
        "--json",
        "--map",
        "observations=obs_2,obs_0",
        "--map",
        "next_observations=next_obs_2,next_obs_0",
      ),
    );
    const whole = JSON.parse(await good("stats", sample("columns.csv"), "--json"));
    assertEquals(result.states, [whole.states[2], whole.states[0]]);
    assertEquals([whole.episodes, whole.episodeLength.median, whole.states.length], [7, 15, 3]);
    await refused(
      "there is no folder",
      "stats",
      sample("minari"),
      "--picture",
      join(folder, "none", "walk.svg"),
    );
    await refused("--picture draws SVG", "stats", sample("minari"), "--picture", join(folder, "walk.png"));
  });
});

Deno.test("every command of datasets shows an example; what reads files takes folders and --map", async () => {
  const datasets = (await createProgram(["datasets"])).commands.find((command) =>
    command.name() === "datasets"
  )!;
  assertEquals(datasets.commands.map((command) => command.name()), [
    "inspect",
    "validate",
    "stats",
    "convert",
    "export",
  ]);
  for (const command of datasets.commands) {
    let help = "";
    command.configureOutput({ writeOut: (text) => help += text }).outputHelp();
    const ofFiles = command.name() === "export" ? [] : ["--map", "folder", "--json"];
    for (const words of ["Example", `cugro datasets ${command.name()} `, ...ofFiles]) {
      assertStringIncludes(help, words, command.name());
    }
    assert(help.split("\n").every((line) => line.length <= 120));
  }
});
