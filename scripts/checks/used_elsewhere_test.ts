import { assertEquals } from "@std/assert";
import { usedElsewhere } from "./used_elsewhere.ts";

Deno.test("usedElsewhere() finds names that other folders import, by a statement or when they are needed", () => {
  const files: Record<string, string> = {
    "a/one.ts": "export function one() {}\nexport function two() {}\nexport function three() {}",
    "a/near.ts": 'import { one } from "./one.ts";',
    "b/far.ts": 'import { type Two, two as deux } from "../a/one.ts";',
    "b/late.ts": 'const three = async () => (await import("../a/one.ts")).three;',
  };
  const used = usedElsewhere(Object.keys(files), (path) => files[path]!);
  assertEquals([...used].map(([path, names]) => [path, [...names].sort()]), [
    ["a/one.ts", ["Two", "three", "two"]],
  ]);
});
