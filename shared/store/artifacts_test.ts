import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { artifactKey } from "@cugro/protocol";
import { getArtifact, MissingInputError, putArtifact } from "./artifacts.ts";
import { memoryStore } from "../../tests/fakes/memory_store.ts";
import { openFilesystemStore } from "./folder/filesystem_store.ts";
import type { Store } from "./store.ts";

Deno.test("putArtifact() asks whether it is there only where writing it again would cost more", async () => {
  const store = memoryStore();
  let asked = 0;
  const watched: Store = Object.assign(Object.create(store), {
    head: (key: string) => (asked++, store.head(key)),
  });
  for (let twice = 0; twice < 2; twice++) await putArtifact(watched, new Uint8Array(1_000));
  assertEquals(asked, 0);
  const { artifact } = await putArtifact(watched, new Uint8Array(100_000));
  assertEquals(asked, 1);
  assertEquals((await getArtifact(watched, artifact)).length, 100_000);
});

Deno.test("getArtifact() tells missing from damaged", async () => {
  const root = await Deno.makeTempDir();
  const store = await openFilesystemStore({ root });
  const { artifact } = await putArtifact(store, Uint8Array.of(1));
  assertEquals([...await getArtifact(store, artifact)], [1]);
  const missing = await getArtifact(store, "0".repeat(64)).catch((error) => error);
  assert(missing instanceof MissingInputError && missing.name === "MissingInputError");
  await Deno.writeFile(`${root}/artifacts/${artifact}`, Uint8Array.of(2));
  const damaged = await getArtifact(store, artifact).catch((error) => error);
  assert(damaged instanceof MissingInputError && damaged.name === "CorruptArtifactError");
  assertStringIncludes(damaged.message, `artifacts/${artifact} is damaged`);
  assertEquals(await store.head(artifactKey(artifact)), undefined, "it counts as missing from now on");
  assertEquals([...(await store.get(`${artifactKey(artifact)}.damaged`))!.bytes], [2]);
  await store.close();
  await Deno.remove(root, { recursive: true });
});
