/**
 * The programs that build and run images without a daemon: Debian's buildah, podman and debootstrap.
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { lastWords, runCommand } from "../../scripts/setup/run_program.ts";

/** Debian's packages that this needs; catatonit is podman's `--init`. What networks need is unpacked here, should it not be installed. */
const PACKAGES = "buildah podman runc catatonit debootstrap";

/** Where podman looks for the programs that it calls. */
const HELPERS = [
  "/usr/local/libexec/podman",
  "/usr/libexec/podman",
  "/usr/local/lib/podman",
  "/usr/lib/podman",
];
/** Where netavark and aardvark-dns, which are its networks and their names, lie below the folder. */
const NETWORK_PROGRAMS = "network-programs/usr/lib/podman";

/** What the programs share: one place for images, one configuration. */
export interface Tools {
  folder: string;
  /** Given to both programs before their command. */
  place: readonly string[];
  environment: Record<string, string>;
}

/** Something that this machine lacks, and what to do about it. */
export class CannotBuild extends Error {
  override name = "CannotBuild";
}

/** @throws {CannotBuild} naming what is missing. @param folder holds images, containers and the configuration */
export async function openTools(folder: string): Promise<Tools> {
  for (const program of ["buildah", "podman"]) {
    if ((await runCommand(program, ["--version"])).code === 0) continue;
    throw new CannotBuild(`There is no ${program}: apt-get install --no-install-recommends ${PACKAGES}`);
  }
  mkdirSync(folder, { recursive: true });
  const configuration = join(folder, "containers.conf");
  writeFileSync(configuration, configurationOf(folder, hardLimits(), await isHybrid()));
  return {
    folder,
    place: ["--root", join(folder, "images"), "--runroot", join(folder, "run")],
    // There need be no systemd, whose timers podman would have check the health of containers.
    environment: { CONTAINERS_CONF: configuration, TMPDIR: folder, DISABLE_HC_SYSTEMD: "true" },
  };
}

/**
 * A runtime may not raise the limits of files and processes where this process may not (a sandbox, a container): they stay what they
 * are. crun refuses machines with both versions of cgroups; runc takes them.
 */
function configurationOf(folder: string, limits: readonly string[], hybrid: boolean): string {
  return [
    "[containers]",
    `default_ulimits = ${JSON.stringify(limits)}`,
    'cgroups = "no-conmon"',
    "[network]",
    'network_backend = "netavark"',
    `network_config_dir = ${JSON.stringify(join(folder, "networks"))}`,
    "[engine]",
    'cgroup_manager = "cgroupfs"',
    'events_logger = "file"',
    `helper_binaries_dir = ${JSON.stringify([join(folder, NETWORK_PROGRAMS), ...HELPERS])}`,
    ...hybrid ? ['runtime = "runc"'] : [],
    "",
  ].join("\n");
}

/** Below what this process may have; on the way to a container processes lose part of it. */
function hardLimits(): string[] {
  const text = readFileSync("/proc/self/limits", "utf8");
  const limit = (name: string, most: number) => {
    const hard = Number(new RegExp(`^Max ${name} +\\S+ +(\\d+)`, "m").exec(text)?.[1] ?? most);
    return Math.min(hard, most);
  };
  const limits = { nofile: limit("open files", 65_536), nproc: limit("processes", 4_096) };
  return Object.entries(limits).map(([name, value]) => `${name}=${value}:${value}`);
}

async function isHybrid(): Promise<boolean> {
  const { stdout } = await runCommand("stat", ["--file-system", "--format=%T", "/sys/fs/cgroup"]);
  return stdout.trim() !== "cgroup2fs";
}

/** Makes netavark and aardvark-dns available, should they not be installed. @throws {CannotBuild} where their packages cannot be had */
export async function findNetworkPrograms({ folder }: Tools, report: (line: string) => void): Promise<void> {
  const own = join(folder, NETWORK_PROGRAMS);
  const packages = ["netavark", "aardvark-dns"];
  const areThere = () =>
    packages.every((name) => [own, ...HELPERS].some((place) => existsSync(join(place, name))));
  if (areThere()) return;
  const place = join(folder, NETWORK_PROGRAMS.split("/")[0]!);
  mkdirSync(place, { recursive: true });
  report(`unpacking ${packages.join(" and ")} (once)`);
  const script =
    'cd "$0" && apt-get download "$@" && for one in *.deb; do dpkg -x "$one" . && rm "$one"; done';
  const ended = await runCommand("sh", ["-ec", script, place, ...packages]);
  if (areThere()) return;
  const install = `apt-get install --no-install-recommends ${packages.join(" ")}`;
  throw new CannotBuild(`podman's networks need ${packages.join(" and ")}: ${install}: ${lastWords(ended)}`);
}

/** Unmounts what both programs leave mounted in their folder, the innermost first; the files stay. */
export async function closeTools({ folder }: Tools): Promise<void> {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n").map((line) =>
    line.split(" ")[4] ?? ""
  );
  const own = mounts.filter((mount) => mount.startsWith(`${folder}/`)).sort().reverse();
  for (const mount of own) await runCommand("umount", [mount]);
}

/** Runs one of them to its end, in silence. @returns what it printed. @throws {Error} with its last words */
export async function ask(tools: Tools, program: "buildah" | "podman", ...args: string[]): Promise<string> {
  const ended = await runCommand(program, [...tools.place, ...args], tools.environment);
  if (ended.code === 0) return ended.stdout.trim();
  throw new Error(
    `${program} ${args.slice(0, 2).join(" ")} ended with status ${ended.code}: ${lastWords(ended)}`,
  );
}

/** Runs a program that takes minutes; what it prints is shown as it comes. @throws {Error} with the status it ended with */
export async function show(
  command: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<void> {
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...environment },
    });
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`${command} ended with status ${code}: see above`);
}
