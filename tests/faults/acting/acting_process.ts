/**
 * A process that acts over HTTP: a gateway with its own permissions, or `cugro serve`.
 * @module
 */
import { sleep } from "@cugro/async";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { addToken, issueToken } from "@cugro/gateway/tokens";
import { serviceArguments } from "../../../scripts/cluster/services.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const READY_MS = 120_000;

/** A process that acts. */
export interface ActingProcess {
  /** Of its HTTP. */
  url: string;
  /** Bearer token with every right; none for `serve`. */
  token?: string;
  pid: number;
  output(): string;
  stop(): Promise<void>;
}

/** Starts a gateway and waits until it is ready. */
export async function startGateway(
  { port, environment }: { port: number; environment: Record<string, string> },
): Promise<ActingProcess> {
  // Not beside the store: what lies in memory (/dev/shm) may only be read with all permissions.
  const folder = await mkdtemp(join(tmpdir(), "cugro-acting-"));
  const tokens = join(folder, "tokens.json");
  const { secret, entry } = issueToken({ name: "test", scopes: ["admin"], learners: ["*"] });
  await addToken(tokens, entry);
  const own = { CUGRO_TOKENS_FILE: tokens, CUGRO_HTTP_PORT: String(port) };
  try {
    const started = await start(serviceArguments("gateway"), { ...environment, ...own }, port);
    const stop = async () => {
      await started.stop();
      await rm(folder, { recursive: true });
    };
    return { ...started, token: secret, stop };
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
}

/** Starts `cugro serve` and waits until it answers. */
export async function startServe(
  { learner, port, environment }: { learner: string; port: number; environment: Record<string, string> },
): Promise<ActingProcess> {
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
): Promise<ActingProcess> {
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
  return { url, pid: child.pid ?? 0, output: () => output, stop };
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
