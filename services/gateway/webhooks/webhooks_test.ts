import { sleep } from "@cugro/async";
import { assert, assertEquals, assertGreater, assertMatch, assertStringIncludes } from "@std/assert";
import { createCache, createLearner } from "@cugro/learners";
import { createLog } from "@cugro/telemetry";
import {
  doneKey,
  donePrefix,
  encodeFact,
  pendingKey,
  rejectionKey,
  webhookKey,
  webhookPrefix,
  webhookSettingsKey,
} from "@cugro/protocol";
import {
  QUICK,
  type Received,
  refuse,
  until,
  withLiveGateway,
  withReceiver,
} from "../testing/listening_gateway.ts";
import { startDeliverer } from "./deliverer.ts";

const idsOf = (received: Received[]) => received.map(({ body }) => JSON.parse(body).id).sort();

/** The record of a delivery that a gateway took up and did not get to. */
function begunDelivery(webhook: string, id: string, learner: string): Uint8Array {
  const long = new Date(0).toISOString();
  const kind = { specversion: "1.0", type: "cugro.arrival.rejected", datacontenttype: "application/json" };
  const event = { ...kind, id, subject: learner, source: `/learners/${learner}`, data: {} };
  const state = { state: "pending", created: long, attempts: [], tries: 0, next: long, claim: null };
  return encodeFact({ schema: 1, webhook, ...state, event });
}

