/**
 * Folders that are a dataset, sent to a gateway by `cugro add` and dropped as an archive, told by `--map` and by a sidecar: what is
 * imported is what `cugro datasets` reads of the folder itself.
 */
import { sleep } from "@cugro/async";
import { createHandlers } from "@cugro/dataset-import";
import { datasetHash, packFolder, readDataset, type ReadOptions } from "@cugro/datasets";
import { createLearner, type LearnerFacts, loadFacts } from "@cugro/learners";
import { incomingKey } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runCommandLine } from "../../scripts/cli/cugro.ts";
import { sampleFolder } from "../../shared/datasets/formats/testing/sample.ts";
import { withLearningGateway } from "../fakes/learning_gateway.ts";

const LEROBOT = sampleFolder("lerobot");
const MINARI = sampleFolder("minari");

/** Others than the columns that would be taken. */
const MAP = { observations: ["action", "timestamp"], rewards: ["index"] };

async function hashOf(folder: string, options: ReadOptions = {}): Promise<string> {
  return datasetHash(readDataset((await packFolder(folder))!.body, folder, options).dataset);
}

async function until(store: Store, done: (facts: LearnerFacts) => boolean): Promise<LearnerFacts> {
  const deadline = performance.now() + 120_000;
  while (true) {
    const facts = await loadFacts(store, "a");
    if (done(facts)) return facts;
    assert(
      performance.now() < deadline,
      `still ${facts.tasks.length} tasks, rejected ${facts.rejections.map(({ reason }) => reason)}`,
    );
    await sleep(50);
  }
}

async function cugro(...args: string[]): Promise<{ code: number; text: string }> {
  const { log, error } = console;
  const printed: string[] = [];
  console.log = console.error = (text: unknown) => void printed.push(String(text));
  try {
    return { code: await runCommandLine(args), text: printed.join("\n") };
  } finally {
    Object.assign(console, { log, error });
  }
}

Deno.test("a folder is sent to a gateway as one dataset, with --map; its archive is dropped with a sidecar", () =>
  withLearningGateway(async ({ url, tokens, store }) => {
    await createLearner({ store, name: "a", seed: 1, preset: "smoke" });
    const add = (folder: string, ...more: string[]) =>
      cugro("add", folder, "--learner", "a", "--url", url, "--token", tokens.admin, ...more);
    const sent = [
      await add(MINARI),
      await add(LEROBOT, "--map", "observations=action,timestamp", "--map", "rewards=index"),
      await add(LEROBOT, "--map", "observations=weather"),
    ];
    for (const { code, text } of sent) assertEquals(code, 0, text);
    const again = await add(MINARI);
    assertStringIncludes(again.text, "a has it already");
    // The same archive, told otherwise by what lies beside it.
    const drop = async (name: string, folder: string, reading: ReadOptions) => {
      await store.put(`${incomingKey("a", name)}.json`, new TextEncoder().encode(JSON.stringify(reading)));
      await store.put(incomingKey("a", name), (await packFolder(folder))!.body);
    };
    const sidecar = {
      map: { observations: ["observation.state"], rewards: ["timestamp"] },
      actionLimit: [1, 2],
    };
    await drop("pusht.zip", LEROBOT, sidecar);
    const { tasks, rejections } = await until(
      store,
      (facts) => facts.tasks.length === 3 && facts.rejections.length === 1,
    );
    assertEquals(tasks.map(({ datasetHash, stateDim }) => [datasetHash, stateDim]), [
      [await hashOf(MINARI), 3],
      [await hashOf(LEROBOT, { map: MAP }), 3],
      [await hashOf(LEROBOT, sidecar), 3],
    ]);
    assertMatch(
      rejections[0]!.reason,
      /field weather: observations are to be made of it, and it is not there/,
    );
    assertEquals(new Set(tasks.map(({ datasetHash }) => datasetHash)).size, 3);
  }, { real: createHandlers(), intervalMs: 200 }));
