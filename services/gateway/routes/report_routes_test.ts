/** Links that open one report without a token, and nothing else. */
import { createLearner } from "@cugro/learners";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import { openAuthenticator } from "../auth.ts";
import { createReportLinks, keyInStore, LINK_MS, type ReportLinks } from "../report_links.ts";
import { type TestGateway, withGateway } from "../testing/testing_gateway.ts";
import { addToken, issueToken, removeToken } from "../tokens.ts";

interface Link {
  path: string;
  expires: string;
}

async function withLearners({ store }: TestGateway): Promise<void> {
  for (const name of ["mine", "team-a"]) await createLearner({ store, name, seed: 0, preset: "smoke" });
}

const make = async ({ ask }: TestGateway, name: string, as: keyof TestGateway["tokens"]): Promise<Link> => {
  const { status, body } = await ask("POST", `/v1/learners/${name}/report/link`, { as, body: {} });
  assertEquals(status, 201, JSON.stringify(body));
  return body as Link;
};

Deno.test("a link opens its report without a token, as the report is with one", () =>
  withGateway(async (gateway) => {
    await withLearners(gateway);
    const { ask, lines } = gateway;
    const { path, expires } = await make(gateway, "mine", "reader");
    const left = Date.parse(expires) - Date.now();
    assert(left > LINK_MS - 60_000 && left <= LINK_MS, expires);
    const opened = await ask("GET", path, { as: "" });
    assertEquals(opened.status, 200);
    assertStringIncludes(opened.body as string, "<html");
    const withToken = await ask("GET", "/v1/learners/mine/report", { as: "reader" });
    for (const name of ["content-type", "content-security-policy", "cache-control", "referrer-policy"]) {
      assertEquals(opened.headers.get(name), withToken.headers.get(name), name);
    }
    assertEquals(opened.headers.get("cache-control"), "no-store");
    const logged = lines.filter(({ route }) => String(route).startsWith("/reports/"));
    assertEquals(logged.map(({ token, status, route }) => [token, status, route]), [
      ["reader", 200, "/reports/:link"],
    ]);
    const link = path.split("/").at(-1)!;
    assert(!JSON.stringify(lines).includes(link.split(".")[1]!), "no line tells the link");
    assertEquals((await ask("HEAD", path, { as: "" })).status, 200);
    assertEquals((await ask("POST", path, { as: "", body: {} })).status, 405);
  }));

Deno.test("a link opens nothing else: not as a token, not another learner's report, not in another form", () =>
  withGateway(async (gateway) => {
    await withLearners(gateway);
    const { ask, fetch, lines } = gateway;
    const { path } = await make(gateway, "mine", "admin");
    const [claim, signature] = path.slice("/reports/".length).split(".") as [string, string];
    const asToken = new Request("http://gateway/v1/learners/mine", {
      headers: { authorization: `Bearer ${claim}.${signature}` },
    });
    assertEquals((await fetch(asToken)).status, 401);
    assertEquals(
      (await ask("GET", `/v1/learners/mine/report?link=${claim}.${signature}`, { as: "" })).status,
      401,
    );
    const [learner, name, until] = JSON.parse(Buffer.from(claim, "base64url").toString());
    assertEquals([learner, name], ["mine", "admin"]);
    const other = (...claims: unknown[]) => Buffer.from(JSON.stringify(claims)).toString("base64url");
    const team = (await make(gateway, "team-a", "team")).path.split(".").at(-1)!;
    const forged = [
      `${other("team-a", name, until)}.${signature}`,
      `${other("team-a", name, until)}.${team}`,
      `${other(learner, "reader", until)}.${signature}`,
      `${other(learner, name, until + 60_000)}.${signature}`,
      `${other("*", name, until)}.${signature}`,
      `${other(learner, name)}.${signature}`,
      `${other({}, [], null)}.${signature}`,
      `${claim}.${signature.slice(0, -1)}`,
      `${claim}.${signature.slice(0, -1)}${signature.endsWith("A") ? "B" : "A"}`,
      `${claim}.${signature}=`,
      `${claim}.`,
      claim,
      `${claim}.${signature}.${signature}`,
      `${"A".repeat(100_000)}.${signature}`,
    ];
    for (const link of forged) {
      const { status, body } = await ask("GET", `/reports/${link}`, { as: "" });
      assertEquals(status, 404, link.slice(0, 100));
      assertMatch(JSON.stringify(body), /opens no report/);
    }
    assert(!JSON.stringify(lines).includes(signature));
    assertEquals((await ask("GET", path, { as: "" })).status, 200, "and this one still does");
  }));

