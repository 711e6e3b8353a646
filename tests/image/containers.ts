/**
 * Services as containers of the image, confined as compose and Kubernetes confine them.
 * @module
 */
import { chmod, copyFile } from "node:fs/promises";
import { join } from "node:path";
import {
  answers,
  becomesReady,
  describeEnd,
  type Program,
  type ProgramRun,
  runProgram,
  stopRun,
} from "../../scripts/cluster/program.ts";
import { freePort } from "../../scripts/cluster/servers.ts";
import { tokensFile } from "../../scripts/cluster/folder.ts";
import { type ServiceName, SERVICES } from "../../services/services.ts";
import { IMAGE } from "./build.ts";
import { ask, type Tools } from "./image_tools.ts";

const ASK_MS = 5_000;
const GRACE_MS = 60_000;
const READY_MS = 300_000;

/** A container that runs a service. */
export interface Container {
  service: ServiceName;
  url: string;
  /** From the command to "ready", in seconds. */
  readySeconds: number;
  /** Resident memory of the service's process. */
  bytes(): Promise<number>;
  run: ProgramRun;
  /** SIGTERM. @returns how it ended */
  stop(): Promise<string>;
}

/** What all containers get. */
export interface ContainerOptions {
  /** Of the servers, with tokens. */
  folder: string;
  environment: Readonly<Record<string, string>>;
}

/** What holds for every container: `infra/compose.yaml` says the same. */
const CONFINED = [
  ...["--init", "--read-only", "--tmpfs", "/tmp:size=1g,mode=1777", "--user", "65532:65532"],
  ...["--cap-drop", "all", "--security-opt", "no-new-privileges"],
  // Servers are on this machine's loopback.
  ...["--network", "host", "--pull", "never", "--rm"],
];

/** Starts a service and waits until it is ready. @throws {Error} with its last words */
export async function startContainer(
  tools: Tools,
  service: ServiceName,
  options: ContainerOptions,
): Promise<Container> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const name = `cugro-test-${service}`;
  const environment = { ...options.environment, CUGRO_HTTP_HOST: "127.0.0.1", CUGRO_HTTP_PORT: String(port) };
  const args = [
    ...tools.place,
    ...["run", "--name", name, "--replace", ...CONFINED, ...await tokensFor(service, options.folder)],
    ...Object.entries(environment).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
    ...[IMAGE, service],
  ];
  const program: Program = {
    ...{
      name,
      command: "podman",
      args,
      environment: tools.environment,
      url,
      graceMs: GRACE_MS,
      readyMs: READY_MS,
    },
    isReady: () => answers(`${url}/readyz`, ASK_MS),
    isAlive: (_, timeoutMs) => answers(`${url}/healthz`, timeoutMs),
  };
  const began = performance.now();
  const run = runProgram(program, { detached: true });
  if (!await becomesReady(program, run)) {
    await stopRun(run, GRACE_MS);
    throw new Error(`${service} did not become ready: ${run.output()}`);
  }
  return {
    ...{ service, url, run, readySeconds: (performance.now() - began) / 1000 },
    bytes: () => memoryOf(tools, name),
    stop: async () => describeEnd(await stopRun(run, GRACE_MS)),
  };
}

/** As a secret of compose: a file that only says what is in it to who may read it, here everybody in a folder for tests. */
async function tokensFor(service: ServiceName, folder: string): Promise<string[]> {
  if (SERVICES[service].tokens !== true) return [];
  const copy = join(folder, "tokens-in-container.json");
  await copyFile(tokensFile(folder), copy);
  await chmod(copy, 0o644);
  const inside = "/run/secrets/tokens";
  return ["--volume", `${copy}:${inside}:ro`, "--env", `CUGRO_TOKENS_FILE=${inside}`];
}

/** Process 1 is podman's init; its child is the service. */
async function memoryOf(tools: Tools, name: string): Promise<number> {
  const first = await ask(tools, "podman", "inspect", "--format", "{{.State.Pid}}", name);
  const children = (await Deno.readTextFile(`/proc/${first}/task/${first}/children`)).trim().split(" ");
  const status = await Deno.readTextFile(`/proc/${children[0]}/status`);
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024;
}
