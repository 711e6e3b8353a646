/** What a version's policy is made of, when somebody has written over the results that it was decided by. */
import { assertEquals } from "@std/assert";
import { publishExample } from "../../scripts/lab/experiments/example_learner.ts";
import { openBackend } from "@cugro/tensors";
import { openFilesystemStore, putArtifact } from "@cugro/store";
import { encodeFact, resultKey, type VersionFact, versionKey } from "@cugro/protocol";
import { readPolicy } from "./read_policy.ts";

Deno.test("readPolicy() takes the weights that were decided, whatever a result says by now", async () => {
  const root = await Deno.makeTempDir({ prefix: "cugro-serving-" });
  const store = await openFilesystemStore({ root });
  try {
    await openBackend();
    await publishExample({ store, name: "a" });
    const json = async (key: string) => JSON.parse(new TextDecoder().decode((await store.get(key))!.bytes));
    const fact: VersionFact = await json(versionKey("a", 1));
    const [behavior, critic] = [
      resultKey("behavior.train", fact.behaviorGenerator),
      resultKey("critic.train", fact.critic),
    ];
    const weightsIn = async (key: string) => (await json(key)).outputs.weights.artifact as string;
    const weights = {
      stateGenerator: await weightsIn(behavior),
      behaviorGenerator: await weightsIn(behavior),
      critic: await weightsIn(critic),
    };
    const policy = await readPolicy(store, "a");
    await store.put(versionKey("a", 1), encodeFact({ ...fact, weights }));
    assertEquals(await readPolicy(store, "a"), policy);

    const { artifact } = await putArtifact(store, new TextEncoder().encode("forged"));
    for (const key of [behavior, critic]) {
      const forged = await json(key);
      forged.outputs.weights.artifact = artifact;
      await store.put(key, encodeFact(forged));
    }
    assertEquals(await readPolicy(store, "a"), policy);
  } finally {
    await store.close();
    await Deno.remove(root, { recursive: true });
  }
});
