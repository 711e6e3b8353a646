import { sees } from "@cugro/gateway/tokens";
import type { Webhook } from "../../services/gateway/webhooks/hooks.ts";
import { isWanted } from "../../services/gateway/webhooks/wanted_events.ts";
import { assertEquals } from "@std/assert";
import { fitsPattern } from "./name_patterns.ts";

const CASES: [pattern: string, fits: string[], doesNot: string[]][] = [
  ["*", ["", "a", "team-a"], []],
  ["team-a", ["team-a"], ["", "team", "team-ab", "xteam-a", "team-*"]],
  ["team-*", ["team-", "team-a", "team-a-b"], ["team", "xteam-a"]],
  ["*-walker", ["-walker", "a-walker", "a-walker-walker"], ["walker", "a-walker-2"]],
  ["a*b*c", ["abc", "axbxc", "abcbc", "abbc"], ["ab", "acb", "abcx", "xabc"]],
  ["*ab", ["ab", "aab", "abab"], ["aba", "a", ""]],
  ["a*a", ["aa", "aba", "aaa"], ["a", "ab"]],
  ["**a**", ["a", "bab"], ["", "b"]],
  ["", [""], ["a"]],
];

Deno.test("fitsPattern() takes * for any characters and everything else as it is", () => {
  for (const [pattern, fits, doesNot] of CASES) {
    for (const name of fits) assertEquals(fitsPattern(pattern, name), true, `${pattern} and ${name}`);
    for (const name of doesNot) assertEquals(fitsPattern(pattern, name), false, `${pattern} and ${name}`);
  }
});

Deno.test("fitsPattern() says what a regular expression says, for all short patterns and names", () => {
  const words = (letters: string, length: number): string[] =>
    length === 0
      ? [""]
      : ["", ...[...letters].flatMap((letter) => words(letters, length - 1).map((rest) => letter + rest))];
  const names = [...new Set(words("ab", 4))];
  for (const pattern of new Set(words("a*b", 4))) {
    const expression = new RegExp(`^${pattern.replaceAll("*", ".*")}$`);
    for (const name of names) {
      assertEquals(fitsPattern(pattern, name), expression.test(name), `"${pattern}" and "${name}"`);
    }
  }
});

Deno.test("patterns with many * are answered, in tokens and in webhooks", () => {
  const pattern = `team-a-${"*".repeat(50)}b`;
  const spread = `team-a-${"*a".repeat(28)}b`;
  const name = `team-a-${"a".repeat(57)}`;
  const since = "2026-01-01T00:00:00.000Z";
  for (const evil of [pattern, spread]) {
    assertEquals([fitsPattern(evil, name), fitsPattern(evil, `${name}b`)], [false, true]);
    assertEquals(sees({ name: "t", scopes: ["admin"], learners: [evil] }, name), false);
    const settings: Webhook["revisions"][number]["settings"] = {
      ...{ schema: 1, revision: 1, url: "https://example.org/", description: "", active: true },
      ...{ types: ["cugro.version.published"], learners: [evil] },
    };
    const fact: Webhook["fact"] = {
      schema: 1,
      id: "0".repeat(24),
      secret: "",
      created: since,
      createdBy: "t",
    };
    const hook: Webhook = { fact, since, revisions: [{ settings, since }] };
    const event = { type: "cugro.version.published", subject: name, id: "x" };
    assertEquals(isWanted(hook, event as unknown as Parameters<typeof isWanted>[1], since), false);
  }
});
