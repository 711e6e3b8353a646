import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { besideLimit } from "./beside_limit.ts";

Deno.test("besideLimit() shows as many digits as it takes to see that a limit is broken, and no more", () => {
  assertEquals(besideLimit(5, 4), { value: "5.0", limit: "4.0" });
  assertEquals(besideLimit(4.02, 4), { value: "4.02", limit: "4.0" });
  assertEquals(besideLimit(4.0004, 4), { value: "4.0004", limit: "4.0" });
  assertEquals(besideLimit(9.96, 10.04), { value: "9.96", limit: "10.04" });
  assertEquals(besideLimit(-0.01, 0), { value: "-0.01", limit: "0.0" });
  assertEquals(besideLimit(2.5, 2, 0), { value: "3", limit: "2" });
  assertEquals(besideLimit(2.2, 2, 0), { value: "2.2", limit: "2" });
  assertEquals(besideLimit(Infinity, 4), { value: "Infinity", limit: "4" });
});

Deno.test("besideLimit() never shows a figure as the limit that it breaks, however close", () => {
  for (const limit of [0, 1e-9, 0.1, 4, 10, 123.456, 1e9]) {
    for (const by of [1e-15, 1e-9, 1e-4, 0.04, 0.3]) {
      for (const value of [limit + by, limit - by]) {
        if (value === limit) continue;
        const texts = besideLimit(value, limit);
        assertNotEquals(texts.value, texts.limit);
        assertEquals(Number(texts.value) > Number(texts.limit), value > limit, JSON.stringify(texts));
      }
    }
  }
  assert(besideLimit(4, 4).value === "4.0");
});
