import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { openFilesystemStore } from "./filesystem_store.ts";
import { announcePage, folderHolder } from "./folder_lock.ts";
import { StoreError } from "../store.ts";

async function inFolder(run: (root: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a process that writes a folder says in its lock where its page is; the token only to the same user", () =>
  inFolder(async (root) => {
    assertEquals(await folderHolder(root), undefined);
    const nobodys = () => announcePage(root, { url: "http://x", token: "t" });
    await assertRejects(nobodys, StoreError, "is not held by this process");
    const store = await openFilesystemStore({ root });
    const before = await folderHolder(root);
    assertStringIncludes(before!.who, `pid ${Deno.pid} on `);
    assertEquals(before!.page, undefined);
    // A command that was killed left this.
    await Deno.writeTextFile(`${root}/@store/page-dead`, "secret of another");
    const page = { url: "http://127.0.0.1:12345", token: "secret" };
    await announcePage(root, page);
    assertEquals((await folderHolder(root))!.page, page);
    const files = [...Deno.readDirSync(`${root}/@store`)].map(({ name }) => name);
    const kept = files.filter((name) => name.startsWith("page-"));
    assertEquals(kept.length, 1);
    assertEquals(Deno.statSync(`${root}/@store/${kept[0]}`).mode! & 0o777, 0o600);
    assert(!Deno.readTextFileSync(`${root}/@store/lock`).includes("secret"));
    await store.close();
    assertEquals(await folderHolder(root), undefined);
    assert(
      !(await Array.fromAsync(Deno.readDir(`${root}/@store`))).some(({ name }) => name.startsWith("page-")),
    );
  }));

Deno.test("the page of a command that is gone is not told", () =>
  inFolder(async (root) => {
    await (await openFilesystemStore({ root })).close();
    const gone = {
      pid: 2 ** 22 + 1,
      host: Deno.hostname(),
      started: "x",
      since: "",
      command: "",
      nonce: "n",
    };
    await Deno.writeTextFile(`${root}/@store/lock`, JSON.stringify({ ...gone, page: "http://127.0.0.1:1" }));
    assertEquals(await folderHolder(root), undefined);
  }));
