import { assertEquals } from "@std/assert";
import { castFaults } from "./casts.ts";

Deno.test("castFaults() wants a reason on the line of a cast through unknown, or on the one before", () => {
  const faults = castFaults(
    "a.ts",
    [
      "const a = b as unknown as C;",
      "// cast: their types are two, of the same thing",
      "const d = b as unknown as C;",
      "const e = b as unknown as C; // cast: as above",
      "// cast:",
      "const f = b as unknown as C;",
      "/**",
      " * a as unknown as b is what is refused",
      " */",
    ].join("\n"),
  );
  assertEquals(faults.map((fault) => fault.split(" ")[0]), ["a.ts:1", "a.ts:6"]);
});
