import { typed } from "../fakes/typed_command.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { cp } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createProblem } from "@cugro/protocol";

const FIXTURE = fileURLToPath(new URL("../fixtures/store_0.2/store", import.meta.url));

async function withFixture(test: (folder: string, at: string[]) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await cp(FIXTURE, `${folder}/store`, { recursive: true });
    await test(folder, ["--store", `${folder}/store`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function objects(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (name === "@store") continue;
    const path = `${folder}/${name}`;
    found.push(...isDirectory ? await objects(path) : [path]);
  }
  return found.sort();
}

Deno.test("cugro learner delete says until when it can be undone, and restore undoes it", () =>
  withFixture(async (_, at) => {
    const before = await typed("versions", "--learner", "fixture", ...at);
    const { text } = await typed("learner", "delete", "fixture", "--yes", ...at);
    assertMatch(
      text,
      /Until garbage collection, after \d{4}-\d\d-\d\dT\d\d:\d\dZ, it comes back with: .*cugro learner restore/,
    );
    const back = text.split(/comes back with: .*?cugro /)[1]!.split(";")[0]!.split(" ");
    const taken = await typed("learner", "create", "fixture", ...at);
    assertStringIncludes(taken.text, "its name is not used again: choose another, or restore it");
    assertStringIncludes((await typed("gc", ...at)).text, "removed 0 objects");
    assertEquals((await typed(...back)).code, 0);
    assertEquals(await typed("versions", "--learner", "fixture", ...at), before);
    await typed("learner", "delete", "fixture", "--yes", ...at);
    await typed("gc", "--grace-hours", "0", ...at);
    const late = await typed(...back);
    assertEquals(late.code, 1);
    assertStringIncludes(late.text, "the weights of version 1, the weights of version 2");
    assertStringIncludes((await typed("learner", "restore", "ghost", ...at)).text, 'no learner "ghost"');
  }));

Deno.test("cugro learner export goes on with its own half of a copy, and leaves other folders alone", () =>
  withFixture(async (folder, at) => {
    const exported = (to: string) => typed("learner", "export", "fixture", to, ...at);
    assertEquals((await exported(`${folder}/whole`)).code, 0);
    const whole = (await objects(`${folder}/whole`)).map((path) => path.slice(`${folder}/whole`.length));
    // What a command that is killed leaves: some objects, the learner's own fact last of all.
    await cp(`${folder}/whole`, `${folder}/half`, { recursive: true });
    const paths = await objects(`${folder}/half`);
    const removed = paths.filter((path, index) => index % 3 === 0 || path.endsWith("learner.json"));
    for (const path of removed) await Deno.remove(path);
    assertEquals((await exported(`${folder}/half`)).code, 0);
    assertEquals((await objects(`${folder}/half`)).map((path) => path.slice(`${folder}/half`.length)), whole);
    await typed("learner", "create", "other", "--store", `${folder}/half`);
    await Deno.mkdir(`${folder}/mine`);
    await Deno.writeTextFile(`${folder}/mine/letter.txt`, "x");
    for (const place of ["half", "mine"]) {
      const before = await objects(`${folder}/${place}`);
      const { code, text } = await exported(`${folder}/${place}`);
      assert(code === 1 && text.includes("is not empty ("), text);
      assertEquals(await objects(`${folder}/${place}`), before);
    }
  }));

Deno.test("status and versions say at once that a gateway's store is away, and ask it for nothing", async () => {
  const away = createProblem("store.away", {}, {
    since: null,
    message: "The store cannot be reached or used.",
    advice: "Start it again.",
  });
  const asked = new Set<string>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ url }) => {
    asked.add(new URL(url).pathname);
    return Response.json({ problems: [away] });
  });
  try {
    const at = ["--url", `http://127.0.0.1:${server.addr.port}`, "--token", "x"];
    for (const words of [["status"], ["status", "--learner", "a"], ["versions", "--learner", "a"]]) {
      const { code, text } = await typed(...words, ...at);
      assertEquals(code, 1);
      assertMatch(text, /The store cannot be reached or used\. Start it again\. .*cugro problems --url/);
    }
    assertEquals([...asked], ["/v1/problems"]);
  } finally {
    await server.shutdown();
  }
});
