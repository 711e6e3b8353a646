import { sleep } from "@cugro/async";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { ChildRegister, stopLeftovers } from "./child_register.ts";
import type { Program } from "./program.ts";
import { allReady, Supervised } from "./supervised.ts";

interface World {
  /** A shell script as a program; ready and alive as the test says. */
  supervise(script: string, program?: Partial<Program>): Supervised;
  register: ChildRegister;
  path: string;
  events: string[];
  gaveUp: Promise<Error>;
}

async function withWorld(test: (world: World) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "processes.json");
  const register = new ChildRegister(path);
  const events: string[] = [];
  const { promise: gaveUp, resolve } = Promise.withResolvers<Error>();
  const started: Supervised[] = [];
  const supervision = {
    register,
    onLine: () => {},
    onEvent: (name: string, sentence: string) => void events.push(`${name} ${sentence}`),
    onGiveUp: resolve,
    hangMs: 600,
    tries: 3,
  };
  const supervise = (script: string, program: Partial<Program> = {}) => {
    const one = new Supervised({
      name: "one",
      command: "/bin/sh",
      args: ["-c", script],
      environment: {},
      url: "http://127.0.0.1:1",
      isReady: (run) => run.output().includes("ready"),
      isAlive: () => Promise.resolve(true),
      graceMs: 300,
      ...program,
    }, supervision);
    started.push(one);
    return one;
  };
  try {
    await test({ supervise, register, path, events, gaveUp });
  } finally {
    for (const one of started) await one.stop();
    await register.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function until(what: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 20_000; !what(); await sleep(20)) {
    assert(performance.now() < deadline, "waited too long");
  }
}

function isRunning(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return !/^State:\s*Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}

Deno.test("a program that is killed is started again and said to be ready again", () =>
  withWorld(async ({ supervise, events }) => {
    const one = supervise("echo ready; sleep 60");
    one.start();
    await allReady([one], 1);
    const { pid } = one;
    one.kill("SIGKILL");
    await until(() => events.length === 2);
    assert(one.pid !== undefined && one.pid !== pid);
    assertEquals(events, [
      `one (pid ${pid}) ended with SIGKILL; it is started again in 250 ms`,
      `one (pid ${one.pid}) is ready again`,
    ]);
  }));

Deno.test("a program that cannot be started is given up after its tries, with its last words", () =>
  withWorld(async ({ supervise, gaveUp, events }) => {
    supervise("echo the disk is on fire >&2; exit 7").start();
    const { message } = await gaveUp;
    assertStringIncludes(message, "one ends again and again (3 times in a row, at last with status 7)");
    assertStringIncludes(message, "the disk is on fire");
    assertEquals(events.length, 2);
  }));

Deno.test("a program that no longer answers is killed and started again", () =>
  withWorld(async ({ supervise, events }) => {
    let asked = 0;
    const one = supervise("echo ready; sleep 60", { isAlive: () => Promise.resolve(++asked < 3) });
    one.start();
    await until(() => events.length > 0);
    assertMatch(events[0]!, /^one \(pid \d+\) has not answered for 0.6 s: it hangs and is killed$/);
    await until(() => one.restarts === 1);
  }));

Deno.test("stop() kills a program that does not stop in time, and says so", () =>
  withWorld(async ({ supervise, events }) => {
    const one = supervise("trap '' TERM; echo ready; while :; do sleep 0.1; done");
    one.start();
    await allReady([one], 1);
    const { pid } = one;
    assertEquals(await one.stop(), null);
    assertEquals(events, [`one (pid ${pid}) has not stopped within 0.3 s and is killed`]);
  }));

Deno.test("stopLeftovers() ends what is written down and still runs, with its children, and nobody who got a pid later", () =>
  withWorld(async ({ supervise, path }) => {
    const one = supervise("sleep 61 & echo ready; wait");
    one.start();
    await allReady([one], 1);
    const written = JSON.parse(await Deno.readTextFile(path)) as {
      name: string;
      pid: number;
      identity: string;
    }[];
    const ours = written.find(({ name }) => name === "one")!;
    assertEquals(ours.pid, one.pid);
    const other = new Deno.Command("sleep", { args: ["62"] }).spawn();
    const copy = `${path}.copy`;
    const strangers = [{ ...ours, pid: other.pid, name: "stranger" }, { name: "torn" }];
    await Deno.writeTextFile(copy, JSON.stringify([...strangers, ours]));
    assertEquals((await stopLeftovers(copy)).map(({ name }) => name), ["one"]);
    assert(!isRunning(ours.pid) && isRunning(other.pid));
    other.kill("SIGKILL");
    await other.status;
    assertEquals(await stopLeftovers(copy), []);
  }));
