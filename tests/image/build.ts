/**
 * The image, built as infra/Dockerfile says. Where no registry of images is asked, its two bases are made here: Debian by debootstrap,
 * Deno's from the program that runs this.
 * @module
 */
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type Images, readImages } from "../../infra/render/images.ts";
import { ROOT } from "../../scripts/setup/setup_plan.ts";
import { lastWords, runCommand } from "../../scripts/setup/run_program.ts";
import { ask, CannotBuild, show, type Tools } from "./image_tools.ts";

/** Name of what is built. */
export const IMAGE = "localhost/cugro:cpu";
const SUITES: Readonly<Record<string, string>> = { "12": "bookworm", "13": "trixie" };
/** Certificates that this machine's administrator has added: what downloads in the build needs them as well. */
const CERTIFICATES = "/usr/local/share/ca-certificates";

/** How it is built. */
export interface BuildOptions {
  /** The bases come from their registries. @default they are made here */
  pull?: boolean;
  report: (line: string) => void;
}

/** Builds target `cpu`. @returns its size in bytes, and the seconds that it took */
export async function buildImage(
  tools: Tools,
  { pull = false, report }: BuildOptions,
): Promise<{ bytes: number; seconds: number }> {
  if (!pull) await makeBases(tools, report);
  const dockerfile = join(ROOT, "infra", "Dockerfile");
  const own = join(tools.folder, "Dockerfile");
  // A base that is made here cannot have the digest of the one in the registry.
  writeFileSync(own, readFileSync(dockerfile, "utf8").replaceAll(/@sha256:[0-9a-f]{64}/g, pull ? "$&" : ""));
  report(`building ${IMAGE}`);
  const began = performance.now();
  await show("buildah", [
    ...tools.place,
    ...[
      "build",
      "--isolation=chroot",
      "--format",
      "docker",
      pull ? "--pull" : "--pull-never",
      "--layers",
      "--target",
      "cpu",
    ],
    ...["--file", own, "--ignorefile", `${dockerfile}.dockerignore`, "--tag", IMAGE],
    ...["--build-arg", `REVISION=${await revision()}`, ROOT],
  ], tools.environment);
  const seconds = (performance.now() - began) / 1000;
  const bytes = Number(await ask(tools, "podman", "image", "inspect", "--format", "{{.Size}}", IMAGE));
  return { bytes, seconds };
}

async function revision(): Promise<string> {
  const { code, stdout } = await runCommand("git", ["-C", ROOT, "rev-parse", "HEAD"]);
  return code === 0 ? stdout.trim() : "";
}

async function makeBases(tools: Tools, report: (line: string) => void): Promise<void> {
  const images = readImages();
  await makeDebian(tools, images, report);
  const tag = images["denoland/deno"]!.tag;
  const name = `docker.io/denoland/deno:${tag}`;
  if (await has(tools, name)) return;
  if (tag !== `bin-${Deno.version.deno}`) {
    throw new CannotBuild(
      `infra/images.json has Deno ${tag}, and this is ${Deno.version.deno}: run that one, or --pull`,
    );
  }
  // By another path: Deno's `spawn` takes an argument that is its own for a command, and puts flags behind it.
  const copy = join(tools.folder, "deno-to-add");
  copyFileSync(process.execPath, copy);
  await makeImage(tools, "scratch", name, [["add", copy, "/deno"]]);
  rmSync(copy);
}

/** Name of Debian's image. */
export const debianImage = (images: Images = readImages()) =>
  `docker.io/library/debian:${images.debian!.tag}`;

async function makeDebian(tools: Tools, images: Images, report: (line: string) => void): Promise<void> {
  const tag = images.debian!.tag;
  const name = debianImage(images);
  if (await has(tools, name)) return;
  const suite = SUITES[tag.split(".")[0]!];
  if (suite === undefined) {
    throw new CannotBuild(`Which Debian is ${tag}? SUITES in tests/image/build.ts lacks it`);
  }
  const root = join(tools.folder, "debian");
  removeTree(root);
  report(`making ${name} from Debian's packages (once, minutes)`);
  const made = await runCommand("debootstrap", ["--variant=minbase", suite, root]);
  if (made.code !== 0) {
    throw new CannotBuild(`debootstrap ended with status ${made.code}, it needs root: ${lastWords(made)}`);
  }
  for (const folder of ["var/cache/apt/archives", "var/lib/apt/lists"]) removeTree(join(root, folder));
  const hasOwn = existsSync(CERTIFICATES) && readdirSync(CERTIFICATES).length > 0;
  const bundle = "NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt";
  await makeImage(tools, "scratch", name, [
    ["add", root, "/"],
    ...hasOwn ? [["add", CERTIFICATES, CERTIFICATES], ["config", "--env", bundle]] : [],
  ]);
  removeTree(root);
}

/** Whether an image is there. */
export const has = async (tools: Tools, name: string): Promise<boolean> =>
  (await runCommand("buildah", [...tools.place, "inspect", "--type", "image", name], tools.environment))
    .code === 0;

/** An image of another one and some steps: commands of buildah without the container's name. */
export async function makeImage(
  tools: Tools,
  from: string,
  name: string,
  steps: readonly string[][],
): Promise<void> {
  const container = await ask(tools, "buildah", "from", "--pull-never", from);
  for (const [command, ...args] of steps) {
    const before = command === "config" ? args : [];
    const after = command === "config" ? [] : args;
    await ask(tools, "buildah", command!, ...before, container, ...after);
  }
  await ask(
    tools,
    "buildah",
    "config",
    "--env",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    container,
  );
  await ask(tools, "buildah", "commit", "--rm", container, name);
}

/** Nothing that is mounted below is touched. */
function removeTree(folder: string): void {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n").map((line) =>
    line.split(" ")[4] ?? ""
  );
  const below = mounts.filter((mount) => mount.startsWith(`${folder}/`));
  if (below.length > 0) throw new CannotBuild(`${below[0]} is still mounted: umount ${below.join(" ")}`);
  rmSync(folder, { recursive: true, force: true });
}
