/**
 * `cugro serve` as a process.
 * @module
 */
import { sleep } from "@cugro/async";
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const READY_MS = 120_000;

/** A process that acts. */
export interface ActingProcess {
  /** Of its HTTP. */
  url: string;
  /** Bearer token with every right; none for `serve`. */
  token?: string;
}

/** One that was started here. */
export interface ServeProcess extends ActingProcess {
  stop(): Promise<void>;
}

/** Starts `cugro serve` and waits until it answers. */
export async function startServe(
  { learner, port, environment }: { learner: string; port: number; environment: Record<string, string> },
): Promise<ServeProcess> {
  const command = [
    "serve",
    "--learner",
    learner,
    "--store",
    environment.CUGRO_STORE!,
    "--port",
    String(port),
  ];
  return await start(["run", "-A", "--no-check", "scripts/cli/cugro.ts", ...command], environment, port);
}

async function start(
  args: string[],
  environment: Record<string, string>,
  port: number,
): Promise<ServeProcess> {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => output = (output + chunk).slice(-20_000));
  }
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(child.pid, "SIGKILL");
    await ended;
  };
  try {
    await untilReady(url, child);
  } catch (error) {
    await stop();
    throw new Error(`${(error as Error).message}:\n${output}`, { cause: error });
  }
  return { url, stop };
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (true) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    if (child.exitCode !== null || performance.now() > deadline) throw new Error("It does not become ready");
    await sleep(50);
  }
}
