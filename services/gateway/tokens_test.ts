import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { withFolder } from "../../tests/fakes/test_folder.ts";
import { createLog } from "@cugro/telemetry";
import { openAuthenticator } from "./auth.ts";
import {
  addToken,
  allows,
  findToken,
  issueToken,
  readTokens,
  removeToken,
  type Scope,
  sees,
} from "./tokens.ts";

const token = (scopes: Scope[], learners: string[] = ["*"]) => ({ name: "t", scopes, learners });

Deno.test("allows() orders scopes: read, submit, admin", () => {
  const rights = (scopes: Scope[]) =>
    (["read", "submit", "admin"] as const).filter((s) => allows(token(scopes), s));
  assertEquals(rights(["read"]), ["read"]);
  assertEquals(rights(["submit"]), ["read", "submit"]);
  assertEquals(rights(["admin"]), ["read", "submit", "admin"]);
});

Deno.test("sees() matches whole names", () => {
  const seen = (...patterns: string[]) =>
    ["a", "team-a-1", "team-ab", "x-team-a-1"].filter((name) => sees(token(["read"], patterns), name));
  assertEquals(seen("team-a-*"), ["team-a-1"]);
  assertEquals(seen("a", "*-1"), ["a", "team-a-1", "x-team-a-1"]);
  assertEquals(seen("*").length, 4);
  assertEquals(seen("team"), []);
});

Deno.test("findToken() knows a token by its secret, until it expires", () => {
  const { secret, entry } = issueToken({
    name: "ci",
    scopes: ["read"],
    learners: ["a"],
    expires: "2030-01-01T00:00:00Z",
  });
  const other = issueToken({ name: "b", scopes: ["admin"], learners: ["*"] });
  const before = Date.parse("2029-01-01"), after = Date.parse("2031-01-01");
  assertEquals(findToken([other.entry, entry], secret, before)?.token.name, "ci");
  assertEquals(findToken([other.entry, entry], secret, after), undefined);
  assertEquals(findToken([entry], `${secret}x`, before), undefined);
  assertEquals(findToken([entry], entry.sha256, before), undefined, "the hash is no secret");
  assert(secret.length >= 43 && !JSON.stringify(entry).includes(secret));
});

Deno.test("issueToken() refuses what no token can be", () => {
  assertThrows(() => issueToken({ name: "a b", scopes: ["read"], learners: ["*"] }), RangeError, "name");
  assertThrows(() => issueToken({ name: "a", scopes: [], learners: ["*"] }), RangeError, "scopes");
  assertThrows(() => issueToken({ name: "a", scopes: ["read"], learners: ["A/.*"] }), RangeError, "learners");
});

Deno.test("openAuthenticator() reads the file again when it changes, and keeps what it had while it is damaged", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/tokens.json`;
  const lines: string[] = [];
  const log = createLog({ write: (line) => void lines.push(line) });
  try {
    await assertRejects(() => openAuthenticator({ path, log }), RangeError, "cugro token create");
    const first = issueToken({ name: "first", scopes: ["read"], learners: ["*"] });
    await addToken(path, first.entry);
    await assertRejects(() => addToken(path, first.entry), RangeError, 'a token named "first"');
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    await Deno.chmod(path, 0o444);
    const gone = issueToken({ name: "gone", scopes: ["read"], learners: ["*"] });
    await addToken(path, gone.entry);
    await removeToken(path, "gone");
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o444, "who could read it still can");
    let now = 0;
    const auth = await openAuthenticator({ path, log, now: () => now });
    const nameOf = async (secret: string) => (await auth.authenticate(`Bearer ${secret}`))?.name;
    assertEquals(await nameOf(first.secret), "first");
    for (
      const wrong of [
        undefined,
        first.secret,
        `Basic ${first.secret}`,
        "Bearer ",
        `Bearer ${"x".repeat(600)}`,
      ]
    ) {
      assertEquals(await auth.authenticate(wrong), undefined);
    }
    const second = issueToken({ name: "second", scopes: ["read"], learners: ["*"] });
    await addToken(path, second.entry);
    now += 2_000;
    assertEquals(await nameOf(second.secret), "second");
    await Deno.writeTextFile(path, "{");
    now += 2_000;
    assertEquals(await nameOf(first.secret), "first");
    assert(lines.some((line) => line.includes("stay valid")), "the log says so");
    await Deno.writeTextFile(path, JSON.stringify({ tokens: [second.entry] }));
    now += 2_000;
    assertEquals(
      [await nameOf(first.secret), await nameOf(second.secret)],
      [undefined, "second"],
      "taken back",
    );
    await Deno.writeTextFile(path, JSON.stringify({ tokens: [second.entry, second.entry] }));
    await assertRejects(() => readTokens(path), RangeError, "two tokens");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openAuthenticator() knows a header again until its token expires", () =>
  withFolder(async (folder) => {
    const path = join(folder, "tokens.json");
    const expires = "2030-01-01T00:00:00Z";
    const { secret, entry } = issueToken({ name: "ci", scopes: ["read"], learners: ["*"], expires });
    await addToken(path, entry);
    let date = Date.parse(expires) - 1;
    const auth = await openAuthenticator({ path, log: createLog({ level: "silent" }), date: () => date });
    const ask = () => auth.authenticate(`Bearer ${secret}`);
    const first = await ask();
    assertEquals(first?.name, "ci");
    assert(await ask() === first, "nothing is hashed again");
    date++;
    assertEquals(await ask(), undefined);
  }));