Deno.test("who may not read a learner gets no link to its report", () =>
  withGateway(async (gateway) => {
    await withLearners(gateway);
    const { ask } = gateway;
    const post = async (name: string, as: "team" | "") =>
      (await ask("POST", `/v1/learners/${name}/report/link`, { as, body: {} })).status;
    assertEquals([await post("mine", "team"), await post("nobody", "team"), await post("mine", "")], [
      404,
      404,
      401,
    ]);
    assertEquals(await post("team-a", "team"), 201);
  }));

/** Links of a gateway whose clock is turned by hand. */
async function linksAt(gateway: TestGateway, clock: { now: number }): Promise<ReportLinks> {
  const log = { info() {}, error() {} } as never;
  // Looks at the file each time.
  let looked = 0;
  const auth = await openAuthenticator({ path: gateway.tokensFile, log, now: () => looked += 2_000 });
  return createReportLinks({ auth, key: keyInStore(gateway.store), now: () => clock.now });
}

async function statusOf(reading: Promise<unknown>): Promise<number> {
  return await reading.then(() => 200, (error) => error.status);
}

const TOKEN = { name: "t", scopes: ["read"], learners: ["team-*"] } as const;
const read = async (links: ReportLinks, { path }: Link) =>
  await statusOf(links.read(path.slice("/reports/".length)));

Deno.test("a link ends with its time, and with its token: taken back, expired, replaced, or with other learners", () =>
  withGateway(async (gateway) => {
    const clock = { now: Date.now() };
    const links = await linksAt(gateway, clock);
    const { tokensFile } = gateway;
    const add = (more: { learners?: string[]; expires?: string } = {}) => {
      const { secret: _, entry } = issueToken({ ...TOKEN, ...more });
      return addToken(tokensFile, entry).then(() => entry);
    };
    const replaceBy = async (entry: Awaited<ReturnType<typeof add>>) => {
      await removeToken(tokensFile, "t");
      await addToken(tokensFile, entry);
    };
    const entry = await add();
    const link = await links.make(TOKEN, "team-a");
    assertEquals(await read(links, link), 200);
    clock.now += LINK_MS - 1;
    assertEquals(await read(links, link), 200);
    clock.now += 1;
    assertEquals(await read(links, link), 410, "its time is over");
    const fresh = await links.make(TOKEN, "team-a");
    await removeToken(tokensFile, "t");
    assertEquals(await read(links, fresh), 404, "taken back");
    assertEquals(await statusOf(links.make(TOKEN, "team-a")), 401);
    const again = await add();
    assertEquals(await read(links, fresh), 404, "another token of that name");
    await replaceBy({ ...entry, learners: ["other-*"] });
    assertEquals(await read(links, fresh), 404, "it no longer sees the learner");
    await replaceBy({ ...entry });
    assertEquals(await read(links, fresh), 200, "the same token as before");
    await replaceBy({ ...again, expires: new Date(Date.now() + 60_000).toISOString() });
    const short = await links.make(TOKEN, "team-a");
    assert(Date.parse(short.expires) <= Date.now() + 60_000, "no longer than the token");
  }));

Deno.test("all gateways of a store sign with one key; a gateway of another store does not know it", () =>
  withGateway(async (gateway) => {
    const clock = { now: Date.now() };
    const { entry } = issueToken(TOKEN);
    await addToken(gateway.tokensFile, entry);
    const [one, other] = await Promise.all([linksAt(gateway, clock), linksAt(gateway, clock)]);
    // Both at once: one of them makes the key.
    const [first, second] = await Promise.all([one.make(TOKEN, "team-a"), other.make(TOKEN, "team-b")]);
    assertEquals([await read(other, first), await read(one, second)], [200, 200]);
    await withGateway(async (elsewhere) => {
      await addToken(elsewhere.tokensFile, entry);
      assertEquals(await read(await linksAt(elsewhere, clock), first), 404);
    });
  }));
