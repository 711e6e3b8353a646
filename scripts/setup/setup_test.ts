import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { inOrder, ROOT, type Stamp } from "./setup_plan.ts";
import { type Ended, runCommand } from "./run_program.ts";

/** Runs `body` in a fresh copy of this repository: no packages, an empty cache of our own. */
async function inFreshCopy(
  body: (run: (env: Record<string, string>, ...flags: string[]) => Promise<Ended>) => Promise<void>,
) {
  const folder = mkdtempSync(join(tmpdir(), "cugro-setup-"));
  const copy = join(folder, "clone"), bin = join(folder, "bin");
  const excluded = ["node_modules", ".git", ".cache", ".cugro"];
  try {
    for (const name of ["deno.json", "deno.lock", "scripts", "shared", "services", "tests"]) {
      cpSync(join(ROOT, name), join(copy, name), {
        recursive: true,
        filter: (path) => !excluded.includes(basename(path)),
      });
    }
    mkdirSync(bin);
    symlinkSync(realpathSync(Deno.execPath()), join(bin, "deno"));
    // Nothing but Deno on the PATH: no compiler, no Python.
    const bare = {
      PATH: bin,
      CUGRO_CACHE: join(folder, "cache"),
      CUGRO_BACKEND: "",
      CUGRO_DEVICE: "",
      CXX: "",
      NO_COLOR: "1",
    };
    // As a person types it: what Deno itself prints before a task counts too.
    const task = ["task", "--config", join(copy, "deno.json"), "setup"];
    await body(async (env, ...flags) => {
      const ended = await runCommand(Deno.execPath(), [...task, ...flags], { ...bare, ...env });
      return { ...ended, stderr: ended.stderr.replace(/^Task setup .*\n/m, "") };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

Deno.test("set-up of a fresh clone without compiler and Python falls back to WASM, says so, and then does nothing more", async () => {
  await inFreshCopy(async (run) => {
    const first = await run({});
    assertEquals(first.code, 0, first.stderr);
    const [packages, ...lines] = first.stderr.trim().split("\n");
    assertEquals([packages, lines.length], ["Packages: installing …", 2], first.stderr);
    assertStringIncludes(lines[0]!, "WASM backend, which trains several times slower");
    assertStringIncludes(lines[0]!, "install g++");
    assertStringIncludes(lines[1]!, "WASM backend ready, self-test passed");
    const again = await run({}, "--quiet");
    assertEquals([again.code, again.stderr.trim()], [0, lines[0]!]);

    const chosen = await run({ CUGRO_BACKEND: "wasm" });
    assertEquals([chosen.code, chosen.stderr.includes("slower")], [0, false], chosen.stderr);
    assertEquals((await run({ CUGRO_BACKEND: "wasm" }, "--quiet")).stderr, "");

    const insisted = await run({ CUGRO_BACKEND: "native" });
    assertEquals(insisted.code, 1);
    assertStringIncludes(insisted.stderr, "Set-up failed: no C++ compiler was found");
  });
});

Deno.test("inOrder() asks for another set-up when something has changed, is gone, or an hour after a failed try", () => {
  const folder = mkdtempSync(join(tmpdir(), "cugro-stamp-"));
  try {
    const file = join(folder, "library");
    writeFileSync(file, "12345");
    const stamp: Stamp = { key: "k", backend: "native", files: { [file]: 5 }, time: Date.now() };
    assert(inOrder(stamp, "k"));
    assert(!inOrder(undefined, "k"));
    assert(!inOrder(stamp, "another"));
    assert(!inOrder({ ...stamp, files: { [file]: 6 } }, "k"));
    assert(inOrder({ ...stamp, reason: "no network" }, "k"));
    assert(!inOrder({ ...stamp, reason: "no network", time: Date.now() - 3_700_000 }, "k"));
    rmSync(file);
    assert(!existsSync(file) && !inOrder(stamp, "k"));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
