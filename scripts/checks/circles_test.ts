import { assertEquals } from "@std/assert";
import { circles } from "./circles.ts";

const circlesOf = (texts: Record<string, string>) => circles(Object.keys(texts), (path) => texts[path] ?? "");

Deno.test("circles() finds files that need each other's values, and minds no types", () => {
  assertEquals(
    circlesOf({
      "a.ts": 'import { b } from "./b.ts";',
      "b.ts": 'import { c } from "./sub/c.ts";',
      "sub/c.ts": 'import { a } from "../a.ts";',
      "d.ts": 'import { a } from "./a.ts";',
    }),
    ["a.ts -> b.ts -> sub/c.ts -> a.ts"],
  );
  assertEquals(circlesOf({ "a.ts": 'export * from "./b.ts";', "b.ts": 'import "./a.ts";' }).length, 1);
  for (const types of ['import type { A } from "./a.ts";', 'import { type A, type B } from "./a.ts";']) {
    assertEquals(circlesOf({ "a.ts": 'import { b } from "./b.ts";', "b.ts": types }), []);
  }
  const later = 'const load = () => import("./a.ts");';
  assertEquals(circlesOf({ "a.ts": 'import { b } from "./b.ts";', "b.ts": later }), []);
});
