import { assertEquals, assertRejects } from "@std/assert";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "./print_output.ts";
import { writeFolder } from "./written_folder.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cugro-written-"));
  try {
    await test(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

Deno.test("writeFolder() writes a folder whole, into one that is empty too, and leaves nothing beside it", () =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, "empty"));
    for (const name of ["new", "empty", "slash/"]) {
      const files = new Map([["bundle.json", bytes("{}")], ["a.onnx", bytes(name)]]);
      await writeFolder({ out: join(folder, name), force: false, knownBy: "bundle.json" }, files);
      assertEquals(readFileSync(join(folder, name, "a.onnx"), "utf8"), name);
    }
    assertEquals(readdirSync(folder).sort(), ["empty", "new", "slash"]);
  }));

Deno.test("writeFolder() replaces with force what it wrote before, and never what is something else", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out");
    const write = (text: string, force: boolean) =>
      writeFolder({ out, force, knownBy: "bundle.json" }, new Map([["bundle.json", bytes(text)]]));
    await write("1", false);
    await assertRejects(() => write("2", false), UsageError, "replace it with --force");
    await write("2", true);
    assertEquals(readFileSync(join(out, "bundle.json"), "utf8"), "2");

    rmSync(join(out, "bundle.json"));
    writeFileSync(join(out, "thesis.txt"), "three years");
    await assertRejects(() => write("3", true), UsageError, "holds something else");
    assertEquals(readdirSync(out), ["thesis.txt"]);
    const file = { out: join(out, "thesis.txt"), force: true, knownBy: "bundle.json" };
    await assertRejects(() => writeFolder(file, new Map()), UsageError, "it is not a folder");
    const nowhere = { out: join(folder, "no", "where"), force: false, knownBy: "bundle.json" };
    await assertRejects(() => writeFolder(nowhere, new Map()), Error, "there is no");
    assertEquals(readdirSync(folder), ["out"]);
  }));

Deno.test("writeFolder() that cannot write a file leaves what was there as it was", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out");
    await writeFolder({ out, force: false, knownBy: "bundle.json" }, new Map([["bundle.json", bytes("1")]]));
    const files = new Map([["bundle.json", bytes("2")], ["no/such/folder", bytes("x")]]);
    await assertRejects(() => writeFolder({ out, force: true, knownBy: "bundle.json" }, files));
    assertEquals([readdirSync(folder), readFileSync(join(out, "bundle.json"), "utf8")], [["out"], "1"]);
  }));
