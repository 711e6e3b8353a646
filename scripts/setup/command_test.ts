/** `cugro` as an installed command, from a folder that has nothing to do with the repository. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { version } from "@cugro/telemetry";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installCommand } from "./command.ts";

Deno.test("the installed command says nothing but what was asked for, and counts paths from where one stands", async () => {
  const folder = await Deno.makeTempDir({ prefix: "cugro it's " });
  try {
    const path = await installCommand(join(folder, "bin"));
    assertEquals(await installCommand(join(folder, "bin")), path, "again, over itself");
    const type = async (...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command(path, { args, cwd: folder }).output();
      const read = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { code, out: read(stdout), err: read(stderr) };
    };
    assertEquals(await type("--version"), { code: 0, out: `${version}\n`, err: "" });
    const help = await type("--help");
    assertEquals([help.code, help.err], [0, ""]);
    assertStringIncludes(help.out, "Usage: cugro");
    const missing = await type("datasets", "inspect", "here/none.hdf5");
    assertEquals(missing.code, 1);
    assertStringIncludes(missing.err, `It is relative to ${folder}`);
    const { out } = await type("status", "--store", ".");
    assertEquals(out, "No learner in .; cugro run FILES --learner NAME --store . makes one\n");
    await writeFile(path, "#!/bin/sh\necho mine\n");
    await assertRejects(() => installCommand(join(folder, "bin")), Error, "There is another");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
