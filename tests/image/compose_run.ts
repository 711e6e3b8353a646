/**
 * compose.yaml tried out: started, learning, a token taken back, restarted, a process killed, stopped.
 * @module
 */
import { addToken, issueToken, removeToken } from "@cugro/gateway/tokens";
import { sleep } from "@cugro/async";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { BUCKET } from "../../infra/permissions.ts";
import { answers } from "../../scripts/cluster/program.ts";
import { type ComposeCluster, isTaken, openCompose } from "./compose_cluster.ts";
import { becomesVersion, createTestLearner, type LearningPlace } from "./learning.ts";
import { makeServerImages } from "./server_images.ts";
import { findNetworkPrograms, type Tools } from "./image_tools.ts";

const READY_MS = 600_000;
const ASK_MS = 5_000;
const POLL_MS = 500;
/** A gateway looks every two seconds whether its file is another. */
const REVOKED_MS = 30_000;
/** Those that end when they have done their work. */
const DONE = ["minio-init", "volumes-init"];

/** What runs. */
export interface ComposeRun {
  tools: Tools;
  scratch: string;
  profile: "cpu" | "together";
  report: (line: string) => void;
  /** What ends it is put here before it is started. */
  undo: (() => Promise<void>)[];
}

/** Starts it and tries it out. @throws {Error} saying what was not as it must be, with the containers' last words before it */
export async function runCompose({ tools, scratch, profile, report, undo }: ComposeRun): Promise<void> {
  const folder = join(scratch, `compose-${profile}`);
  await mkdir(folder);
  await findNetworkPrograms(tools, report);
  await makeServerImages(tools, report);
  const cluster = await openCompose(tools, { folder, profile, report });
  let stopped: Promise<void> | undefined;
  const stop = () => stopped ??= cluster.stop();
  undo.push(stop);
  try {
    await start(cluster, report);
    const place = await placeOf(cluster, folder);
    await createTestLearner(place, cluster.gatewayUrl);
    await becomesVersion(place, cluster.gatewayUrl, 1, report);
    await tokenIsTakenBack(cluster, report);
    await killedComesBack(cluster, profile === "together" ? "worker" : "state-generation", report);
    await restart(cluster, report);
    await becomesVersion(place, cluster.gatewayUrl, 2, report);
    await endsInOrder(cluster, report);
  } catch (error) {
    console.error(await cluster.logs());
    throw error;
  }
  await stop();
}

const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function start(cluster: ComposeCluster, report: (line: string) => void): Promise<void> {
  const began = performance.now();
  await cluster.compose("up", "--detach", "--no-build", "--pull", "never");
  report(`compose has started everything after ${seconds(began)}`);
  await waitUntilHealthy(cluster);
  await isReady(cluster);
  report(`all of it is healthy, and the gateway ready, after ${seconds(began)}`);
  for (const container of await cluster.containers()) {
    if (container.state !== "running") continue;
    report(`${container.service}: ${Math.round(await cluster.bytes(container) / 1e6)} MB`);
  }
}

/** @throws {Error} naming what is not, or what ended otherwise than with status 0 */
async function waitUntilHealthy(cluster: ComposeCluster): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const all = await cluster.containers();
    const open = all.filter(({ service, state, health, exitCode }) =>
      DONE.includes(service)
        ? state !== "exited" || exitCode !== 0
        : state !== "running" || health !== "healthy"
    );
    if (all.length > 0 && open.length === 0) return;
    if (performance.now() > deadline) throw new Error(`Not healthy: ${JSON.stringify(open)}`);
    await sleep(POLL_MS);
  }
}

async function isReady({ gatewayUrl }: ComposeCluster): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (!await answers(`${gatewayUrl}/readyz`, ASK_MS)) {
    if (performance.now() > deadline) throw new Error("The gateway does not become ready");
    await sleep(POLL_MS);
  }
}

async function placeOf({ secrets, s3Url }: ComposeCluster, folder: string): Promise<LearningPlace> {
  const read = async (name: string) => (await readFile(join(secrets, name), "utf8")).trim();
  const root = Object.fromEntries((await read("minio.env")).split("\n").map((line) => line.split("=")));
  const keys = { accessKey: root.MINIO_ROOT_USER, secretKey: root.MINIO_ROOT_PASSWORD };
  return {
    folder,
    token: await read("admin_token"),
    store: { store: `s3://${BUCKET}`, s3: { endpoint: s3Url, ...keys, unsafe: true } },
  };
}

/** Without a restart of anything: the folder of tokens is mounted, and the file in it replaced. */
async function tokenIsTakenBack(
  { gatewayUrl, secrets }: ComposeCluster,
  report: (line: string) => void,
): Promise<void> {
  const file = join(secrets, "tokens", "tokens.json");
  const { secret, entry } = issueToken({ name: "arm-1", scopes: ["read"], learners: ["*"] });
  const becomes = async (wanted: boolean, since: number) => {
    while (await isTaken(gatewayUrl, secret) !== wanted) {
      if (performance.now() - since > REVOKED_MS) {
        throw new Error(
          `A token must be ${wanted ? "taken" : "refused"} by then: it is not after ${seconds(since)}`,
        );
      }
      await sleep(100);
    }
    return seconds(since);
  };
  await addToken(file, entry);
  const taken = await becomes(true, performance.now());
  await removeToken(file, "arm-1");
  report(
    `a new token was taken after ${taken}, and refused ${await becomes(
      false,
      performance.now(),
    )} after it was revoked`,
  );
}

/** Its init goes with it, and the restart policy brings both back. */
async function killedComesBack(
  cluster: ComposeCluster,
  service: string,
  report: (line: string) => void,
): Promise<void> {
  const restarts = async () => (await cluster.containers()).find((one) => one.service === service)?.restarts;
  const before = await restarts();
  const began = performance.now();
  await cluster.compose(
    "exec",
    "--no-TTY",
    service,
    "sh",
    "-c",
    "kill -9 $(pidof deno)",
  );
  while ((await restarts()) === before) {
    if (performance.now() - began > READY_MS) {
      throw new Error(`${service} was killed, and is not started again`);
    }
    await sleep(POLL_MS);
  }
  await waitUntilHealthy(cluster);
  report(`${service}, killed, was there again and healthy after ${seconds(began)}`);
}

async function restart(cluster: ComposeCluster, report: (line: string) => void): Promise<void> {
  const began = performance.now();
  await cluster.compose("restart", "nats", "minio", "coordinator", "gateway");
  await isReady(cluster);
  report(`servers, coordinator and gateway restarted: ready again after ${seconds(began)}`);
}

/** SIGTERM to all: every service ends with status 0. */
async function endsInOrder(cluster: ComposeCluster, report: (line: string) => void): Promise<void> {
  const began = performance.now();
  await cluster.compose("stop");
  const wrong = (await cluster.containers()).filter(({ state, exitCode }) =>
    state !== "exited" || exitCode !== 0
  );
  if (wrong.length > 0) {
    throw new Error(`Services must end with status 0 on SIGTERM: ${JSON.stringify(wrong)}`);
  }
  report(`stopped, all with status 0, after ${seconds(began)}`);
}
