/** The loaders of a bundle, each by itself: a Python that has numpy, a C++ compiler, Node, and a browser. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeTensors, encodeTensors } from "@cugro/protocol";
import { browserPath, withBrowser } from "../../../tests/fakes/browser.ts";
import { gymnasiumPython } from "../../../tests/fakes/gymnasium_python.ts";
import { readyOnnxRuntime } from "../testing/ready_runtime.ts";
import { type Ended, runCommand } from "../../../scripts/setup/run_program.ts";
import { LOADERS } from "../bundle_files.ts";
import { selfTestFile } from "../expected_answers.ts";
import { modelBytes, type ModelName, MODELS } from "../graphs/decision_graphs.ts";
import { partsOf } from "../parts.ts";
import { type ExampleKind, examplePolicy, EXAMPLES } from "../testing/example_policy.ts";
import { weightsFile } from "../weights_file.ts";

const ready = await readyOnnxRuntime();
const root = mkdtempSync(join(tmpdir(), "cugro-loaders-"));
globalThis.addEventListener("unload", () => rmSync(root, { recursive: true, force: true }));

/** What the loaders read and are, of each example. */
const folders = new Map<string, { folder: string; ways: string[] }>();
for (const [name, kind] of ready ? Object.entries(EXAMPLES) : []) folders.set(name, await writeExample(kind));

async function writeExample(kind: ExampleKind): Promise<{ folder: string; ways: string[] }> {
  const parts = partsOf(examplePolicy(kind));
  const models = new Map<ModelName, Uint8Array>();
  for (const model of MODELS) {
    const bytes = modelBytes(parts, model, {});
    if (bytes) models.set(model, bytes);
  }
  const folder = join(root, String(folders.size));
  mkdirSync(folder);
  writeFileSync(join(folder, "weights.safetensors"), weightsFile(parts, new Map()));
  writeFileSync(join(folder, "selftest.safetensors"), await selfTestFile(parts, models));
  for (const loader of LOADERS) {
    writeFileSync(join(folder, loader), readFileSync(new URL(loader, import.meta.url)));
  }
  return { folder, ways: [...kind.has ?? [], "sampler"] };
}

/** The self-test of every example passes, for each way of acting, and says so. */
async function passEvery(run: (folder: string) => Promise<Ended>): Promise<void> {
  for (const [name, { folder, ways }] of folders) {
    const { code, stdout, stderr } = await run(folder);
    assertEquals(code, 0, `${name}: ${stdout}${stderr}`);
    const lines = stdout.trim().split("\n");
    assertEquals(lines.map((line) => line.split(":")[0]), ways, name);
    for (const line of lines) assertStringIncludes(line, "of 256 rows", name);
  }
}

/** A folder whose weights are not those that the self-test was made with. */
function damaged(): string {
  const { folder } = folders.values().next().value!;
  const copy = join(root, `damaged-${crypto.randomUUID()}`);
  mkdirSync(copy);
  for (const file of [...LOADERS, "selftest.safetensors"]) {
    writeFileSync(join(copy, file), readFileSync(join(folder, file)));
  }
  const { tensors, metadata } = decodeTensors(readFileSync(join(folder, "weights.safetensors")));
  const bias = tensors["actor/output.bias"]!;
  tensors["actor/output.bias"] = { ...bias, data: Float32Array.from(bias.data, (value) => value + 0.01) };
  writeFileSync(join(copy, "weights.safetensors"), encodeTensors(tensors, metadata));
  return copy;
}

async function refuseDamaged(run: (folder: string) => Promise<Ended>): Promise<void> {
  const { code, stdout } = await run(damaged());
  assertEquals(code, 1, stdout);
  assert(/actor: .* [1-9]\d* elsewhere/.test(stdout), stdout);
}

Deno.test({
  name: "Python acts with numpy alone as the policy did",
  ignore: !ready || gymnasiumPython === undefined,
  async fn() {
    const run = (folder: string) =>
      runCommand(gymnasiumPython!, ["-W", "error", join(folder, "cugro_policy.py")]);
    await passEvery(run);
    await refuseDamaged(run);
    const script = [
      "import sys; sys.path.insert(0, sys.argv[1])",
      "from cugro_policy import Policy",
      "policy = Policy(sys.argv[1])",
      "one, many = policy.act([0.1] * 5, task=2, seed=1), policy.act([[0.1] * 5] * 2, task=[4, 2], seed=1)",
      "print(one.shape, many.shape, policy.acting)",
      "try: policy.act([0.1] * 4, task=7)",
      "except ValueError as error: print(error)",
      "try: policy.act([0.1] * 4, task=2)",
      "except ValueError as error: print(error)",
    ].join("\n");
    const { folder } = folders.values().next().value!;
    const { stdout, stderr } = await runCommand(gymnasiumPython!, ["-c", script, folder]);
    assertEquals(stdout.trim().split("\n"), [
      "(3,) (2, 3) {2: 'sampler', 4: 'sampler', 9: 'sampler'}",
      "Cannot act in task 7: known tasks are [2, 4, 9]",
      "Observations must be finite rows like the data's: current shape is (1, 4)",
    ], stderr);
  },
});

Deno.test("C++ acts with one header as the policy did", { ignore: !ready }, async () => {
  const program = join(root, "selftest");
  const header = new URL("cugro_policy.hpp", import.meta.url).pathname;
  const built = await runCommand("g++", [
    ...["-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-x", "c++", "-DCUGRO_SELF_TEST", header],
    ...["-o", program],
  ]);
  assertEquals([built.code, built.stderr], [0, ""]);
  const run = (folder: string) => runCommand(program, [folder]);
  await passEvery(run);
  await refuseDamaged(run);
  const nowhere = await run(join(root, "nowhere"));
  assert(nowhere.code !== 0);
  assertStringIncludes(nowhere.stderr, "there is no such file");
});

Deno.test("Node acts without packages as the policy did", { ignore: !ready }, async () => {
  const run = (folder: string) => runCommand("node", [join(folder, "cugro_policy.mjs")]);
  await passEvery(run);
  await refuseDamaged(run);
});

Deno.test({
  name: "a browser acts as the policy did",
  ignore: !ready || browserPath === undefined,
  async fn() {
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      const path = new URL(request.url).pathname;
      if (path === "/") return new Response("<!doctype html>", { headers: { "content-type": "text/html" } });
      if (path === "/favicon.ico") return new Response(null, { status: 204 });
      const type = path.endsWith(".mjs") ? "text/javascript" : "application/octet-stream";
      return new Response(readFileSync(join(root, path)), { headers: { "content-type": type } });
    });
    try {
      await withBrowser(async (browser) => {
        const page = await browser.newPage();
        await page.goto(`http://127.0.0.1:${server.addr.port}/`);
        await passEvery(async (folder) => {
          const module = `/${folder.slice(root.length + 1)}/cugro_policy.mjs`;
          const { agrees, lines } = await page.evaluate(
            `import(${JSON.stringify(module)}).then((loader) => loader.selfTest())`,
          ) as { agrees: boolean; lines: string[] };
          return { code: agrees ? 0 : 1, stdout: lines.join("\n"), stderr: "" };
        });
      });
    } finally {
      await server.shutdown();
    }
  },
});
