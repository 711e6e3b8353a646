import { assertEquals } from "@std/assert";
import { backoffMs } from "./backoff.ts";

Deno.test("backoffMs() doubles from the first failure on, up to the longest wait", () => {
  const waits = [1, 2, 3, 4, 5, 10_000].map((n) => backoffMs(n, { firstMs: 250, longestMs: 3_000 }));
  assertEquals(waits, [250, 500, 1_000, 2_000, 3_000, 3_000]);
  assertEquals(backoffMs(4, { firstMs: 10 }), 80);
  assertEquals(backoffMs(1, { firstMs: 500, longestMs: 100 }), 100);
});
