import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { artifactKey } from "@cugro/protocol";
import { getArtifact, MissingInputError, putArtifact } from "./artifacts.ts";
import { openFilesystemStore } from "./folder/filesystem_store.ts";

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
