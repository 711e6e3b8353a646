import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { pythonWithPackages } from "./python_packages.ts";
import { CannotInstall } from "./run_program.ts";

Deno.test("without Python, tests that need its packages are left out in a sentence, or fail where all are required", async () => {
  const before = ["PATH", "CUGRO_REQUIRE"].map((name) => [name, Deno.env.get(name)] as const);
  try {
    Deno.env.set("PATH", "/nowhere");
    Deno.env.delete("CUGRO_REQUIRE");
    const reported: string[] = [];
    assertEquals(await pythonWithPackages((line) => reported.push(line)), undefined);
    assertEquals(reported.length, 1);
    assertMatch(reported[0]!, /tests that need them are left out: Python 3 was not found: install python3/);
    Deno.env.set("CUGRO_REQUIRE", "all");
    await assertRejects(() => pythonWithPackages(() => {}), CannotInstall, "install python3");
  } finally {
    for (const [name, value] of before) {
      value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
    }
  }
});
