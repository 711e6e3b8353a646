import { assertEquals } from "@std/assert";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "../telemetry/log.ts";
import { openConfiguredStore } from "./open_seams.ts";

Deno.test("openConfiguredStore() tells the log once of each file whose name is no key, and what to do", async () => {
  const root = await mkdtemp(join(tmpdir(), "cugro-seams-"));
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ write: (line) => void lines.push(JSON.parse(line)) });
  const store = await openConfiguredStore({ store: root, s3: { region: "x" } }, log);
  try {
    const folder = join(root, "incoming", "walker");
    await mkdir(folder, { recursive: true });
    const strange = ["task 1.hdf5", "[2].hdf5", "läuft.hdf5", "a+b.hdf5"].map((name) => join(folder, name));
    for (const path of [...strange, join(folder, "good.hdf5")]) await writeFile(path, "x");
    for (let n = 0; n < 2; n++) {
      const keys = (await store.list("incoming/walker/")).map(({ key }) => key);
      assertEquals(keys, ["incoming/walker/good.hdf5"]);
    }
    const logged = lines.map(({ level, event, key }) => [level, event, key]);
    const wanted = strange.map((path) => [
      "warn",
      `the file ${path} cannot be taken: rename it to letters, digits and . _ = -`,
      path,
    ]);
    assertEquals(logged.sort(), wanted.sort());
  } finally {
    await store.close();
    await rm(root, { recursive: true });
  }
});
