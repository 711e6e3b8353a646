import { assertEquals, assertStringIncludes } from "@std/assert";
import { repeatedNames } from "./file_names.ts";

Deno.test("repeatedNames() names the files that share a name, whatever folder and ending they have", () => {
  const found = repeatedNames(["a/table.ts", "a/rows.ts", "b/c/table.tsx"]);
  assertEquals(found.length, 1);
  assertStringIncludes(found[0]!, "table: a/table.ts, b/c/table.tsx");
});

Deno.test("repeatedNames() allows a test beside its source, and names that mean the same in every folder", () => {
  assertEquals(
    repeatedNames(["a/table.ts", "a/table_test.ts", "a/mod.ts", "b/mod.ts", "c/main.ts", "d/main.tsx"]),
    [],
  );
});
