import { createLearner, putOnce } from "@cugro/learners";
import { arrivalKey, rejectionKey } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { DEFAULT_LIMITS } from "./limits.ts";
import { parseQuotas, QUOTAS } from "./quotas.ts";
import { withGateway } from "./testing/testing_gateway.ts";
import { withLiveGateway } from "./testing/listening_gateway.ts";
import { addToken, issueToken } from "./tokens.ts";

const few = (quotas: Partial<typeof DEFAULT_LIMITS.quotas>) => ({
  limits: { quotas: { ...QUOTAS, ...quotas } },
});
const detailOf = (body: unknown) => (body as { detail: string }).detail;

/** A file that arrived, and was rejected if `reason` says why. */
async function arrive(store: Store, seq: number, lastModified: Date, reason?: string): Promise<void> {
  const key = `incoming/a/${seq}.hdf5`;
  const about = { seq, key, etag: "e", contentHash: null, size: 1, lastModified: lastModified.toISOString() };
  await putOnce(store, arrivalKey("a", seq), { schema: 1, ...about });
  if (reason === undefined) return;
  await putOnce(store, rejectionKey("a", seq), { schema: 1, seq, key, reason, failedJob: null });
}

Deno.test("a token makes as many learners of its patterns as its quota says; others have their own", () =>
  withGateway(async ({ ask }) => {
    const make = (name: string, as: "admin" | "team") =>
      ask("POST", "/v1/learners", { as, body: { name, preset: "smoke" } });
    assertEquals((await make("team-a", "team")).status, 201);
    assertEquals((await make("b", "admin")).status, 201);
    const { status, body } = await make("c", "admin");
    assertEquals(status, 409);
    assertStringIncludes(
      detailOf(body),
      'The token "admin" may have 2 learners (quota learners), and there are 2',
    );
    assertEquals((await make("team-b", "team")).status, 201, "it sees but one");
    assertEquals((await ask("DELETE", "/v1/learners/b")).status, 204);
    assertEquals((await ask("DELETE", "/v1/learners/team-b")).status, 204);
    assertEquals((await make("c", "admin")).status, 201, "where there is room again");
  }, few({ learners: 2 })));

Deno.test("files of a learner wait or were rejected lately: more than the quota are refused", () =>
  withGateway(async ({ ask, store }) => {
    await createLearner({ store, name: "a", seed: 1, preset: "smoke" });
    const send = (text: string) =>
      ask("POST", "/v1/learners/a/tasks?fileName=x.hdf5", {
        body: new TextEncoder().encode(text),
        headers: { "content-type": "application/octet-stream" },
      });
    const lastWeek = new Date(Date.now() - 7 * 24 * 3600 * 1000);
    for (const seq of [1, 2, 3, 4]) await arrive(store, seq, lastWeek, "long ago");
    assertEquals((await send("one")).status, 202);
    assertEquals((await send("two")).status, 202);
    const waiting = await send("three");
    assertEquals([waiting.status, waiting.headers.get("retry-after")], [429, "60"]);
    assertStringIncludes(detailOf(waiting.body), "quota waitingFiles");
    const named = await ask("POST", "/v1/learners/a/tasks", { body: { object: "incoming/a/x.hdf5" } });
    assertEquals(named.status, 429, "named in the store, too");
    assertEquals((await store.list("incoming/")).length, 2, "nothing is left of what was refused");
  }, few({ waitingFiles: 2, rejectedFiles: 3 })));

Deno.test("files that were rejected within a day count, earlier ones do not", () =>
  withGateway(async ({ ask, store }) => {
    await createLearner({ store, name: "a", seed: 1, preset: "smoke" });
    for (const seq of [1, 2, 3]) await arrive(store, seq, new Date(), "no dataset");
    const { status, body, headers } = await ask("POST", "/v1/learners/a/tasks?fileName=x.hdf5", {
      body: new Uint8Array(9),
      headers: { "content-type": "application/octet-stream" },
    });
    assertEquals([status, headers.get("retry-after")], [429, "3600"]);
    assertStringIncludes(detailOf(body), "quota rejectedFiles");
  }, few({ rejectedFiles: 3 })));