/** Standard Webhooks, as a receiver would check it: written from the specification, with another library. */
async function isGenuine({ headers, body }: Received, secret: string): Promise<boolean> {
  const raw = Uint8Array.from(atob(secret.replace("whsec_", "")), (character) => character.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const signed = `${headers.get("webhook-id")}.${headers.get("webhook-timestamp")}.${body}`;
  const age = Date.now() / 1000 - Number(headers.get("webhook-timestamp"));
  const [version, signature] = headers.get("webhook-signature")!.split(",");
  const bytes = Uint8Array.from(atob(signature!), (character) => character.charCodeAt(0));
  return version === "v1" && Math.abs(age) < 60 &&
    await crypto.subtle.verify("HMAC", key, bytes, new TextEncoder().encode(signed));
}

Deno.test("a fact reaches the receiver once, signed, though the bus says nothing; the secret is shown once", () =>
  withReceiver(({ url, received }) =>
    withLiveGateway({}, async ({ ask, store, metrics }) => {
      await refuse(store, "a", 1);
      await sleep(20);
      const made = await ask("POST", "/v1/webhooks", { url, description: "ours" });
      assertEquals(made.status, 201, JSON.stringify(made.body));
      const { id, secret } = made.body;
      assertMatch(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
      const key = await refuse(store, "a", 2);
      await until("it arrives", () => received.length > 0);
      const [one] = received as [Received];
      assert(await isGenuine(one, secret));
      assert(!await isGenuine({ ...one, body: one.body.replace("test", "text") }, secret));
      const event = JSON.parse(one.body);
      assertEquals([event.specversion, event.id, event.type], ["1.0", key, "cugro.arrival.rejected"]);
      assertEquals([event.source, event.subject, event.data.arrival], ["/learners/a", "a", 2]);
      assertStringIncludes(one.headers.get("content-type")!, "application/cloudevents+json");
      await sleep(200);
      assertEquals(
        idsOf(received),
        [key],
        "what was before the webhook is not for it, and nothing comes twice",
      );
      const listed = async () => (await ask("GET", `/v1/webhooks/${id}/deliveries`)).body.deliveries;
      // It arrives before its answer is written down.
      await until("it is recorded", async () => (await listed())[0]?.state === "delivered");
      const deliveries = await listed();
      assertEquals(deliveries.length, 1);
      assertEquals([deliveries[0].state, deliveries[0].attempts[0].status], ["delivered", 204]);
      assertEquals(deliveries[0].id, one.headers.get("webhook-id"));
      for (const path of ["/v1/webhooks", `/v1/webhooks/${id}`, `/v1/webhooks/${id}/deliveries`]) {
        assert(!JSON.stringify((await ask("GET", path)).body).includes(secret.slice(6)), path);
      }
      assertStringIncludes(
        (await metrics.expose()).text,
        'cugro_webhook_deliveries_total{outcome="delivered"',
      );
    })
  ));

Deno.test("what fails is tried again under the same id, then it is dead, and can be sent again", () => {
  const answers = [500, 302, 200, 500, 500, 500, 500, 200, 410];
  return withReceiver(({ url, received }) =>
    withLiveGateway({}, async ({ ask, store }) => {
      const { id, secret } = (await ask("POST", "/v1/webhooks", { url })).body;
      const deliveries = async (state: string) =>
        (await ask("GET", `/v1/webhooks/${id}/deliveries?state=${state}`)).body.deliveries;
      await refuse(store, "a", 1);
      await until("it is delivered", async () => (await deliveries("delivered")).length === 1);
      const [first] = await deliveries("delivered");
      assertEquals(first.attempts.map(({ status }: { status: number }) => status), [500, 302, 200]);
      assertStringIncludes(first.attempts[1].error, "redirects are not followed");
      assertEquals(new Set(received.map(({ headers }) => headers.get("webhook-id"))).size, 1);
      assertEquals(new Set(received.map(({ path }) => path)).size, 1);
      for (const one of received) assert(await isGenuine(one, secret));
      await refuse(store, "a", 2);
      await until("it is dead", async () => (await deliveries("dead")).length === 1);
      const [dead] = await deliveries("dead");
      assertEquals([dead.attempts.length, dead.next], [4, null]);
      const again = await ask("POST", `/v1/webhooks/${id}/deliveries/${dead.id}/redeliver`);
      assertEquals([again.status, again.body.state], [202, "pending"]);
      await until("it is delivered after all", async () => (await deliveries("delivered")).length === 2);
      await refuse(store, "a", 3);
      await until("nobody is there any more", async () => (await deliveries("dead")).length === 1);
      assertEquals((await deliveries("dead"))[0].attempts.length, 1, "gone is gone");
      const none = await ask(
        "POST",
        `/v1/webhooks/${id}/deliveries/${btoa("..").replace(/=+/, "")}/redeliver`,
      );
      assertEquals(none.status, 404);
    }), (_, n) => new Response(null, { status: answers[n - 1]!, headers: { location: "/elsewhere" } }));
});

Deno.test("an event whose outcome is written and which is pending for a moment longer can be sent again", () =>
  withReceiver(({ url, received }) =>
    withLiveGateway({}, async ({ ask, store }) => {
      const { id } = (await ask("POST", "/v1/webhooks", { url })).body;
      const event = await refuse(store, "a", 1);
      await until("it is delivered", async () => {
        return (await ask("GET", `/v1/webhooks/${id}/deliveries?state=delivered`)).body.deliveries.length ===
          1;
      });
      const [done] = (await ask("GET", `/v1/webhooks/${id}/deliveries`)).body.deliveries;
      const { claim: _, ...record } = JSON.parse(
        new TextDecoder().decode((await store.get(doneKey(id, event)))!.bytes),
      );
      // Claimed by a gateway that is about to remove it.
      const claim = { by: "another", until: new Date(Date.now() + 600).toISOString() };
      const pending = { ...record, state: "pending", claim };
      await store.put(pendingKey(id, event), encodeFact(pending));
      const removed = sleep(300).then(() => store.delete(pendingKey(id, event)));
      const again = await ask("POST", `/v1/webhooks/${id}/deliveries/${done.id}/redeliver`);
      await removed;
      assertEquals([again.status, again.body.state], [202, "pending"]);
      await until("it comes again", () => received.length === 2);
    })
  ));

Deno.test("a receiver that does not answer is a failure, and holds up nobody else", () => {
  return withReceiver(
    (slow) =>
      withReceiver((quick) =>
        withLiveGateway({ webhooks: { timeoutMs: 150 } }, async ({ ask, store }) => {
          const { id } = (await ask("POST", "/v1/webhooks", { url: slow.url })).body;
          await ask("POST", "/v1/webhooks", { url: quick.url });
          for (let n = 1; n <= 6; n++) await refuse(store, "a", n);
          // On a busy machine even its answer may come late, and then it comes twice.
          const idsSeen = () => new Set(quick.received.map(({ headers }) => headers.get("webhook-id")));
          await until("the quick one has all", () => idsSeen().size === 6);
          await until("the slow one's are dead", async () => {
            return (await ask("GET", `/v1/webhooks/${id}/deliveries?state=dead`)).body.deliveries.length ===
              6;
          });
          const [dead] = (await ask("GET", `/v1/webhooks/${id}/deliveries?limit=1`)).body.deliveries;
          assertStringIncludes(dead.attempts[0].error, "no answer within 0.15 s");
        })
      ),
    (_, _n, over) => over.then(() => new Response()),
  );
});

Deno.test("several gateways send each event once; what one began and did not end, another sends", () =>
  withReceiver(({ url, received }) =>
    withLiveGateway({}, async ({ ask, store, bus, anotherDeliverer }) => {
      const { id } = (await ask("POST", "/v1/webhooks", { url })).body;
      await anotherDeliverer();
      await anotherDeliverer();
      const keys = [];
      for (let n = 1; n <= 20; n++) {
        const key = await refuse(store, "a", n);
        keys.push(key);
        const event = {
          id: key,
          type: "cugro.arrival.rejected",
          subject: "a",
          source: "/learners/a",
          data: {},
        };
        await bus.announce({ specversion: "1.0", datacontenttype: "application/json", ...event } as never);
      }
      await until("all have come", () => received.length >= 20);
      await sleep(200);
      assertEquals(idsOf(received), keys.sort());
      // As a gateway leaves it that is killed between its claim and its request.
      const crashed = rejectionKey("b", 1);
      const event = { ...JSON.parse(received[0]!.body), id: crashed, subject: "b", source: "/learners/b" };
      const claim = { by: "a gateway that was killed", until: new Date(Date.now() + 300).toISOString() };
      const record = {
        schema: 1,
        webhook: id,
        event,
        state: "pending",
        created: claim.until,
        attempts: [],
        tries: 0,
      };
      await store.put(pendingKey(id, crashed), encodeFact({ ...record, next: null, claim }));
      await refuse(store, "b", 1);
      const before = Date.now();
      await until("it comes", () => received.length > 20);
      assertGreater(Date.now() - before, 100);
      assertEquals(idsOf(received.slice(20)), [crashed]);
      await until("all are done", async () => (await store.list(donePrefix(id))).length === 21);
    })
  ));

Deno.test("attempts go on after a restart, when their time has come", () =>
  withReceiver(
    ({ url, received }) =>
      withLiveGateway({ webhooks: { scanMs: 3_600_000, delaysMs: [600] } }, async (gateway) => {
        const { ask, store, anotherDeliverer } = gateway;
        const { id } = (await ask("POST", "/v1/webhooks", { url })).body;
        // The gateway's own one looks once, as the webhook is new.
        await sleep(100);
        const first = await anotherDeliverer({ scanMs: 30 });
        await refuse(store, "a", 1);
        // Not only sent: an attempt that the end cuts short is made again at once.
        await until("the failure is on record", async () => {
          const { deliveries } = (await ask("GET", `/v1/webhooks/${id}/deliveries`)).body;
          return deliveries[0]?.attempts.length === 1;
        });
        await first.close();
        const failed = Date.now();
        await anotherDeliverer({ scanMs: 30 });
        await until("it was tried again", () => received.length === 2);
        assertGreater(Date.now() - failed, 350);
      }),
    (_, n) => new Response(null, { status: n === 1 ? 503 : 200 }),
  ));

Deno.test("a webhook gets the types and learners it asks for, nothing while it is paused, nothing once it is gone", () =>
  withReceiver(({ url, received }) =>
    withLiveGateway({}, async ({ ask, store }) => {
      const { id } = (await ask("POST", "/v1/webhooks", { url, learners: ["team-*"] })).body;
      const other = { url: `${url}/versions`, types: ["cugro.version.published"] };
      await ask("POST", "/v1/webhooks", other);
      await refuse(store, "a", 1);
      const wanted = [await refuse(store, "team-a", 1)];
      await until("it comes", () => received.length === 1);
      const paused = await ask("PATCH", `/v1/webhooks/${id}`, { active: false });
      assertEquals([paused.status, paused.body.active], [200, false]);
      await sleep(30);
      await refuse(store, "team-a", 2);
      await sleep(200);
      await ask("PATCH", `/v1/webhooks/${id}`, { active: true, url: `${url}/moved` });
      await sleep(30);
      wanted.push(await refuse(store, "team-a", 3));
      await until("the next comes", () => received.length === 2);
      assertEquals(idsOf(received), wanted, "what came while it was paused has passed by");
      assertEquals(received[1]!.path, "/hook/moved");
      assertEquals((await ask("DELETE", `/v1/webhooks/${id}`)).status, 204);
      assertEquals(await store.list(webhookPrefix(id)), []);
      assertEquals(await store.list(donePrefix(id)), []);
      assertEquals((await ask("GET", `/v1/webhooks/${id}`)).status, 404);
      await refuse(store, "team-a", 4);
      await sleep(200);
      assertEquals(received.length, 2);
    })
  ));

Deno.test("webhooks are made and seen by admins, for learners they see, to addresses that are allowed", () =>
  withLiveGateway({ webhooks: { privateAddresses: false } }, async ({ ask, store }) => {
    const make = (body: unknown, as: "admin" | "reader" | "team" = "admin") =>
      ask("POST", "/v1/webhooks", body, as);
    assertEquals((await make({ url: "https://1.1.1.1/" }, "reader")).status, 403);
    const foreign = await make({ url: "https://1.1.1.1/", learners: ["team-a", "*"] }, "team");
    assertEquals([foreign.status, foreign.body.errors[0].field], [403, "body.learners"]);
    const own = await make({ url: "https://1.1.1.1/" }, "team");
    assertEquals([own.status, own.body.learners, own.body.createdBy], [201, ["team-*"], "team"]);
    const all = await make({ url: "https://1.1.1.1/" });
    assertEquals((await ask("GET", "/v1/webhooks")).body.webhooks.length, 2);
    assertEquals(
      (await ask("GET", "/v1/webhooks", undefined, "team")).body.webhooks.map((one: { id: string }) =>
        one.id
      ),
      [own.body.id],
    );
    for (const method of ["GET", "DELETE"]) {
      assertEquals((await ask(method, `/v1/webhooks/${all.body.id}`, undefined, "team")).status, 404);
    }
    for (
      const url of [
        "http://169.254.169.254/latest",
        "http://127.0.0.1:9000/",
        "http://localhost/",
        "ftp://x.org/",
        "x",
      ]
    ) {
      const refused = await make({ url });
      assertEquals([refused.status, refused.body.errors[0].field], [422, "body.url"], url);
      assertEquals((await ask("PATCH", `/v1/webhooks/${own.body.id}`, { url })).status, 422);
    }
    assertEquals((await make({ url: "https://1.1.1.1/", types: ["cugro.job.finished"] })).status, 400);
    // A name that came to stand for a private address since: refused when it is sent to, without another attempt.
    await createLearner({ store, name: "a", seed: 1, preset: "smoke" });
    const settings = {
      schema: 1,
      revision: 2,
      url: "http://localhost:9999/",
      types: ["cugro.arrival.rejected"],
      learners: ["*"],
    };
    const revision = encodeFact({ ...settings, active: true, description: "" });
    await store.put(`${webhookPrefix(all.body.id)}settings/2.json`, revision);
    await sleep(30);
    await refuse(store, "a", 1);
    const path = `/v1/webhooks/${all.body.id}/deliveries?state=dead`;
    await until("it is dead", async () => (await ask("GET", path)).body.deliveries.length === 1);
    const [{ attempts }] = (await ask("GET", path)).body.deliveries;
    assertEquals(attempts.length, 1);
    assertStringIncludes(attempts[0].error, "private address");
  }));

Deno.test("a learner whose facts cannot be read is named in the log, and holds up no other learner's webhooks", () =>
  withReceiver(({ url, received }) =>
    withLiveGateway({}, async ({ ask, store, bus, metrics }) => {
      const { id } = (await ask("POST", "/v1/webhooks", { url })).body;
      for (const name of ["a", "b"]) await createLearner({ store, name, seed: 1, preset: "smoke" });
      const [damaged, newer, early] = ["a", "b", "c"].map((name) => rejectionKey(name, 1)) as [
        string,
        string,
        string,
      ];
      const good = (name: string) =>
        encodeFact({ schema: 1, seq: 1, key: `incoming/${name}/1.hdf5`, reason: "test", failedJob: null });
      await store.put(damaged, new TextEncoder().encode("{"));
      await store.put(newer, encodeFact({ schema: 2 }));
      await store.put(early, good("c"));
      // Before there is the fact, so that the gateway's own deliverer has not begun it by then.
      const begun = rejectionKey("d", 1);
      await store.put(pendingKey(id, begun), begunDelivery(id, begun, "d"));
      const wanted = [await refuse(store, "d", 1), await refuse(store, "d", 2)];
      const lines: Record<string, unknown>[] = [];
      const log = createLog({ level: "error", write: (line) => void lines.push(JSON.parse(line)) });
      const options = { ...QUICK, scanMs: 20 };
      const deliverer = await startDeliverer({ store, bus, cache: createCache(), log, metrics, options });
      try {
        await until("what was begun and what is new arrive", () => received.length === 2);
        assertEquals(idsOf(received), wanted.sort());
        await sleep(200);
        assertEquals(lines.map(({ learner }) => learner), ["a", "b"], JSON.stringify(lines));
        assertStringIncludes(JSON.stringify(lines[0]), `${damaged} is damaged`);
        assertStringIncludes(JSON.stringify(lines[1]), "newer version");
        await store.put(damaged, good("a"));
        await until("the mended learner's comes", () => received.length === 3);
        assertEquals(idsOf(received.slice(2)), [damaged]);
        await createLearner({ store, name: "c", seed: 1, preset: "smoke" });
        await until("so does that of the one that is whole now", () => received.length === 4);
        assertEquals(lines.length, 2, JSON.stringify(lines));
      } finally {
        await deliverer.close();
      }
    })
  ));

Deno.test("a webhook that cannot be read is named in the log, keeps what waits for it, and holds up no other", () =>
  withReceiver(({ url, received }) =>
    withLiveGateway({}, async ({ ask, store, bus, metrics }) => {
      const { id: good } = (await ask("POST", "/v1/webhooks", { url })).body;
      const [bad, whole] = ["ab".repeat(12), (await store.get(webhookSettingsKey(good, 1)))!.bytes];
      const fact = JSON.parse(new TextDecoder().decode((await store.get(webhookKey(good)))!.bytes));
      const settings = webhookSettingsKey(bad, 1);
      await store.put(settings, new TextEncoder().encode("{"));
      await store.put(webhookKey(bad), encodeFact({ ...fact, id: bad }));
      const lines: Record<string, unknown>[] = [];
      const log = createLog({ level: "error", write: (line) => void lines.push(JSON.parse(line)) });
      const options = { ...QUICK, scanMs: 20 };
      const deliverer = await startDeliverer({ store, bus, cache: createCache(), log, metrics, options });
      try {
        const wanted = [await refuse(store, "a", 1)];
        await until("the other webhook's event arrives", () => received.length > 0);
        const waiting = rejectionKey("a", 9);
        await store.put(pendingKey(bad, waiting), begunDelivery(bad, waiting, "a"));
        await sleep(200);
        assertEquals(idsOf(received), wanted);
        assertEquals(lines.map(({ webhook }) => webhook), [bad], JSON.stringify(lines));
        assertStringIncludes(JSON.stringify(lines[0]), `${settings} is damaged`);
        const listed = (await ask("GET", "/v1/webhooks")).body.webhooks as { id: string }[];
        assertEquals(listed.map(({ id }) => id), [good]);
        await store.put(settings, whole);
        await until("the mended webhook gets what waited for it", () => idsOf(received).includes(waiting));
      } finally {
        await deliverer.close();
      }
    })
  ));
