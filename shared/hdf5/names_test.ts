/** Names, links and attributes are found as the HDF5 library finds them, however many there are. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { sourceOf } from "./byte_source.ts";
import { openHdf5 } from "./open_hdf5.ts";
import { type Hdf5Writer, makeHdf5 } from "./testing/hdf5_files.ts";

Deno.test("a shared collection whose parts have impossible lengths is damage, and no endless walk", async () => {
  const bytes = await makeHdf5((file) => {
    file.create_attribute("env", "walk");
    file.create_dataset({ name: "rewards", data });
  });
  const at = new TextDecoder("latin1").decode(bytes).indexOf("GCOL");
  for (const length of [2n ** 32n - 1n, 2n ** 32n - 8n, 2n ** 64n - 1n, 0n, 3n]) {
    const changed = bytes.slice();
    new DataView(changed.buffer).setBigUint64(at + 16 + 8, length, true);
    const { message } = assertThrows(() => read(changed), Error);
    assertStringIncludes(message, "its data is damaged");
  }
});

const VERSIONS = ["earliest", "v108", "v110", "latest"] as const;
const data = Float32Array.of(1, 2, 3);

/** Reads `rewards`, and what else is at the top. */
function read(bytes: Uint8Array) {
  const { names, attributes, plan } = openHdf5(sourceOf(bytes));
  return {
    present: names,
    values: [...plan("rewards", 1e9).read()],
    attributes: Object.fromEntries(attributes.map(({ name, read }) => [name, read()])),
  };
}

Deno.test("a shared collection whose parts have impossible lengths is damage, and no endless walk", async () => {
  const bytes = await makeHdf5((file) => {
    file.create_attribute("env", "walk");
    file.create_dataset({ name: "rewards", data });
  });
  const at = new TextDecoder("latin1").decode(bytes).indexOf("GCOL");
  for (const length of [2n ** 32n - 1n, 2n ** 32n - 8n, 2n ** 64n - 1n, 0n, 3n]) {
    const changed = bytes.slice();
    new DataView(changed.buffer).setBigUint64(at + 16 + 8, length, true);
    const { message } = assertThrows(() => read(changed), Error);
    assertStringIncludes(message, "its data is damaged");
  }
});

for (const version of VERSIONS) {
  Deno.test(`all names of a group are found, few and many (${version})`, async () => {
    for (const count of [1, 7, 9, 100, 3000]) {
      const names = Array.from({ length: count }, (_, i) => `field ${i} ${"x".repeat(i % 50)}`);
      const bytes = await makeHdf5((file) => {
        for (const name of names) file.create_dataset({ name, data: data.subarray(0, 1) });
        file.create_dataset({ name: "rewards", data });
      }, version);
      const { present, values } = read(bytes);
      assertEquals(values, [1, 2, 3]);
      assertEquals([...present].sort(), [...names, "rewards"].sort());
    }
  });

  Deno.test(`known attributes are found among any number, of any length (${version})`, async () => {
    for (const count of [0, 7, 9, 400]) {
      const bytes = await makeHdf5((file) => {
        for (let i = 0; i < count; i++) file.create_attribute(`note ${i}`, `text ${i}`);
        file.create_attribute("env", "Möwe".repeat(10));
        file.create_attribute("goal", Float64Array.from({ length: 600 }, (_, i) => i / 7));
        file.create_attribute("horizon", 50);
        file.create_attribute("return_random", Float32Array.of(1.5), [], "<f");
        file.create_dataset({ name: "rewards", data });
      }, version);
      const { attributes } = read(bytes);
      assertEquals(Object.keys(attributes).length, count + 4);
      for (let i = 0; i < count; i++) assertEquals(attributes[`note ${i}`], `text ${i}`);
      const { env, goal, horizon, return_random } = attributes;
      assertEquals({ env, goal, horizon, return_random }, {
        env: "Möwe".repeat(10),
        goal: Array.from({ length: 600 }, (_, i) => i / 7),
        horizon: 50,
        return_random: 1.5,
      });
    }
  });

  Deno.test(`soft links are followed inside the file, and nowhere else (${version})`, async () => {
    const linked = (target: string, more: (file: Hdf5Writer) => void = () => {}) =>
      makeHdf5((file) => {
        file.create_group("a").create_group("b").create_dataset({ name: "values", data });
        file.create_soft_link(target, "rewards");
        more(file);
      }, version);
    for (const target of ["/a/b/values", "a/b/values", "/a/./b/values"]) {
      assertEquals(read(await linked(target)).values, [1, 2, 3]);
    }
    const again = await linked("/other", (file) => file.create_soft_link("/a/b/values", "other"));
    assertEquals(read(again).values, [1, 2, 3]);
    const faults: [string, string, ((file: Hdf5Writer) => void)?][] = [
      ["/a/none", "leads nowhere"],
      ["/a/b", "it is a group (of values)"],
      ["/rewards", "leads back to itself"],
      ["/away/x", "other files", (file) => file.create_external_link("/etc/passwd", "/x", "away")],
      ["/loop", "leads back to itself", (file) => file.create_soft_link("/rewards", "loop")],
    ];
    for (const [target, words, more] of faults) {
      const bytes = await linked(target, more);
      const { message } = assertThrows(() => read(bytes), Error);
      assertStringIncludes(message, words);
    }
  });
}
