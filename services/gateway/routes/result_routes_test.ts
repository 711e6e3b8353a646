/** Results, fidelity and losses as tables over HTTP, as the address or a header asks. */
import { createClient } from "@cugro/client";
import { importLearner } from "@cugro/learners";
import { openFilesystemStore } from "@cugro/store";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { withLiveGateway } from "../testing/listening_gateway.ts";

const FIXTURE = fileURLToPath(new URL("../../../tests/fixtures/store_0.2/store", import.meta.url));
const TYPES = { csv: "text/csv", parquet: "application/vnd.apache.parquet", json: "application/json" };

Deno.test("GET results, fidelity and losses are JSON, CSV or Parquet: ?format= first, then Accept", () =>
  withLiveGateway({}, async ({ url, store, tokens, ask }) => {
    const from = await openFilesystemStore({ root: FIXTURE, lock: false });
    await importLearner({ store, name: "fixture", from });
    const headers = { authorization: `Bearer ${tokens.reader}` };
    const get = async (path: string, accept: string) => {
      const answer = await fetch(`${url}/v1/learners/fixture/${path}`, { headers: { ...headers, accept } });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return { answer, type: answer.headers.get("content-type")!.split(";")[0], bytes };
    };
    for (const what of ["results", "fidelity", "losses"] as const) {
      const asked: [string, string, keyof typeof TYPES][] = [
        [what, "*/*", "json"],
        [what, "text/csv", "csv"],
        [what, "application/json;q=0.4, text/csv;q=0.5", "csv"],
        [what, TYPES.parquet, "parquet"],
        [what, "text/html", "json"],
        [`${what}?format=parquet`, "text/csv", "parquet"],
        [`${what}?format=json`, "text/csv", "json"],
      ];
      for (const [path, accept, format] of asked) {
        const { answer, type } = await get(path, accept);
        assertEquals([answer.status, type], [200, TYPES[format]], `${path} ${accept}`);
        assert(answer.headers.get("vary")!.includes("Accept"));
      }
      const { bytes, answer } = await get(`${what}?format=csv`, "*/*");
      assertEquals(
        answer.headers.get("content-disposition"),
        `attachment; filename="fixture-${what}.csv"`,
      );
      const lines = new TextDecoder().decode(bytes).trimEnd().split("\r\n");
      assert(lines.length > 2 && lines.every((line) => line.startsWith("fixture,") || line === lines[0]));
      const client = createClient({ url, token: tokens.reader });
      assertEquals(await client.table("fixture", what, "csv"), bytes);
      const parquet = await client.table("fixture", what, "parquet");
      assertEquals(new TextDecoder().decode(parquet.subarray(-4)), "PAR1");
    }
    const wrong = await ask("GET", "/v1/learners/fixture/losses?format=xls", undefined, "reader");
    assertEquals(wrong.status, 400);
    assertStringIncludes(JSON.stringify(wrong.body), "format");
    const unknown = await ask("GET", "/v1/learners/nobody/losses", undefined, "reader");
    assertEquals(unknown.status, 404);
  }));
