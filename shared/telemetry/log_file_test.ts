import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { fileBefore, openLogFile } from "./log_file.ts";

Deno.test("openLogFile() goes on in a file, and keeps no more than two", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "logs", "run.jsonl");
    openLogFile(path).close();
    assertEquals([...Deno.readDirSync(folder)], [], "nothing is made before the first line");
    for (let run = 0; run < 2; run++) {
      const log = openLogFile(path, 25);
      for (let n = 0; n < 3; n++) log.write(`run ${run}: ${n}`);
      log.close();
    }
    assertEquals(await Deno.readTextFile(fileBefore(path)), "run 0: 2\nrun 1: 0\n");
    assertEquals(await Deno.readTextFile(path), "run 1: 1\nrun 1: 2\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openLogFile() loses lines where it cannot write, and says nothing", async () => {
  const file = await Deno.makeTempFile();
  try {
    const log = openLogFile(join(file, "log.jsonl"));
    log.write("one");
    log.close();
  } finally {
    await Deno.remove(file);
  }
});
