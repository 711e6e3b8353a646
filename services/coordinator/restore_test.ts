import {
  deleteLearner,
  learnerExists,
  learnerStatus,
  listLearners,
  loadFacts,
  restoreLearner,
  validVersions,
} from "@cugro/learners";
import {
  artifactKey,
  checkpointKey,
  deletedKey,
  encodeFact,
  learnerPrefix,
  resultKey,
} from "@cugro/protocol";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { memoryStore } from "../../tests/fakes/memory_store.ts";
import { addFile, drive, learnerWith, pretend } from "../../tests/fakes/world.ts";
import { collectGarbage } from "./garbage.ts";

type MemoryStore = ReturnType<typeof memoryStore>;
const name = "a";
const hoursAfter = (store: MemoryStore, hours: number) => store.clock.now + hours * 3_600_000;

async function learnt(): Promise<MemoryStore> {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"]);
  await drive(store, pretend());
  // What is of no use to anybody, as the data of learnt tasks, is gone before.
  await collectGarbage({ store, now: hoursAfter(store, 25) });
  return store;
}

/** Everything under these prefixes, by key and etag. */
async function contents(store: MemoryStore): Promise<string[]> {
  const infos = await Promise.all(
    ["jobs/", "artifacts/", "datasets/", "incoming/"].map((each) => store.list(each)),
  );
  return infos.flat().map(({ key, etag }) => `${key} ${etag}`);
}

Deno.test("restoreLearner() brings a learner back as it was, until garbage collection has had it", async () => {
  const store = await learnt();
  // A task that is under way, with a job half done and a file that waits.
  await addFile(store, "three");
  let rounds = 0;
  await assertRejects(() =>
    drive(store, pretend(), {
      choose: (ids) => {
        if (++rounds > 3) throw new Error("enough");
        return ids;
      },
    })
  );
  const { jobs } = await loadFacts(store, name);
  const [open, { kind }] = [...jobs].find(([, { result }]) => !result)!;
  await store.put(checkpointKey(kind!, open), encodeFact({}));
  const before = await contents(store);
  store.clock.now = hoursAfter(store, 48);
  await deleteLearner({ store, name });
  assertEquals([await listLearners(store), await learnerExists(store, name)], [[], false]);
  assertEquals((await learnerStatus(store, name)).deleted, true);
  assertEquals((await collectGarbage({ store, now: hoursAfter(store, 23) })).removed, []);
  await restoreLearner({ store, name });
  assertEquals([await listLearners(store), await learnerExists(store, name)], [[name], true]);
  assertEquals(await contents(store), before);
  await assertRejects(() => restoreLearner({ store, name }), RangeError, "is not deleted");
  assertEquals((await collectGarbage({ store, now: hoursAfter(store, 100) })).removed, []);
  await drive(store, pretend());
  assertEquals(validVersions(await loadFacts(store, name)).length, 3);
  // Once more, and too late.
  await deleteLearner({ store, name });
  await deleteLearner({ store, name });
  assertEquals(await listLearners(store), []);
  await collectGarbage({ store, now: hoursAfter(store, 25) });
  const refusal = await assertRejects(
    () => restoreLearner({ store, name }),
    RangeError,
    "cannot be restored",
  );
  for (const what of ["the weights of version 3", "the normaliser of task 1"]) {
    assert(refusal.message.includes(what), refusal.message);
  }
  assertEquals(await contents(store), []);
});

Deno.test("of a restoration and a collection at the same time exactly one happens", async () => {
  for (const first of ["restored", "swept"] as const) {
    const store = await learnt();
    await deleteLearner({ store, name });
    const before = await contents(store);
    const sweep = () => collectGarbage({ store, now: hoursAfter(store, 25) });
    const restore = () => restoreLearner({ store, name });
    // The other one comes between what the first looks at and what it writes.
    const { put } = store;
    let between: Promise<unknown> | undefined;
    store.put = async (key, ...rest) => {
      if (key.startsWith(learnerPrefix(name)) && !between) {
        between = Promise.resolve();
        between = (first === "restored" ? restore() : sweep()).catch((error) => error);
        await between;
      }
      return await put(key, ...rest);
    };
    const outcome = await (first === "restored" ? sweep() : restore()).catch((error) => error);
    assertEquals(await learnerExists(store, name), first === "restored");
    assertEquals(await contents(store), first === "restored" ? before : []);
    assertEquals(outcome instanceof RangeError, first === "swept");
  }
});

Deno.test("restoreLearner() refuses what an earlier version of the software has swept, and keeps what was lost before", async () => {
  const store = await learnt();
  const { versions, tasks } = await loadFacts(store, name);
  await store.put(deletedKey(name), encodeFact({ schema: 1, name, reason: "x" }));
  // Lost for another reason: the learner comes back with it.
  await store.delete(artifactKey(tasks[0]!.normaliser));
  await restoreLearner({ store, name });
  await deleteLearner({ store, name });
  await store.delete(resultKey("critic.train", versions[1]!.critic));
  await assertRejects(() => restoreLearner({ store, name }), RangeError, "the weights of version 2");
  assertEquals(await learnerExists(store, name), false);
});

Deno.test("deleteLearner() deletes a learner whose facts are damaged, and none that never was", async () => {
  const store = await learnt();
  await store.put(`${learnerPrefix(name)}tasks/1.json`, new TextEncoder().encode("{"));
  await deleteLearner({ store, name });
  assertEquals(await listLearners(store), []);
  await assertRejects(() => deleteLearner({ store, name: "ghost" }), RangeError, 'no learner "ghost"');
});
