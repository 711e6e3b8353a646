/**
 * The committed compose.yaml, started by Compose itself on podman, which answers as Docker does. Laid over it is only what cannot be
 * here: no server without MinIO's old hole, no Prometheus, no Grafana.
 * @module
 */
import { sleep } from "@cugro/async";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeSecrets } from "../../infra/secrets.ts";
import { type Program, runProgram, stopRun } from "../../scripts/cluster/program.ts";
import { freePort } from "../../scripts/cluster/servers.ts";
import { buildGoProgram, findGoProgram } from "../../scripts/setup/go_programs.ts";
import { ROOT } from "../../scripts/setup/setup_plan.ts";
import { lastWords, runCommand } from "../../scripts/setup/run_program.ts";
import { SERVICES } from "../../services/services.ts";
import { IMAGE } from "./build.ts";
import { ask, type Tools } from "./image_tools.ts";

/** `CUGRO_S3_UNSAFE`: the MinIO that can be built here takes writes without a secret, and services refuse it. */
const OVER = {
  services: {
    ...Object.fromEntries(
      [...Object.keys(SERVICES), "worker"].map((
        name,
      ) => [name, { environment: { CUGRO_S3_UNSAFE: "allow" } }]),
    ),
    prometheus: { profiles: ["elsewhere"] },
    grafana: { profiles: ["elsewhere"] },
  },
};
const PROJECT = "cugro-test";
const HEALTH_MS = 2_000;
const ASK_MS = 5_000;
const STOP_MS = 10_000;

interface Health {
  Status: string;
}

/** A container as podman tells of it. */
export interface ComposeContainer {
  service: string;
  name: string;
  state: string;
  health: string;
  exitCode: number;
  /** By its restart policy. */
  restarts: number;
}

/** compose.yaml as it runs. */
export interface ComposeCluster {
  /** Of the gateway and of S3, as published on this machine. */
  gatewayUrl: string;
  s3Url: string;
  /** The folder of secrets that it was started with. */
  secrets: string;
  /** Runs Compose with these arguments. @throws {Error} with its last words */
  compose(...args: string[]): Promise<string>;
  containers(): Promise<ComposeContainer[]>;
  /** Resident memory of all processes of a container, in bytes. */
  bytes(container: ComposeContainer): Promise<number>;
  /** The last words of each container. */
  logs(): Promise<string>;
  /** Removes containers, networks and volumes. */
  stop(): Promise<void>;
}

/** Prepares it; `compose("up", ...)` starts it. @param folder for secrets and the socket @param profile of compose.yaml */
export async function openCompose(
  tools: Tools,
  { folder, profile, report }: { folder: string; profile: string; report: (line: string) => void },
): Promise<ComposeCluster> {
  const program = findGoProgram("docker-compose") ?? await buildGoProgram("docker-compose", { report });
  const secrets = join(folder, "secrets");
  await makeSecrets(secrets);
  // As Docker's own names are.
  await ask(tools, "podman", "tag", IMAGE, "docker.io/library/cugro:cpu");
  const over = join(folder, "over.json");
  await writeFile(over, JSON.stringify(OVER));
  const [gatewayPort, s3Port] = [await freePort(), await freePort()];
  const daemon = await startDaemon(tools, folder);
  const environment = {
    ...tools.environment,
    DOCKER_HOST: daemon.socket,
    CUGRO_SECRETS: secrets,
    CUGRO_GATEWAY_PORT: String(gatewayPort),
    CUGRO_S3_PORT: String(s3Port),
    COMPOSE_PROFILES: profile,
  };
  const files = [join(ROOT, "infra", "compose.yaml"), over].flatMap((path) => ["--file", path]);
  const compose = async (...args: string[]) => {
    const ended = await runCommand(program, ["--project-name", PROJECT, ...files, ...args], environment);
    if (ended.code === 0) return ended.stdout;
    throw new Error(`compose ${args[0]} ended with status ${ended.code}: ${lastWords(ended, 10)}`);
  };
  const containers = () => listContainers(tools);
  const health = checkHealth(tools);
  return {
    ...{ gatewayUrl: `http://127.0.0.1:${gatewayPort}`, s3Url: `http://127.0.0.1:${s3Port}`, secrets },
    ...{ compose, containers },
    bytes: ({ name }) => memoryOf(tools, name),
    logs: async () =>
      (await Promise.all(
        (await containers()).map(async ({ name }) =>
          `--- ${name}\n${
            lastWords(await runCommand("podman", [...tools.place, "logs", "--tail", "15", name]), 30)
          }`
        ),
      )).join("\n"),
    async stop() {
      health.stop();
      await compose("--profile", "*", "down", "--volumes", "--timeout", String(STOP_MS / 1000));
      await daemon.stop();
    },
  };
}

