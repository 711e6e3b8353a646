import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../setup/setup_plan.ts";
import { runCommand } from "../setup/run_program.ts";
import { countsOf, testFiles } from "./test.ts";

/** Runs the test runner on files made of the given sources; they lie in the repository, so that imports resolve. */
async function runTests(
  sources: Record<string, string>,
  env: Record<string, string> = {},
  flags: string[] = [],
) {
  const folder = mkdtempSync(join(ROOT, "scripts", ".test-run-"));
  try {
    for (const [name, source] of Object.entries(sources)) writeFileSync(join(folder, name), source);
    const runner = join(ROOT, "scripts", "checks", "test.ts");
    const args = ["run", "-A", "--no-check", runner, folder, ...flags];
    const ended = await runCommand(Deno.execPath(), args, { NO_COLOR: "1", CUGRO_REQUIRE: "", ...env });
    return { code: ended.code, out: ended.stdout, last: ended.stdout.trim().split("\n").at(-1) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const PASSES = `Deno.test("a", () => {}); Deno.test("b", () => {});`;

Deno.test("countsOf() reads a report, and knows that a dead process left none", () => {
  const report = `<testsuites name="deno test" tests="5" failures="1" errors="0" time="0.1">
    <testsuite name="x" tests="5" disabled="2" errors="0" failures="1"></testsuite></testsuites>`;
  assertEquals(countsOf(report), { passed: 2, failed: 1, ignored: 2 });
  assertEquals(countsOf(""), undefined);
});

Deno.test("testFiles() refuses a path that is not there", () => {
  assertThrows(() => testFiles(["/no/such/folder"]), RangeError, "no such file");
});

Deno.test("the runner counts passed, failed and skipped tests, leaks and crashes over all files", async () => {
  const { code, out, last } = await runTests({
    "a_test.ts": PASSES,
    "fails_test.ts": `Deno.test("f", () => { throw new Error("on purpose"); });`,
    "leaks_test.ts": `Deno.test("l", () => { setTimeout(() => {}, 60_000); });`,
    "crashes_test.ts": `Deno.test("c", () => Deno.kill(Deno.pid, "SIGKILL"));`,
    "skips_test.ts": `Deno.test.ignore("s", () => {});`,
  });
  assertEquals(last, "2 passed, 3 failed");
  assert(code !== 0);
  assertStringIncludes(out, "1 skipped");
  // At the end of a long log the failures are repeated.
  const end = out.slice(out.indexOf("what failed, once more:"));
  for (const part of ["on purpose", "leaks_test.ts", "crashes_test.ts"]) assertStringIncludes(end, part);
  assert(!end.includes("skips_test.ts"));
});

Deno.test("CUGRO_REQUIRE=all makes a skipped test a failure", async () => {
  const sources = { "a_test.ts": PASSES, "skips_test.ts": `Deno.test.ignore("s", () => {});` };
  const lenient = await runTests(sources), strict = await runTests(sources, { CUGRO_REQUIRE: "all" });
  assertEquals([lenient.last, lenient.code], ["2 passed, 0 failed", 0]);
  assertEquals(strict.last, "2 passed, 1 failed");
  assert(strict.code !== 0);
});

Deno.test("a wrong type is a failure, a filter takes only some tests, and files named _wasm run on WASM", async () => {
  const wrong = await runTests({ "a_test.ts": `const x: number = "1"; Deno.test("a", () => void x);` });
  assertEquals(wrong.last, "1 passed, 1 failed");
  const filtered = await runTests({ "a_test.ts": PASSES }, {}, ["--filter", "b"]);
  assertEquals([filtered.last, filtered.code], ["1 passed, 0 failed", 0]);
  const wasm = await runTests({
    "a_wasm_test.ts":
      `Deno.test("w", () => { if (Deno.env.get("CUGRO_BACKEND") !== "wasm") throw new Error(); });`,
  });
  assertEquals(wasm.last, "1 passed, 0 failed");
});
