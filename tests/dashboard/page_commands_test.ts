/** The page without a cluster: served by the command that learns, found by its lock, and read-only beside a command without one. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createClient, GatewayError } from "@cugro/client";
import { createLearner, putOnce } from "@cugro/learners";
import { rejectionKey } from "@cugro/protocol";
import { openFilesystemStore } from "@cugro/store";
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { opener } from "../../scripts/cli/page/open_browser.ts";
import { withFolder } from "../fakes/test_folder.ts";
import { type Running, startCommand } from "../pipeline/embedded.ts";

const ADDRESS = /page: (http:\/\/127\.0\.0\.1:\d+)\/#token=([\w-]+)&to=(\S+)/;

async function withLearner(test: (folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const store = await openFilesystemStore({ root: folder });
    await createLearner({ store, name: "mine", seed: 1, preset: "smoke" });
    await store.close();
    await test(folder);
  });
}

interface Shown {
  url: string;
  token: string;
  place: string;
}

/** Waits for the address of a page in what is written. */
async function pageIn(written: () => string, ended: Promise<unknown>): Promise<Shown> {
  let isOver = false;
  void ended.then(() => isOver = true);
  while (true) {
    const found = ADDRESS.exec(written());
    if (found) return { url: found[1]!, token: found[2]!, place: decodeURIComponent(found[3]!) };
    if (isOver) throw new Error(`No page: ${written()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const endOf = async ({ ended, errors }: Running) => ({ ...await ended, printed: errors() });

Deno.test("cugro dashboard serves the page of a folder that nobody writes, and a second one finds it by the lock", () =>
  withLearner(async (folder) => {
    const first = startCommand(["dashboard", "--store", folder, "--learner", "mine"]);
    try {
      const { url, token, place } = await pageIn(first.errors, first.ended);
      assertEquals(place, "/learners/mine");
      const client = createClient({ url, token });
      assertEquals(await client.learners.list(), ["mine"]);
      assert((await client.token()).scopes.includes("admin"), "nobody else writes: the page may act");
      assertStringIncludes(await (await fetch(url)).text(), '<div id="dashboard">');
      const second = await endOf(startCommand(["dashboard", "--store", folder]));
      assertEquals(second.code, 0, second.printed);
      assertStringIncludes(second.printed, `${url}/#token=${token}&to=%2Flearners`);
      assertStringIncludes(second.printed, `by pid ${first.child.pid}`);
      // A command that would write is told where to look.
      const refused = await endOf(startCommand(["run", "--learner", "mine", "--store", folder]));
      assertEquals(refused.code, 1);
      assertStringIncludes(refused.printed, url);
    } finally {
      process.kill(first.child.pid!, "SIGINT");
    }
    assertEquals((await first.ended).code, 0, first.errors());
  }));

Deno.test("beside a command without a page it only looks, says who writes, and tells what that has written", () =>
  withLearner(async (folder) => {
    const store = await openFilesystemStore({ root: folder });
    const looking = startCommand(["dashboard", "--store", folder]);
    try {
      const { url, token } = await pageIn(looking.errors, looking.ended);
      assertStringIncludes(looking.errors(), `Read-only: the folder is being written by pid ${Deno.pid}`);
      const client = createClient({ url, token });
      assertEquals((await client.token()).scopes, ["read"]);
      const made = client.learners.create({ name: "other", preset: "smoke" });
      const refusal = await made.then(() => undefined, (error) => error);
      assert(refusal instanceof GatewayError && refusal.status === 403);
      const stop = new AbortController();
      let count = 0;
      const write = async () => {
        // The first look takes in what there is: what comes after it is news.
        while (!stop.signal.aborted) {
          const seq = ++count;
          const fact = { schema: 1, seq, key: `incoming/mine/${seq}.hdf5`, reason: "test", failedJob: null };
          await putOnce(store, rejectionKey("mine", seq), fact);
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
      };
      const writing = write();
      for await (const news of client.events("mine", { signal: stop.signal })) {
        if (news.type === "cugro.arrival.rejected") break;
      }
      stop.abort();
      await writing;
    } finally {
      process.kill(looking.child.pid!, "SIGINT");
      await store.close();
    }
    assertEquals((await looking.ended).code, 0, looking.errors());
  }));

/** Runs `cugro` on a pseudo-terminal, which Python makes. */
function onTerminal(args: readonly string[]): Running {
  const cli = fileURLToPath(new URL("../../scripts/cli/cugro.ts", import.meta.url));
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  const command = [process.execPath, "run", "-A", "--config", config, cli, ...args];
  const child = spawn("python3", [
    "-c",
    "import pty, sys, os; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))",
    ...command,
  ], { stdio: ["pipe", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => text += chunk);
  const ended = new Promise<{ code: number | null; output: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, output: text }))
  );
  return { child, errors: () => text, ended, killGroup: () => child.kill("SIGKILL") };
}

Deno.test("cugro run --open serves the page while it runs; on a terminal it stays until Ctrl-C, with --no-stay or elsewhere it ends", () =>
  withLearner(async (folder) => {
    const run = ["run", "--learner", "mine", "--store", folder, "--workers", "1", "--open"];
    const elsewhere = await endOf(startCommand(run));
    assertEquals(elsewhere.code, 0, elsewhere.printed);
    assert(ADDRESS.test(elsewhere.printed));
    const ending = onTerminal([...run, "--no-stay"]);
    assertEquals((await ending.ended).code, 0, ending.errors());
    const staying = onTerminal(run);
    const { url, token } = await pageIn(staying.errors, staying.ended);
    while (!staying.errors().includes("The page stays")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assertEquals(await createClient({ url, token }).learners.list(), ["mine"]);
    staying.child.stdin!.write("\x03");
    assertEquals((await staying.ended).code, 0, staying.errors());
    assertStringIncludes(staying.errors(), "cugro dashboard --store");
  }));

Deno.test("a browser is there only where somebody sits before a screen", () => {
  const at = (platform: string, environment: Record<string, string>) => opener({ platform, environment });
  assertEquals(at("linux", { PATH: "/usr/bin:/bin" }), undefined);
  assertEquals(at("linux", { DISPLAY: ":0", PATH: "/nowhere" }), undefined);
  assertEquals(at("darwin", {}), ["open"]);
  assertEquals(at("darwin", { SSH_CONNECTION: "1.2.3.4" }), undefined);
});