/** podman's answer to Docker's API. */
async function startDaemon(tools: Tools, folder: string) {
  const place = join(folder, "api");
  await mkdir(place, { recursive: true });
  const socket = `unix://${join(place, "docker.sock")}`;
  const program: Program = {
    ...{ name: "podman", command: "podman", environment: tools.environment, url: socket, graceMs: STOP_MS },
    args: [...tools.place, "system", "service", "--time=0", socket],
    isReady: () => true,
    isAlive: () => Promise.resolve(true),
  };
  const run = runProgram(program, { detached: true });
  const curl = ["--silent", "--unix-socket", join(place, "docker.sock"), "http://podman/_ping"];
  for (let tries = 0; (await runCommand("curl", curl)).stdout !== "OK"; tries++) {
    if (run.end || tries > 100) throw new Error(`podman does not answer as Docker does: ${run.output()}`);
    await sleep(100);
  }
  return { socket, stop: async () => void await stopRun(run, STOP_MS) };
}

/** Where there is no systemd nobody asks containers whether they are healthy, and Compose waits for that. */
function checkHealth(tools: Tools): { stop(): void } {
  let stopped = false;
  const look = async () => {
    while (!stopped) {
      const running = (await listContainers(tools)).filter(({ state }) => state === "running");
      await Promise.all(running.map(({ name }) =>
        // It fails for those without a check of their own, and changes nothing.
        runCommand("podman", [...tools.place, "healthcheck", "run", name], tools.environment)
      ));
      await sleep(HEALTH_MS);
    }
  };
  void look();
  return { stop: () => void (stopped = true) };
}

async function listContainers(tools: Tools): Promise<ComposeContainer[]> {
  const label = "com.docker.compose";
  const filter = `label=${label}.project=${PROJECT}`;
  const ids = (await ask(tools, "podman", "ps", "--all", "--quiet", "--filter", filter)).split("\n").filter(
    Boolean,
  );
  if (ids.length === 0) return [];
  // One that is removed meanwhile is none any more.
  const { stdout } = await runCommand("podman", [...tools.place, "inspect", ...ids], tools.environment);
  return JSON.parse(stdout || "[]").map((
    { Name, State, Config, RestartCount }: {
      Name: string;
      RestartCount: number;
      // As podman 4 names it, and as later ones do.
      State: { Status: string; ExitCode: number; Healthcheck?: Health; Health?: Health };
      Config: { Labels: Record<string, string> };
    },
  ) => ({
    service: Config.Labels[`${label}.service`]!,
    name: Name,
    state: State.Status,
    health: (State.Health ?? State.Healthcheck)?.Status ?? "",
    exitCode: State.ExitCode,
    restarts: RestartCount,
  }));
}

/** The container's process 1 is an init; what it runs is below it. */
async function memoryOf(tools: Tools, name: string): Promise<number> {
  const first = Number(await ask(tools, "podman", "inspect", "--format", "{{.State.Pid}}", name));
  const sum = async (pid: number): Promise<number> => {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
    const below = await Promise.all(
      children.trim().split(" ").filter(Boolean).map((child) => sum(Number(child))),
    );
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024 + below.reduce((a, b) => a + b, 0);
  };
  return await sum(first);
}

/** Whether the gateway takes this token. */
export const isTaken = (url: string, token: string): Promise<boolean> =>
  fetch(`${url}/v1/learners`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(ASK_MS),
  })
    .then(async ({ ok, body }) => {
      await body?.cancel();
      return ok;
    });
