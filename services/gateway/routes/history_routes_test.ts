/** All versions in columns: what they tell is what results, fidelity and versions tell, and nothing is sent twice. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createClient } from "@cugro/client";
import { loadFacts } from "@cugro/learners";
import { encodeFact, versionFactSchema, versionKey } from "@cugro/protocol";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { Buffer } from "node:buffer";
import { request } from "node:http";
import { writeShownLearner } from "../../../tests/dashboard/shown_learner.ts";
import { packingFor } from "../packing.ts";
import { withLiveGateway } from "../testing/listening_gateway.ts";

const SIZE = { tasks: 3, versions: 5 };

Deno.test("GET history has every version's cells, bounds and replays, as the other routes have them", () =>
  withLiveGateway({}, async ({ store, url, tokens }) => {
    await writeShownLearner({ store, name: "team-a", ...SIZE });
    const client = createClient({ url, token: tokens.reader });
    const { versions, cells, tasks, pending } = await client.history("team-a");
    const [results, all, replays] = await Promise.all([
      client.results("team-a"),
      client.versions.list("team-a"),
      client.fidelity("team-a"),
    ]);
    assertEquals([tasks, pending], [results.tasks, results.pending]);
    assertEquals(versions.version, all.map(({ version }) => version));
    assertEquals(versions.task, all.map(({ task }) => task));
    assertEquals(versions.tasks, all.map(({ tasks }) => tasks));
    assertEquals(versions.valid, all.map(({ version }) => results.versions.includes(version)));
    const close = (found: number | null | undefined, expected: number | null | undefined) => {
      if (typeof expected !== "number") return assertEquals(found, null);
      assertAlmostEquals(found!, expected, 1e-4 * Math.max(1, Math.abs(expected)));
    };
    all.forEach(({ scores, measures }, row) => {
      close(versions.averagePerformance[row], measures.averagePerformance);
      tasks.forEach(({ task }, column) => {
        const at = row * tasks.length + column;
        const cell = scores.find((one) => one.task === task);
        close(cells.score[at], cell?.meanScore);
        close(cells.low[at], cell?.low);
        close(cells.high[at], cell?.high);
        close(cells.value[at], cell?.valueEstimate);
        assertEquals(cells.episodes[at], cell?.episodes ?? null);
        close(cells.lowest[at], results.bounds[row]![column]?.lowest);
        close(cells.best[at], results.bounds[row]![column]?.best);
        const replay = replays.find((one) => one.version === versions.version[row] && one.task === task);
        const { slicedWasserstein = 0, slicedWassersteinFloor = 1 } = (replay?.fidelity ?? {}) as Record<
          string,
          number
        >;
        close(cells.distance[at], replay && slicedWasserstein / slicedWassersteinFloor);
      });
    });
    assertEquals(await client.versions.list("team-a", { last: 2 }), all.slice(-2), "the newest of a list");
    assertEquals(await client.versions.list("team-a", { last: 99 }), all);
    assertEquals(await client.fidelity("team-a", { last: 3 }), replays.slice(-3));
  }));

Deno.test("GET history sends nothing of what has not changed, and all of what has", () =>
  withLiveGateway({}, async ({ store, url, tokens }) => {
    await writeShownLearner({ store, name: "team-a", ...SIZE });
    const statuses: number[] = [];
    const watching: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      statuses.push(response.status);
      return response;
    };
    const client = createClient({ url, token: tokens.reader, fetch: watching });
    const first = await client.history("team-a");
    assert(await client.history("team-a", first) === first, "the same object");
    await writeShownLearner({ store, name: "team-b", tasks: 2, versions: 1 });
    assertEquals((await client.history("team-b", first)).learner, "team-b");
    // A version more.
    const more = { schema: 1, version: 6, task: 1, attempt: 3, decision: "parked" } as const;
    const [parent] = (await loadFacts(store, "team-a")).versions.slice(-1);
    await store.put(versionKey("team-a", 6), encodeFact({ ...parent!, ...more }, versionFactSchema));
    const later = await client.history("team-a", first);
    assertEquals(later.versions.valid, [true, true, true, true, true, false]);
    assertEquals(statuses, [200, 304, 200, 200]);
  }));

Deno.test("GET history is packed as it is asked for", () =>
  withLiveGateway({}, async ({ store, url, tokens }) => {
    await writeShownLearner({ store, name: "team-a", ...SIZE });
    // As it is sent: `fetch` would unpack it.
    const get = (encoding: string) =>
      new Promise<{ bytes: Uint8Array; headers: Record<string, unknown> }>((resolve, reject) => {
        const headers = { authorization: `Bearer ${tokens.reader}`, "accept-encoding": encoding };
        request(`${url}/v1/learners/team-a/history`, { headers }, (answer) => {
          const chunks: Uint8Array[] = [];
          answer.on("data", (chunk: Uint8Array) => void chunks.push(chunk));
          answer.on("end", () => resolve({ bytes: Buffer.concat(chunks), headers: answer.headers }));
        }).on("error", reject).end();
      });
    const plain = await get("identity");
    assertEquals(plain.headers["content-encoding"], undefined);
    const [br, gzip] = [await get("gzip, deflate, br, zstd"), await get("gzip;q=1.0, br;q=0")];
    assertEquals([br.headers["content-encoding"], gzip.headers["content-encoding"]], ["br", "gzip"]);
    for (const { headers } of [plain, br, gzip]) {
      assertEquals([headers.vary, headers.etag], ["Accept-Encoding", plain.headers.etag]);
    }
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertEquals(text(brotliDecompressSync(br.bytes)), text(plain.bytes));
    assertEquals(text(gunzipSync(gzip.bytes)), text(plain.bytes));
    assertEquals(JSON.parse(text(plain.bytes)).mark, String(plain.headers.etag).slice(3, -1));
  }));

Deno.test("packingFor() takes the best that is accepted, and nothing that is refused", () => {
  const asked = ["", "identity", "gzip", "br, gzip", "GZIP;q=0.5", "br;q=0.000, gzip", "br;q=0", "brotli"];
  assertEquals(asked.map(packingFor), [
    ...[undefined, undefined, "gzip", "br", "gzip", "gzip", undefined, undefined],
  ]);
  assertEquals(packingFor(undefined), undefined);
});
