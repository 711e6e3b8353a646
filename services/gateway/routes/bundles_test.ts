import { assertEquals, assertStringIncludes } from "@std/assert";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@cugro/client";
import { BundlerBusy, OnnxRuntimeMissing, unzipFiles } from "@cugro/export";
import { openBackend } from "@cugro/tensors";
import { publishExample } from "../../../scripts/lab/experiments/example_learner.ts";
import { readyOnnxRuntime } from "../../../shared/export/testing/ready_runtime.ts";
import { createProgram } from "../../../scripts/cli/cugro.ts";
import { withGateway } from "../testing/gateway.ts";
import { withLiveGateway } from "../testing/live.ts";

const ignore = !await readyOnnxRuntime();

Deno.test("GET bundle gives the bytes that cugro export writes, and says what is wrong", {
  ignore,
}, () =>
  withLiveGateway({}, async ({ ask, store, folder, url, tokens }) => {
    await openBackend();
    await publishExample({ store, name: "team-a" });
    await publishExample({ store, name: "team-a" });
    await ask("POST", "/v1/learners", { name: "empty", preset: "smoke" });
    const client = createClient({ url, token: tokens.reader });
    const [zip, again] = await Promise.all([
      client.versions.bundle("team-a", 2),
      client.versions.bundle("team-a", 2),
    ]);
    assertEquals(zip, again);
    const files = unzipFiles(zip);
    const told = JSON.parse(new TextDecoder().decode(files.get("bundle.json")));
    assertEquals([told.learner, told.version, told.tasks.length, told.acting], [
      "team-a",
      2,
      2,
      { 1: "sampler", 2: "sampler" },
    ]);

    const out = mkdtempSync(join(tmpdir(), "cugro-bundle-"));
    try {
      for (
        const [to, place] of [
          ["store", ["--store", folder]],
          ["gateway", ["--url", url, "--token", tokens.reader]],
        ] as const
      ) {
        const words = ["export", "--learner", "team-a", "--out", join(out, to), ...place];
        await createProgram().parseAsync(words, { from: "user" });
        for (const [name, bytes] of files) {
          assertEquals(
            Uint8Array.from(readFileSync(join(out, to, name))),
            Uint8Array.from(bytes),
            `${to}: ${name}`,
          );
        }
      }
    } finally {
      rmSync(out, { recursive: true });
    }

    const wrong: [string, number, string][] = [
      ["team-a/versions/9/bundle", 404, "no version 9"],
      ["team-a/versions/2/bundle?task=7", 404, "does not know task 7: it knows 1, 2"],
      ["team-a/versions/2/bundle?task=x", 400, "task"],
      ["team-a/versions/2/bundle?tasks=1", 400, "tasks"],
      ["empty/versions/1/bundle", 404, "no version 1"],
      ["nobody/versions/1/bundle", 404, "no learner"],
    ];
    for (const [path, status, part] of wrong) {
      const answer = await ask("GET", `/v1/learners/${path}`, undefined, "reader");
      assertEquals(
        [answer.status, answer.headers.get("content-type")],
        [status, "application/problem+json"],
        path,
      );
      assertStringIncludes(JSON.stringify(answer.body), part);
    }
  }));

Deno.test("without onnxruntime, or with too many bundles under way, it is said what to do", async () => {
  const faults = [new OnnxRuntimeMissing(), new BundlerBusy(30)];
  const bundler = { make: () => Promise.reject(faults.shift()) };
  await withGateway(async ({ ask, store }) => {
    await openBackend();
    await publishExample({ store, name: "team-a" });
    const path = "/v1/learners/team-a/versions/1/bundle";
    const missing = await ask("GET", path);
    assertEquals(missing.status, 501);
    assertStringIncludes(JSON.stringify(missing.body), "run `deno task setup --export`");
    const busy = await ask("GET", path);
    assertEquals([busy.status, busy.headers.get("retry-after")], [503, "30"]);
  }, { bundler });
});
