/** The filter before MinIO, as a neighbour of clients that do not behave; what it lets through: `tests/security`. */
import { assertEquals } from "@std/assert";
import { createConnection } from "node:net";
import { startFilter } from "./filter.ts";

Deno.test("startFilter() closes connections whose client ends before it has asked for anything", async () => {
  const filter = await startFilter("http://127.0.0.1:1");
  const closedOf = (words: string) =>
    new Promise<boolean>((resolve) => {
      const client = createConnection({ port: Number(new URL(filter.url).port), host: "127.0.0.1" });
      client.on("error", () => {});
      client.on("close", () => resolve(true));
      client.resume();
      client.end(words);
      const late = setTimeout(() => resolve(false), 3_000);
      client.on("close", () => clearTimeout(late));
    });
  try {
    assertEquals(await Promise.all(["", "PUT /cu", "GET / HTTP/1.1\r\nhost: a\r\n"].map(closedOf)), [
      true,
      true,
      true,
    ]);
  } finally {
    await filter.close();
  }
});
