/**
 * `deno task cluster` as a process: one cluster a folder, ports that are taken, and ends of every kind.
 * @module
 */
import { sleep } from "@cugro/async";
import { isProcessAlive } from "@cugro/store/lock";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { withFolder } from "../fakes/test_folder.ts";

const MAIN = fileURLToPath(new URL("../../scripts/cluster/main.ts", import.meta.url));
const NONE = [
  "state-generation",
  "behavior-generation",
  "critic-training",
  "policy-evaluation",
  "dataset-import",
];
/** As small as a cluster can be that has a gateway: the store is a folder. */
const SMALL = ["--store", "folder", ...NONE.flatMap((service) => [`--${service}`, "0"])];

interface Command {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  ended: Promise<number | null>;
}

function startCommand(folder: string, args: readonly string[] = []): Command {
  const child = spawn(process.execPath, [
    "run",
    "-A",
    "--no-check",
    MAIN,
    "--folder",
    folder,
    ...SMALL,
    ...args,
  ], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CUGRO_LOG: "warn" },
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (text) => output.stdout += text);
  child.stderr.on("data", (text) => output.stderr += text);
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { child, stdout: () => output.stdout, stderr: () => output.stderr, ended };
}

async function until(what: string, is: () => boolean, within = 90_000): Promise<void> {
  for (const deadline = performance.now() + within; !is(); await sleep(50)) {
    assert(performance.now() < deadline, `waited too long for ${what}`);
  }
}

async function startedCommand(folder: string): Promise<Command> {
  const command = startCommand(folder);
  await until("a cluster", () => command.stdout().includes("are ready") || command.child.exitCode !== null);
  assertStringIncludes(command.stdout(), "2 processes are ready", command.stderr());
  return command;
}

interface Known {
  name: string;
  pid: number;
  identity: string;
}

const readRegister = (folder: string): Known[] =>
  JSON.parse(readFileSync(join(folder, "processes.json"), "utf8"));
const alive = (processes: readonly Known[]): string[] =>
  processes.filter(({ pid, identity }) => isProcessAlive(pid, identity)).map(({ name }) => name);
const addresses = ({ stdout }: Command): string[] => stdout().match(/\w+:\/\/127\.0\.0\.1:\d+/g)!;

/** What is refused, and starts nothing. */
async function checkRefusals(folder: string, owner: Command): Promise<void> {
  const before = readRegister(folder);
  const gateway = addresses(owner)[0]!;
  const second = startCommand(folder);
  assertEquals(await second.ended, 1);
  const [sentence, ...more] = second.stderr().trim().split("\n");
  assertMatch(
    sentence!,
    new RegExp(`held by pid ${owner.child.pid} \\(started 20\\S+Z, gateway at ${gateway}\\)`),
  );
  assertEquals(more, []);
  assertEquals(readRegister(folder), before);

  const other = `${folder}-other`;
  const port = new URL(gateway).port;
  const taken = startCommand(other, ["--port", port]);
  assertEquals(await taken.ended, 1);
  assertEquals(
    taken.stderr().trim(),
    `--port asks for port ${port} for gateway, which another process has: choose another, or stop that process`,
  );
  assertEquals([existsSync(other), taken.stdout()], [false, ""]);
}

Deno.test("a folder has one cluster, which leaves nothing behind however it ends, and comes back at the same addresses", async () => {
  await withFolder(async (scratch) => {
    const folder = join(scratch, "cluster");
    const first = await startedCommand(folder);
    await checkRefusals(folder, first);
    const firsts = readRegister(folder);
    assertEquals(alive(firsts).sort(), ["coordinator", "gateway", "guard", "nats-server"]);
    process.kill(first.child.pid!, "SIGKILL");
    await until("the children's end", () => alive(firsts).length === 0, 10_000);

    const second = await startedCommand(folder);
    assertEquals(addresses(second), addresses(first));
    const seconds = readRegister(folder);
    // As when the whole machine goes down: the command cannot start another guard.
    process.kill(second.child.pid!, "SIGSTOP");
    process.kill(seconds.find(({ name }) => name === "guard")!.pid, "SIGKILL");
    process.kill(second.child.pid!, "SIGKILL");
    await second.ended;
    assertStringIncludes(alive(seconds).join(), "nats-server");

    const third = await startedCommand(folder);
    const { pid } = seconds.find(({ name }) => name === "nats-server")!;
    assertMatch(
      third.stderr(),
      new RegExp(`ended what an earlier start had left behind: .*nats-server \\(pid ${pid}\\)`),
    );
    assertEquals(alive(seconds), []);
    assertEquals(addresses(third), addresses(first));
    const targets: { targets: string[] }[] = JSON.parse(
      readFileSync(join(folder, "prometheus-targets.json"), "utf8"),
    );
    for (const { targets: [target] } of targets) {
      const metrics = await (await fetch(`http://${target}/metrics`)).text();
      assertStringIncludes(metrics, "cugro_event_loop_lag_seconds");
    }
    const thirds = readRegister(folder);
    process.kill(third.child.pid!, "SIGTERM");
    assertEquals(await third.ended, 0);
    assertStringIncludes(third.stderr(), "stopping: every running job writes a checkpoint");
    assertEquals([alive(thirds), existsSync(join(folder, "processes.json"))], [[], false]);
  });
});
