import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";

/**
 * Rooms that others may import, and whether their public types are written out; those are not that zod infers, or that
 * follow from the table of knobs.
 */
const ROOMS = { protocol: false, client: false, datasets: true, hdf5: true, algorithm: false, tensors: true };

for (const [room, isExplicit] of Object.entries(ROOMS)) {
  Deno.test(`shared/${room} can be published`, async () => {
    const { code, stderr, stdout } = await new Deno.Command(Deno.execPath(), {
      // Types are checked by `deno task check`.
      args: [
        ...["publish", "--dry-run", "--allow-dirty", "--no-check"],
        ...(isExplicit ? [] : ["--allow-slow-types"]),
      ],
      cwd: fileURLToPath(new URL(`../../shared/${room}`, import.meta.url)),
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
    assertEquals(code, 0, text);
    const files = [...text.matchAll(/^ +file:\/\/\S+\/(\S+) \(/gm)].map(([, name]) => name!);
    assert(["mod.ts", "README.md", "LICENSE"].every((name) => files.includes(name)), text);
    assertEquals(files.filter((name) => name.endsWith("_test.ts")), []);
  });
}
