import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { isStreamThere, prepareStream } from "../streams/known_streams.ts";
import { parseGrid } from "./grid_file.ts";
import { runGrid } from "./run_grid.ts";

const STREAMS = {
  one: { family: "walker-params", episodes: 1, goals: [[5]] },
  two: { family: "walker-params", episodes: 1, goals: [[4]] },
};
const TEXT = JSON.stringify({
  about: "two streams",
  data: STREAMS,
  preset: "smoke",
  rows: [{ methods: ["ours"], streams: ["one", "two"], seeds: [0] }],
});

/** What a dry run says, and what is in the work folder then. */
async function dryRun(work: string, only?: string): Promise<string[]> {
  const { error } = console;
  const printed: string[] = [];
  console.error = (text: unknown) => void printed.push(String(text));
  try {
    const named = { grid: parseGrid(TEXT, "grid.json"), path: "grid.json", name: "grid", command: "" };
    const options = { work, parallel: 1, workers: 1, dryRun: true, ...only === undefined ? {} : { only } };
    await runGrid(named, options);
  } finally {
    console.error = error;
  }
  return printed;
}

Deno.test("a dry run lists the runs and makes nothing, neither data nor a folder", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const work = join(folder, "work");
    const printed = await dryRun(work);
    assertEquals(printed.slice(2), ["2 runs, 2 of them to run", "data that is made first: one, two"]);
    assertEquals([...Deno.readDirSync(folder)], []);
    assertEquals((await dryRun(work, "two")).slice(1), [
      "1 runs, 1 of them to run",
      "data that is made first: two",
    ]);
    await prepareStream("one", work, STREAMS);
    assertEquals([await isStreamThere("one", work, STREAMS), await isStreamThere("two", work, STREAMS)], [
      true,
      false,
    ]);
    assertEquals((await dryRun(work)).at(-1), "data that is made first: two");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
