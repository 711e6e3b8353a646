import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { canonicalJson, sha256 } from "./canonical.ts";

Deno.test("canonicalJson() writes the sample of RFC 8785 section 3.2", () => {
  const value = {
    numbers: [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\u002f",
    literals: [null, true, false],
  };
  assertEquals(
    canonicalJson(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

Deno.test("canonicalJson() sorts members by UTF-16 code units", () => {
  const value = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7 };
  assertEquals(Object.values(JSON.parse(canonicalJson(value))).length, 7);
  const order = [...canonicalJson(value).matchAll(/:(\d)/g)].map((match) => Number(match[1]));
  assertEquals(order, [2, 4, 6, 7, 1, 5, 3]);
});

Deno.test("canonicalJson() leaves undefined members out and writes -0 as 0", () => {
  assertEquals(canonicalJson({ b: -0, a: undefined }), '{"b":0}');
});

Deno.test("canonicalJson() refuses what JSON cannot say and names the place", () => {
  const place = (value: unknown) => assertThrows(() => canonicalJson(value), TypeError).message;
  assertEquals(place({ a: [1, NaN] }), "Cannot write $.a[1] as JSON: current value is NaN");
  assertEquals(
    place({ a: { b: new Float32Array(1) } }),
    "Cannot write $.a.b as JSON: current value is a Float32Array",
  );
  assertEquals(place(["\ud800"]), "Cannot write $[0] as JSON: it holds a lone surrogate");
  assertEquals(place([undefined]), "Cannot write $[0] as JSON: current value is undefined");
});

Deno.test("sha256() agrees with the published value and tells bytes apart", () => {
  assertEquals(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assertEquals(sha256(new TextEncoder().encode("abc")), sha256("abc"));
  assertNotEquals(sha256(new Uint8Array([0])), sha256(new Uint8Array([0, 0])));
});
