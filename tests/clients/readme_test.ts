/** The script in the README of the Python client, on a gateway that learns: coordinator, worker, training and acting are real. */
import { createClient } from "@cugro/client";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withDashboard } from "../dashboard/served.ts";
import { withClientPython, withoutPython } from "./client_python.ts";

const EVALUATOR = fileURLToPath(
  new URL("../../shared/client/python/examples/evaluator.py", import.meta.url),
);
const README = new URL("../../shared/client/python/README.md", import.meta.url);

Deno.test(
  "the README's Python script hands over data of its own, sees them learnt, acts better than before, and has the results in pandas; an evaluator of its own scores it",
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

        // Its simulator is nobody else's, so it has no scores until somebody hands them in.
        const client = createClient({ url, token: tokens.submit });
        assertEquals((await client.results("point")).resultsMatrix, [[null]]);
        const evaluated = await run(EVALUATOR, { CUGRO_URL: url, CUGRO_TOKEN: tokens.submit }, "point");
        assertEquals([evaluated.code, evaluated.stderr], [0, ""], evaluated.stdout);
        assertMatch(evaluated.stdout, /^version 1, task 1: mean return -\S+ of 20 episodes$/m);
        const { resultsMatrix, episodes } = await client.results("point");
        assertEquals([typeof resultsMatrix[0]![0], episodes], ["number", [[20]]]);
        assertStringIncludes(await client.report("point"), "20 episodes measured by point simulator 1.0");
      })
    ),
);
