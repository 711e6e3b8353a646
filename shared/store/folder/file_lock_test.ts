import { sleep } from "@cugro/async";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type FileLock,
  isProcessAlive,
  isSelfOrAncestor,
  type LockHolder,
  tryLock,
  withLock,
} from "./file_lock.ts";

async function inFolder(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(`${folder}/lock`);
    assertEquals([...Deno.readDirSync(folder)].map((entry) => entry.name), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function deadHolder(): Promise<LockHolder> {
  const child = new Deno.Command(Deno.execPath(), { args: ["--version"], stdout: "null" }).spawn();
  await child.status;
  const host = Deno.hostname();
  return {
    pid: child.pid,
    host,
    started: "",
    since: "then",
    command: "cugro run",
    nonce: "0123456789abcdef",
  };
}

const isOurs = (lock: FileLock | LockHolder): lock is FileLock => "release" in lock;

Deno.test("tryLock() gives the lock to one of 16 and names the holder to the others", () =>
  inFolder(async (path) => {
    const outcomes = await Promise.all(Array.from({ length: 16 }, () => tryLock(path)));
    const winners = outcomes.filter(isOurs);
    assertEquals(winners.length, 1);
    for (const outcome of outcomes) {
      if (!isOurs(outcome)) assertEquals(outcome, winners[0]!.holder);
    }
    await winners[0]!.release();
  }));

Deno.test("tryLock() lets one of 16 take over from a dead holder", () =>
  inFolder(async (path) => {
    const dead = await deadHolder();
    for (let round = 0; round < 10; round++) {
      await Deno.writeTextFile(path, JSON.stringify(dead));
      const outcomes = await Promise.all(Array.from({ length: 16 }, () => tryLock(path)));
      const winners = outcomes.filter(isOurs);
      assertEquals(winners.length, 1);
      await winners[0]!.release();
    }
  }));

Deno.test("tryLock() takes over from a process whose pid is somebody else's now, and from a torn lock", () =>
  inFolder(async (path) => {
    const reused = { ...await deadHolder(), pid: Deno.pid, started: "00000000-1" };
    for (const text of [JSON.stringify(reused), "", '{"pid":']) {
      await Deno.writeTextFile(path, text);
      const lock = await tryLock(path);
      assert(isOurs(lock), text);
      await lock.release();
    }
  }));

Deno.test("withLock() lets one in at a time and gives up in time", () =>
  inFolder(async (path) => {
    let inside = 0;
    let most = 0;
    await Promise.all(Array.from({ length: 8 }, () =>
      withLock(path, 10_000, async () => {
        most = Math.max(most, ++inside);
        await sleep(2);
        inside--;
      })));
    assertEquals(most, 1);
    const lock = await tryLock(path);
    await assertRejects(() => withLock(path, 50, () => Promise.resolve()), Error, `pid ${Deno.pid}`);
    if (isOurs(lock)) await lock.release();
  }));

Deno.test("isProcessAlive() and isSelfOrAncestor() know the living from the dead and family from others", async () => {
  const dead = await deadHolder();
  assertEquals([isProcessAlive(Deno.pid), isProcessAlive(dead.pid)], [true, false]);
  assertEquals([Deno.pid, Deno.ppid, dead.pid].map(isSelfOrAncestor), [true, true, false]);
});
