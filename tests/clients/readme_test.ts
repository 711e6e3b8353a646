/** The script in the README of the Python client, on a gateway that learns: coordinator, worker, training and acting are real. */
import { assertEquals, assertMatch } from "@std/assert";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withDashboard } from "../dashboard/served.ts";
import { withClientPython, withoutPython } from "./python.ts";

const README = new URL("../../shared/client/python/README.md", import.meta.url);

Deno.test(
  "the README's Python script hands over data of its own, sees them learnt, acts better than before, and has the results in pandas",
  {
    ignore: withoutPython,
  },
  () =>
    withClientPython(({ folder, run }) =>
      withDashboard(async ({ url, tokens }) => {
        const [, script] = /```python\n([^]*?)```/.exec(readFileSync(README, "utf8"))!;
        const path = join(folder, "round.py");
        writeFileSync(path, script!);
        const { code, stdout, stderr } = await run(path, { CUGRO_URL: url, CUGRO_TOKEN: tokens.submit });
        assertEquals([code, stderr], [0, ""], stdout);
        assertMatch(stdout, /^(\d+) of \1 bytes$/m);
        const [, learnt, still] = /^learnt: (\S+) still: (\S+)$/m.exec(stdout)!;
        assertEquals(Number(learnt) > Number(still), true, stdout);
        assertMatch(stdout, /^0 +1 +1 +point/m, "a frame of results");
      })
    ),
);
