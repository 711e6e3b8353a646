import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import Ajv from "ajv";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { INFRA, ROOT } from "./check/documents.ts";
import { licencesOf } from "./licences.ts";
import { readLock } from "./lock.ts";
import { createBom } from "./sbom.ts";

const TIME = new Date("2026-11-30T00:00:00Z");
const BILL = createBom({ time: TIME });
const schema = JSON.parse(readFileSync(join(INFRA, "schemas", "cyclonedx.json"), "utf8"));
const ajv = new Ajv.default({ strict: false, allErrors: true, validateFormats: false });
const isValid = ajv.compile(schema);

Deno.test("createBom() fits CycloneDX 1.6, whose schema refuses what is no bill", () => {
  const bom = BILL;
  assert(isValid(bom), JSON.stringify(isValid.errors?.slice(0, 3)));
  for (const key of ["bomFormat", "specVersion"]) assert(!isValid({ ...bom, [key]: undefined }), key);
  const [first, ...rest] = bom.components;
  const { name: _, ...nameless } = first!;
  for (
    const wrong of [nameless, { ...first, scope: "some" }, {
      ...first,
      hashes: [{ alg: "SHA-512", content: "xy" }],
    }]
  ) {
    assert(!isValid({ ...bom, components: [wrong, ...rest] }), JSON.stringify(wrong));
  }
});

Deno.test("createBom() has every locked package once, by hash, and every reference leads to one", () => {
  const { components, dependencies, metadata } = BILL;
  const locked = JSON.parse(readFileSync(join(ROOT, "deno.lock"), "utf8")).npm as Record<
    string,
    { integrity: string }
  >;
  const names = new Set(Object.keys(locked).map((key) => key.replace(/(.@[^_]+)_.*$/, "$1")));
  const refs = components.map((one) => one["bom-ref"]);
  assertEquals(new Set(refs).size, refs.length);
  const npm = components.filter(({ purl, hashes }) => purl!.startsWith("pkg:npm/") && hashes !== undefined);
  assertEquals(
    npm.map(({ group, name, version }) => `${group === undefined ? "" : `${group}/`}${name}@${version}`)
      .sort(),
    [...names].sort(),
  );
  const known = new Set([...refs, metadata.component["bom-ref"]]);
  for (const { ref, dependsOn } of dependencies) {
    for (const one of [ref, ...dependsOn]) assert(known.has(one), one);
  }
  assertEquals(new Set(dependencies.map(({ ref }) => ref)), known);
});

Deno.test("createBom() says what is in the image, and under which licence", () => {
  const { components } = BILL;
  const one = (name: string) => components.find((each) => each.name === name)!;
  // The page at `/` is made of preact, whose package is not in the image.
  assertEquals(
    ["hono", "preact", "ajv", "typescript", "tar"].map((name) => one(name).scope),
    ["required", "required", "excluded", "excluded", "excluded"],
  );
  assertEquals(one("hono").licenses, [{ license: { id: "MIT" } }]);
  const shipped = components.filter(({ scope }) => scope === "required");
  assertEquals(shipped.filter(({ licenses }) => licenses === undefined).map(({ name }) => name), []);
});

Deno.test("createBom() makes the same bill, with the same number, of the same packages at the same time", () => {
  assertEquals(createBom({ time: TIME }), BILL);
  assertNotEquals(createBom({ time: new Date(0) }).serialNumber, BILL.serialNumber);
});

Deno.test("readLock() merges one package under several peers, and says what is not locked", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = join(folder, "deno.lock");
    const integrity = `sha512-${btoa("\x01\x02")}`;
    const write = (npm: object, version = "5") =>
      writeFileSync(path, JSON.stringify({ version, specifiers: { "npm:@a/b@1": "1.0.0_c@2.0.0" }, npm }));
    const peers = {
      "@a/b@1.0.0_c@2.0.0": { integrity, dependencies: ["c@2.0.0"] },
      "@a/b@1.0.0_c@3.0.0": { integrity },
    };
    const both = { "c@2.0.0": { integrity }, "c@3.0.0": { integrity } };
    write({ ...peers, ...both });
    const { packages, direct } = readLock(path);
    assertEquals(packages.map(({ purl }) => purl), [
      "pkg:npm/%40a/b@1.0.0",
      "pkg:npm/c@2.0.0",
      "pkg:npm/c@3.0.0",
    ]);
    assertEquals([packages[0]!.needs, packages[0]!.sha512, direct], [
      ["pkg:npm/c@2.0.0"],
      "0102",
      ["pkg:npm/%40a/b@1.0.0"],
    ]);
    write(peers);
    assertThrows(() => readLock(path), Error, "names c@2.0.0 and does not lock it");
    write({ "c@2.0.0": { integrity: "sha1-AA==" } });
    assertThrows(() => readLock(path), Error, "c@2.0.0 must be locked by sha512");
    write({}, "4");
    assertThrows(() => readLock(path), Error, "must have version 5");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("licencesOf() reads ids, expressions, names, and the forms of old packages", () => {
  assertEquals(licencesOf({ license: "MIT" }), [{ license: { id: "MIT" } }]);
  assertEquals(licencesOf({ license: "(MIT OR Apache-2.0)" }), [{ expression: "(MIT OR Apache-2.0)" }]);
  assertEquals(licencesOf({ license: "see the site" }), [{ license: { name: "see the site" } }]);
  assertEquals(licencesOf({ license: { type: "ISC" } }), [{ license: { id: "ISC" } }]);
  assertEquals(licencesOf({ licenses: [{ type: "MIT" }, { type: "Apache-2.0" }] }), [{
    expression: "MIT OR Apache-2.0",
  }]);
  assertEquals(licencesOf({}), []);
});
