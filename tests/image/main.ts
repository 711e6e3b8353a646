/**
 * `deno task test:image`: builds the image and runs all services from it against real servers, until a dropped file is a version that
 * acts; then compose.yaml itself.
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { Command, Option } from "commander";
import { cacheFolder } from "../../scripts/setup/setup_plan.ts";
import { startOrder } from "../../scripts/cluster/service_programs.ts";
import { buildImage, IMAGE } from "./build.ts";
import { runCompose } from "./compose_run.ts";
import { type Container, startContainer } from "./containers.ts";
import { becomesVersion, createTestLearner, startTestServers, type TestServers } from "./learning.ts";
import { ask, CannotBuild, closeTools, openTools, type Tools } from "./image_tools.ts";

/** The services one by one, and compose.yaml in two of its profiles. */
const PARTS = ["services", "compose", "together"] as const;
type Part = typeof PARTS[number];

interface Settings {
  folder: string;
  pull?: boolean;
  build: boolean;
  only?: Part;
}

const report = (line: string) => console.log(`image: ${line}`);
const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

/** What ends what has been started, the last first. */
const undo: (() => Promise<void>)[] = [];

async function undoAll(): Promise<void> {
  for (const step of undo.splice(0).reverse()) await step();
}

async function main({ folder, pull = false, build, only }: Settings): Promise<void> {
  const tools = await openTools(resolve(folder));
  undo.push(() => closeTools(tools));
  if (build) {
    const { bytes, seconds } = await buildImage(tools, { pull, report });
    report(`built in ${Math.round(seconds)} s, ${megabytes(bytes)}`);
  }
  const user = await ask(tools, "podman", "image", "inspect", "--format", "{{.User}}", IMAGE);
  if (user !== "65532:65532") throw new Error(`The image's user must be 65532:65532: it is "${user}"`);
  const scratch = await mkdtemp(join(tmpdir(), "cugro-image-"));
  undo.push(() => rm(scratch, { recursive: true, force: true }));
  for (const part of only === undefined ? PARTS : [only]) {
    const place = { tools, scratch, undo, report: (line: string) => report(`${part}: ${line}`) };
    if (part === "services") await runServices(tools, scratch);
    else await runCompose({ ...place, profile: part === "compose" ? "cpu" : part });
  }
}

async function runServices(tools: Tools, scratch: string): Promise<void> {
  const servers = await startTestServers(scratch);
  undo.push(servers.stop);
  await runAll(tools, servers);
}

/** All services: ready, a dropped file becomes a version that acts, ended by SIGTERM with status 0. */
async function runAll(tools: Tools, servers: TestServers): Promise<void> {
  const containers: Container[] = [];
  const stopped = () =>
    Promise.all(containers.splice(0).map(async (one) => [one, await one.stop()] as const));
  undo.push(async () => void await stopped());
  try {
    for (const service of startOrder()) {
      const container = await startContainer(tools, service, servers);
      containers.push(container);
      const memory = megabytes(await container.bytes());
      report(`${service} is ready after ${container.readySeconds.toFixed(1)} s, ${memory}`);
    }
    const gateway = containers.find(({ service }) => service === "gateway")!;
    await createTestLearner(servers, gateway.url);
    await becomesVersion(servers, gateway.url, 1, report);
  } catch (error) {
    for (const { service, run } of containers) console.error(`--- ${service}\n${run.output().slice(-2_000)}`);
    throw error;
  }
  const ended = await stopped();
  const wrong = ended.filter(([, end]) => end !== "status 0");
  for (const [{ service, run }] of wrong) console.error(`--- ${service}\n${run.output().slice(-2_000)}`);
  const ends = wrong.map(([{ service }, end]) => `${service} with ${end}`);
  if (wrong.length > 0) throw new Error(`Services must end with status 0 on SIGTERM: ${ends.join(", ")}`);
  report(`all ${ended.length} ended with status 0 on SIGTERM`);
}

const program = new Command("test:image")
  .description(
    "build the image's target cpu with buildah; run every service from it with podman, and compose.yaml; needs root",
  )
  .option("--folder <dir>", "images and layers, kept for the next time", join(cacheFolder(), "image"))
  .option("--pull", "take the base images from their registries instead of making them")
  .option("--no-build", "run what was built before")
  .addOption(
    new Option("--only <part>", "the services one by one, or compose.yaml with its profile cpu or together")
      .choices(PARTS),
  );
program.parse();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.once(name, () => void undoAll().finally(() => process.exit(130)));
}
try {
  await main(program.opts<Settings>());
  console.log(`1 passed, 0 failed`);
} catch (error) {
  console.error(error instanceof CannotBuild ? error.message : error);
  console.log(`0 passed, 1 failed`);
  process.exitCode = 1;
} finally {
  await undoAll();
}
