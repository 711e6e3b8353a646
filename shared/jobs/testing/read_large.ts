/**
 * Reads the rows of a critic's training out of a large dataset in a process of its own, and prints as JSON by how many
 * bytes the most memory that it has held has grown by it.
 *
 *     read_large.ts ROWS TRAINING_ROWS
 * @module
 */
import { datasetKey } from "@cugro/protocol";
import process from "node:process";
import { withJobs } from "../../../tests/fakes/job_bench.ts";
import { readCriticInput } from "../training_input.ts";

const [size, trainingRows] = process.argv.slice(2).map(Number) as [number, number];
const WIDTHS = { actions: 6, nextStates: 17, rewards: 1, states: 17, terminals: 0, timeouts: 0 };
const EPISODE = 1_000;

/** A stored dataset of zeros, but for the ends of its episodes. */
async function* pieces(): AsyncGenerator<Uint8Array> {
  let end = 0;
  const header = Object.entries(WIDTHS).map(([name, width]) => {
    const [begin, isFlag] = [end, width === 0];
    end += size * (isFlag ? 1 : 4 * width);
    const shape = width > 1 ? [size, width] : [size];
    return [name, { dtype: isFlag ? "U8" : "F32", shape, data_offsets: [begin, end] }];
  });
  const json = JSON.stringify(Object.fromEntries(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(json.length), true);
  yield length;
  yield new TextEncoder().encode(json);
  for (const [name, width] of Object.entries(WIDTHS)) {
    const episode = new Uint8Array(EPISODE * (width === 0 ? 1 : 4 * width));
    if (name === "timeouts") episode[EPISODE - 1] = 1;
    for (let row = 0; row < size; row += EPISODE) yield episode;
  }
}

const peakBytes = () => process.resourceUsage().maxRSS * 1024;

const look: Parameters<typeof withJobs>[0] = {
  "critic.train": async (context) => {
    const before = peakBytes();
    const { trainRows } = await readCriticInput(context);
    console.log(JSON.stringify({ grownBytes: peakBytes() - before, trainRows: trainRows.length }));
    return { outputs: { weights: new Uint8Array(1), curves: new Uint8Array(1) }, metrics: {} };
  },
};

await withJobs(look, {}, async ({ store, run }) => {
  const dataset = "ab".repeat(32);
  await store.putStream(datasetKey(dataset), pieces());
  const config = { task: 1, oldTasks: 0, heldOutSeed: 3, replayRows: 0, trainingRows };
  const { failure } = await run("critic.train", config, { dataset: { dataset } });
  if (failure) throw new Error(failure.message);
});
