import { DISTANCE_LEVELS, fitNormaliser, type Normaliser, normaliserToStored } from "@cugro/algorithm/arrays";
import { datasetHash, encodeDataset, episodeHashes } from "@cugro/datasets";
import { decodeNormaliser, decodeStored, encodeStored } from "@cugro/jobs";
import { datasetKey, decodeEpisodes, incomingKey } from "@cugro/protocol";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { exampleDataset } from "../../tests/fakes/example_dataset.ts";
import { withJobs } from "../../tests/fakes/job_bench.ts";
import { createHandlers } from "./mod.ts";
import { measure } from "./measure_dataset.ts";

const SEEDS = { heldOutSeed: 3, seed: 1 };

Deno.test("an import makes the hashes of its episodes; measuring its stored dataset makes the same", async () => {
  const dataset = exampleDataset(20, 10);
  await withJobs(createHandlers(), {}, async ({ store, run }) => {
    const key = incomingKey("a", "walk.safetensors");
    const { etag } = await store.put(key, encodeDataset(dataset));
    const imported = await run("dataset.import", { key, etag, heldOutSeed: 3 }, {});
    assertEquals(decodeEpisodes(imported.outputs.episodes!), episodeHashes(dataset));
    const hash = datasetHash(dataset);
    assert(await store.head(datasetKey(hash)));
    const inputs = { dataset: { dataset: hash }, normaliser: imported.outputs.normaliser! };
    const measured = await run("dataset.measure", { heldOutSeed: 3 }, inputs);
    assertEquals(measured.outputs.episodes, imported.outputs.episodes);
    assertEquals(measured.outputs.normaliser, imported.outputs.normaliser, "there is nothing to widen");
    const { heldOutDistances } = imported.metrics as { heldOutDistances: number[] };
    assertEquals(heldOutDistances.length, DISTANCE_LEVELS.length);
    assertEquals(measured.metrics, { size: 200, heldOutDistances });
  });
});

Deno.test("measure() keeps centre and half-range of the task, and widens min and max", async () => {
  const grown = exampleDataset(20, 10);
  const week1 = exampleDataset(8, 10);
  const known: Normaliser = decodeNormaliser(encodeStored(normaliserToStored(fitNormaliser(week1))));
  const of = (bounds: Normaliser["states"], ...names: ("centre" | "halfRange" | "min" | "max")[]) =>
    names.map((name) => [...bounds[name]]);
  const { normaliser, sketch } = await measure(grown, { ...SEEDS, known });
  const widened = decodeNormaliser(normaliser);
  assertEquals(of(widened.states, "centre", "halfRange"), of(known.states, "centre", "halfRange"));
  // The second number of a state is its episode: more episodes reach further.
  assertEquals(of(widened.states, "min", "max"), [[0, 0], [9, 19]]);
  assertEquals(of(known.states, "max"), [[9, 7]]);
  const own = decodeNormaliser((await measure(grown, SEEDS)).normaliser);
  assertNotEquals(of(own.states, "halfRange"), of(known.states, "halfRange"));
  // The sketch is made of the rows that are held out of the whole, in the coordinates that stay.
  assertEquals([...decodeStored(sketch).centre!.data].slice(0, 2), [...known.states.centre]);
  assertEquals(decodeStored(sketch).size!.data[0], 20);
});
