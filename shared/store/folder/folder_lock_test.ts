import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { openFilesystemStore } from "./filesystem_store.ts";
import { announcePage, folderHolder } from "./folder_lock.ts";
import { StoreError, StoreLocked } from "../store.ts";

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

Deno.test("nobody is led to a page of another machine, nor to an address that no command of this machine serves", () =>
  inFolder(async (root) => {
    await (await openFilesystemStore({ root })).close();
    const holder = {
      pid: Deno.pid,
      host: Deno.hostname(),
      started: "",
      since: "",
      command: "run",
      nonce: "0a",
    };
    await Deno.writeTextFile(`${root}/@store/page-0a`, "secret");
    const page = async (change: object) => {
      await Deno.writeTextFile(`${root}/@store/lock`, JSON.stringify({ ...holder, ...change }));
      return (await folderHolder(root))!.page;
    };
    const url = "http://127.0.0.1:4711";
    assertEquals(await page({ page: url }), { url, token: "secret" });
    assertEquals(await page({ page: url, host: "elsewhere" }), undefined);
    for (
      const other of [
        "https://evil.example",
        "javascript:alert(1)",
        `${url}@evil.example`,
        `${url}/\u001b[2J`,
        7,
      ]
    ) {
      assertEquals(await page({ page: other }), undefined, String(other));
    }
    await page({ page: url, host: "elsewhere" });
    const locked = await assertRejects(() => openFilesystemStore({ root }), StoreLocked);
    assert(!locked.message.includes(url), locked.message);
  }));
