/**
 * The images of the servers that compose.yaml names, made here: nats-server and MinIO as tests run them, with the other programs that
 * the file calls. Silo cannot be built from a Go module; the last MinIO takes its variables, its policies and its `mc`.
 * @module
 */
import { readImages } from "../../infra/render/images.ts";
import { buildGoProgram, findGoProgram, type GoProgram } from "../../scripts/setup/go_programs.ts";
import { debianImage, has, makeImage } from "./build.ts";
import { ask, show, type Tools } from "./image_tools.ts";

const BASE = "localhost/cugro-server-base";

/** Makes them, unless they are there. */
export async function makeServerImages(tools: Tools, report: (line: string) => void): Promise<void> {
  if (!await has(tools, BASE)) await makeBase(tools, report);
  const images = readImages();
  const program = async (name: GoProgram) => findGoProgram(name) ?? await buildGoProgram(name, { report });
  const silo = `docker.io/pgsty/silo:${images["pgsty/silo"]!.tag}`;
  const nats = `docker.io/library/nats:${images.nats!.tag}`;
  await makeServer(tools, nats, { "nats-server": await program("nats-server") });
  await makeServer(tools, silo, { minio: await program("minio"), mc: await program("mc") });
}

/** With what the health checks call, which the real images have. */
async function makeBase(tools: Tools, report: (line: string) => void): Promise<void> {
  report("making the base of the servers' images (once)");
  const container = await ask(tools, "buildah", "from", "--pull-never", debianImage());
  const install = "apt-get update && apt-get install -y --no-install-recommends wget curl ca-certificates";
  const args = ["run", "--isolation=chroot", container, "--", "sh", "-c", install];
  await show("buildah", [...tools.place, ...args], tools.environment);
  await ask(tools, "buildah", "commit", "--rm", container, BASE);
}

/** Programs by name: the first is what the image starts. */
async function makeServer(tools: Tools, name: string, programs: Record<string, string>): Promise<void> {
  if (await has(tools, name)) return;
  const entry = JSON.stringify(Object.keys(programs).slice(0, 1));
  await makeImage(tools, BASE, name, [
    ...Object.entries(programs).map(([plain, path]) => ["add", path, `/usr/local/bin/${plain}`]),
    ["config", "--entrypoint", entry],
    ["config", "--cmd", ""],
  ]);
}