Deno.test("streams of events and webhooks of a token are limited; its entry may say otherwise", () =>
  withLiveGateway({ quotas: { streams: 2, webhooks: 1 } }, async ({ url, ask, tokens, feed, tokensFile }) => {
    const { secret, entry } = issueToken({
      ...{ name: "many", scopes: ["admin"], learners: ["*"], quotas: { streams: 3 } },
    });
    await addToken(tokensFile, entry);
    const leave = new AbortController();
    const bodies: ReadableStream[] = [];
    const open = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`${url}/v1/events`, { headers, signal: leave.signal });
      if (answer.ok) bodies.push(answer.body!);
      else await answer.body?.cancel();
      return answer.status;
    };
    assertEquals([await open(tokens.reader), await open(tokens.reader), await open(tokens.reader)], [
      200,
      200,
      429,
    ]);
    assertEquals(await open(tokens.admin), 200, "another token has its own");
    // The file is looked at once a second.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    assertEquals([await open(secret), await open(secret), await open(secret), await open(secret)], [
      200,
      200,
      200,
      429,
    ]);
    assertEquals([feed.clients(), feed.clients("many"), feed.clients("team")], [6, 3, 0]);
    leave.abort();
    await Promise.all(bodies.map((body) => body.cancel().catch(() => {})));
    const hook = { url: "http://127.0.0.1:9/hook" };
    const refused = await ask("POST", "/v1/webhooks", hook);
    assertEquals(refused.status, 422, "port 9 is another protocol's");
    const made = { url: "http://127.0.0.1:8099/hook" };
    const together = await Promise.all([1, 2, 3].map(() => ask("POST", "/v1/webhooks", made)));
    assertEquals(together.map(({ status }) => status).sort(), [201, 409, 409]);
    const more = await ask("POST", "/v1/webhooks", made);
    assertEquals(more.status, 409);
    assertStringIncludes(more.body.detail, "quota webhooks");
    assertEquals((await ask("POST", "/v1/webhooks", made, "team")).status, 201, "another token has its own");
  }));

Deno.test("parseQuotas() reads names and numbers, and names what is wrong", () => {
  assertEquals(parseQuotas(" streams=3, learners = 0 "), { streams: 3, learners: 0 });
  assertEquals(parseQuotas(""), {});
  for (const text of ["streams", "streams=-1", "streams=1=2", "toString=1", "stream=1", "streams=1e3"]) {
    const { message } = assertThrows(() => parseQuotas(`learners=1,${text}`), RangeError);
    assert(message.includes(`"${text}"`) && message.includes("waitingFiles"), message);
  }
});

Deno.test("what is asked for at the same time counts, too, and so does what is brought back", () =>
  withGateway(async ({ ask, store }) => {
    const statuses = async (asked: (i: number) => ReturnType<typeof ask>) =>
      (await Promise.all(Array.from({ length: 8 }, (_, i) => asked(i)))).map(({ status }) => status).sort();
    const refused = (status: number) => Array.from({ length: 6 }, () => status);
    const body = (i: number) => ({ name: `r${i}`, preset: "smoke" });
    assertEquals(await statuses((i) => ask("POST", "/v1/learners", { body: body(i) })), [
      201,
      201,
      ...refused(409),
    ]);
    const file = (i: number) => ({
      body: new TextEncoder().encode(`file ${i}`),
      headers: { "content-type": "application/octet-stream" },
    });
    const name = (await store.list("learners/"))[0]!.key.split("/")[1]!;
    const path = `/v1/learners/${name}/tasks?fileName=x.hdf5`;
    assertEquals(await statuses((i) => ask("POST", path, file(i))), [202, 202, ...refused(429)]);
    assertEquals((await ask("DELETE", `/v1/learners/${name}`)).status, 204);
    assertEquals((await ask("POST", "/v1/learners", { body: body(8) })).status, 201);
    assertEquals((await ask("POST", `/v1/learners/${name}/restore`)).status, 409);
  }, few({ learners: 2, waitingFiles: 2 })));
