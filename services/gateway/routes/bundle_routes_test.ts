import { sleep } from "@cugro/async";
import type { BundleProgress } from "@cugro/client/schemas";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@cugro/client";
import { type Bundler, BundlerBusy, OnnxRuntimeMissing, unzipFiles } from "@cugro/export";
import { openBackend } from "@cugro/tensors";
import { publishExample } from "../../../scripts/lab/experiments/example_learner.ts";
import { readyOnnxRuntime } from "../../../shared/export/testing/ready_runtime.ts";
import { createProgram } from "../../../scripts/cli/cugro.ts";
import { withGateway } from "../testing/testing_gateway.ts";
import { withLiveGateway } from "../testing/listening_gateway.ts";

const ignore = !await readyOnnxRuntime();

Deno.test("GET bundle gives the bytes that cugro export writes, and says what is wrong", {
  ignore,
}, () =>
  withLiveGateway({}, async ({ ask, store, folder, url, tokens }) => {
    await openBackend();
    await publishExample({ store, name: "team-a" });
    await publishExample({ store, name: "team-a" });
    await ask("POST", "/v1/learners", { name: "empty", preset: "smoke" });
    const client = createClient({ url, token: tokens.admin });
    const reports: BundleProgress[] = [];
    const [zip, again] = await Promise.all([
      client.versions.bundle("team-a", 2, { onProgress: (progress) => void reports.push(progress) }),
      client.versions.bundle("team-a", 2),
    ]);
    assertEquals(zip, again);
    // How often it is asked meanwhile is the machine's affair; the third test has a bundle that takes as long as it wants.
    assert(reports.every(({ done, inputs }) => done <= inputs));
    assertEquals(reports.map(({ before }) => before).filter((before) => before !== 0), []);
    const files = unzipFiles(zip);
    const about = JSON.parse(new TextDecoder().decode(files.get("bundle.json")));
    assertEquals([about.learner, about.version, about.tasks.length, about.acting], [
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
          ["gateway", ["--url", url, "--token", tokens.admin]],
        ] as const
      ) {
        const words = ["export", "--learner", "team-a", "--out", join(out, to), ...place];
        await (await createProgram(words)).parseAsync(words, { from: "user" });
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

    const weights = await ask("GET", "/v1/learners/team-a/versions/2/bundle", undefined, "reader");
    assertEquals(weights.status, 403, "who may only look may not take weights");
    const wrong: [string, number, string][] = [
      ["team-a/versions/9/bundle", 404, "no version 9"],
      ["team-a/versions/2/bundle?task=7", 404, "does not know task 7: it knows 1, 2"],
      ["team-a/versions/2/bundle?task=x", 400, "task"],
      ["team-a/versions/2/bundle?tasks=1", 400, "tasks"],
      ["empty/versions/1/bundle", 404, "no version 1"],
      ["nobody/versions/1/bundle", 404, "no learner"],
    ];
    for (const [path, status, part] of wrong) {
      const answer = await ask("GET", `/v1/learners/${path}`, undefined, "admin");
      assertEquals(
        [answer.status, answer.headers.get("content-type")],
        [status, "application/problem+json"],
        path,
      );
      assertStringIncludes(JSON.stringify(answer.body), part);
    }
  }));

Deno.test("without onnxruntime, or with too many bundles under way, the answer says what to do", async () => {
  const faults = [new OnnxRuntimeMissing(), new BundlerBusy(30)];
  const bundler = { ask: () => Promise.reject(faults.shift()) };
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

Deno.test("GET bundle answers 202 at once while it is made, waits as long as is preferred, and then sends the zip", async () => {
  let finish = (_zip: Uint8Array<ArrayBuffer>) => {};
  const zip = new Promise<Uint8Array<ArrayBuffer>>((resolve) => finish = resolve);
  const progress: BundleProgress = { before: 1, model: "sampler", done: 250, inputs: 1000 };
  const bundler: Bundler = { ask: () => Promise.resolve({ zip, progress: () => progress as never }) };
  await withGateway(async ({ fetch, ask, tokens, store }) => {
    await openBackend();
    await publishExample({ store, name: "team-a" });
    const path = "/v1/learners/team-a/versions/1/bundle?task=1";
    const get = async (prefer?: string) => {
      const headers = { authorization: `Bearer ${tokens.submitter}`, ...(prefer ? { prefer } : {}) };
      return await fetch(new Request(`http://gateway${path}`, { headers }));
    };
    const early = await get();
    assertEquals([early.status, await early.json()], [202, progress]);
    assertEquals([early.headers.get("retry-after"), early.headers.get("location")], ["2", path]);
    assertEquals((await get("respond-async, wait=0")).status, 202);
    const patient = get('respond-async; wait="30"');
    await sleep(1_500);
    finish(Uint8Array.of(80, 75));
    const answer = await patient;
    assertEquals([answer.status, answer.headers.get("content-type")], [200, "application/zip"]);
    assertEquals(new Uint8Array(await answer.arrayBuffer()), Uint8Array.of(80, 75));
    assertEquals((await ask("GET", path)).status, 200);
  }, { bundler });
});
