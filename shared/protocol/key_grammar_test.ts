import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Key, KEY_SHAPES, type KeyKind, makeKey, MAX_KEY_BYTES, parseKey } from "./key_grammar.ts";
import { JOB_KINDS } from "./job_kinds.ts";
import { keyPattern } from "./key_pattern.ts";
import { PREFIXES } from "./keys.ts";

/** Small numbers that look random and are the same each time. */
function createDice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

type Dice = ReturnType<typeof createDice>;
const pick = (dice: Dice, letters: string, length: number) =>
  Array.from({ length }, () => letters[dice(letters.length)]).join("");

const LOWER = "abcdefghijklmnopqrstuvwxyz0123456789";
const hex = (length: number) => (dice: Dice) => pick(dice, "0123456789abcdef", length);
const segment = (dice: Dice) => `${pick(dice, `${LOWER}ABZ._=-`, dice(20))}x`;
const number = (dice: Dice) => [1, 9, 10, 1 + dice(1e9), Number.MAX_SAFE_INTEGER][dice(5)]!;

/** A value for every name in a shape. */
const VALUES: Record<string, (dice: Dice) => string | number> = {
  learner: (dice) => `${pick(dice, LOWER, 1)}${pick(dice, `${LOWER}-`, dice(62))}${pick(dice, LOWER, 1)}`,
  ...{ revision: number, seq: number, task: number, attempt: number, n: number, version: number },
  jobKind: (dice) => JOB_KINDS[dice(JOB_KINDS.length)]!,
  ...{ hash: hex(64), job: hex(64), webhook: hex(24), problem: hex(24), upload: hex(32), file: segment },
  snapshot: (dice) => `20301231T235959999Z-${hex(16)(dice)}`,
  event: (dice) => Array.from({ length: 1 + dice(4) }, () => segment(dice)).join("/"),
};

const kinds = Object.keys(KEY_SHAPES) as KeyKind[];
const namesIn = (kind: KeyKind) => [...KEY_SHAPES[kind].matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);

function randomKey(kind: KeyKind, dice: Dice): Key {
  const values = namesIn(kind).map((name) => [name, VALUES[name]!(dice)]);
  return { kind, ...Object.fromEntries(values) } as Key;
}

const make = ({ kind, ...values }: Key) => makeKey(kind, values as never);

Deno.test("parseKey() reads back whatever makeKey() makes, of every kind", () => {
  const dice = createDice(1);
  for (const kind of kinds) {
    for (let round = 0; round < 200; round++) {
      const key = randomKey(kind, dice);
      assertEquals(parseKey(make(key)), key);
    }
  }
});

Deno.test("parseKey() never throws, and what it takes is what makeKey() would make", () => {
  const dice = createDice(2);
  let taken = 0;
  for (let round = 0; round < 20_000; round++) {
    const key = make(randomKey(kinds[dice(kinds.length)]!, dice));
    const at = dice(key.length);
    // Half of them a key with one change, the others anything at all.
    const text = round % 2 === 0
      ? key.slice(0, at) + ["", "/", "..", "0", "é", "\0", " ", "{", key][dice(9)] + key.slice(at + dice(2))
      : pick(dice, "/ajlnrst019._-=\n\u{1F600}é{}", dice(80));
    const parsed = parseKey(text);
    if (parsed === undefined) continue;
    taken++;
    assertEquals(make(parsed), text);
  }
  assert(taken > 1_000, `${taken} were keys`);
});

Deno.test("parseKey() takes no numbers, names and paths that a key cannot hold", () => {
  const hash = "0123456789abcdef".repeat(4);
  for (
    const key of [
      ...["", "/", "learners", "learners/", "learners/a", "learners/a/", "learners/a/b.json", "toString/x"],
      ...["learners/a/tasks/0.json", "learners/a/tasks/01.json", "learners/a/tasks/1.5.json"],
      ...["learners/a/tasks/99999999999999999.json", "learners/A/learner.json", "learners/-a/learner.json"],
      ...["learners/a/learnerxjson", "learners/a/learner.json/", "x/learners/a/learner.json"],
      ...["incoming/a/b/c", "incoming/a/..", "incoming/a/.", "incoming/a/b c", "incoming/-a/b"],
      ...[`artifacts/${hash.toUpperCase()}`, `artifacts/${hash}0`, `artifacts/${hash}/x`, "jobs/x/job.json"],
      ...[`deliveries/lost/${hash.slice(0, 24)}/x`, `deliveries/done/${hash}/x`, "announced/"],
      `incoming/a/${"x".repeat(MAX_KEY_BYTES)}`,
    ]
  ) assertEquals(parseKey(key), undefined, key);
});

Deno.test("makeKey() says of a name or number what is wrong with it", () => {
  assertThrows(() => makeKey("task", { learner: "a", task: 0 }), RangeError, "start at 1");
  assertThrows(() => makeKey("task", { learner: "A", task: 1 }), RangeError, "lower-case letters");
  assertThrows(() => makeKey("artifact", { hash: "x" }), RangeError, "64 hexadecimal digits");
  assertThrows(() => makeKey("incoming", { learner: "a", file: "b/c" }), RangeError, "slash");
  assertThrows(() => makeKey("incoming", { learner: "a", file: ".." }), RangeError, "cannot be a key");
  assertThrows(() => makeKey("announced", { event: "a//b" }), RangeError, "cannot be a key");
  assertThrows(() => makeKey("announced", { event: "x".repeat(MAX_KEY_BYTES) }), RangeError, "longer than");
});

Deno.test("every shape lies under one of the prefixes, and every prefix has a shape", () => {
  const prefixes = Object.values<string>(PREFIXES);
  const used = new Set(kinds.map((kind) => prefixes.find((prefix) => KEY_SHAPES[kind].startsWith(prefix))));
  assertEquals([...used].sort(), prefixes.sort());
});

Deno.test("keyPattern() leaves out every name and number that is not given", () => {
  assertEquals(
    (["result", "failure", "artifact", "dataset", "head", "attempt"] as const).map((kind) =>
      keyPattern(kind)
    ),
    [
      ...["jobs/*/*/result.json", "jobs/*/*/failures/*", "artifacts/*", "datasets/*", "learners/*/head.json"],
      "learners/*/tasks/*/attempts/*",
    ],
  );
  assertEquals(keyPattern("result", { jobKind: "states.train" }), "jobs/states.train/*/result.json");
  assertEquals(keyPattern("oldResult"), `jobs/${"?".repeat(64)}/result.json`);
});
