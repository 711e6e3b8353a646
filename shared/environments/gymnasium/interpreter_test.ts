import { assertEquals, assertStringIncludes } from "@std/assert";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { findInterpreter, installLine, interpreterAdvice, typedVenv, venvFolder } from "./interpreter.ts";

Deno.test("findInterpreter() takes what is named, else the virtual environment that the line makes, and leaves its link as it is", () => {
  const folder = mkdtempSync(join(tmpdir(), "cugro-interpreter-"));
  try {
    const bare = { XDG_CACHE_HOME: join(folder, "cache"), PATH: `/nowhere:${folder}` };
    assertEquals(findInterpreter(bare), undefined);
    const venv = venvFolder(bare);
    assertEquals(venv, join(folder, "cache", "cugro", "gymnasium"));
    assertStringIncludes(interpreterAdvice(), installLine(typedVenv()));
    assertEquals(typedVenv("x", { HOME: folder }), "~/.cache/cugro/x");
    assertEquals(typedVenv("x", { HOME: "/elsewhere", CUGRO_CACHE: "/c" }), "/c/x");
    writeFileSync(join(folder, "python3"), "");
    mkdirSync(join(venv, "bin"), { recursive: true });
    symlinkSync(join(folder, "python3"), join(venv, "bin", "python"));
    assertEquals(findInterpreter(bare), join(venv, "bin", "python"));
    assertEquals(findInterpreter({ ...bare, CUGRO_PYTHON: "/opt/python" }), "/opt/python");
    assertEquals(findInterpreter({ ...bare, CUGRO_PYTHON: "python3" }), join(folder, "python3"));
    assertEquals(findInterpreter({ ...bare, CUGRO_PYTHON: "~/p" }), join(homedir(), "p"));
    assertEquals(venvFolder({ ...bare, CUGRO_CACHE: "/c" }), "/c/gymnasium");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
