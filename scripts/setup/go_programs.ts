/**
 * Programs written in Go that tests, the local cluster and the checks of infra run: their exact versions, and where they
 * are found or built. The one place for these versions; `deno task infra` holds the images' tags against them.
 * @module
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { cacheFolder } from "./setup_plan.ts";
import { lastWords, runCommand } from "./run_program.ts";

/** A Go module that builds a program. */
export interface GoModule {
  module: string;
  version: string;
  /** What `go install` calls the program. @default its name here */
  binary?: string;
  /** How long two processors build it. */
  minutes: number;
  /** The alternative that needs no such program, if there is one. */
  without?: string;
}

const FOLDER = "deno task cluster --store folder needs none";
/** A build says that it goes on as often. */
const NOTICE_MS = 15_000;

/** The programs by the name they are looked for. */
export const GO_PROGRAMS = {
  "nats-server": { module: "github.com/nats-io/nats-server/v2", version: "v2.15.3", minutes: 2 },
  // Upstream's last commit: the repository is archived, and its releases are no versions that Go can name.
  minio: {
    module: "github.com/minio/minio",
    version: "v0.0.0-20260212201848-7aac2a2c5b7c",
    minutes: 6,
    without: FOLDER,
  },
  versitygw: {
    module: "github.com/versity/versitygw/cmd/versitygw",
    version: "v1.8.0",
    minutes: 2,
    without: FOLDER,
  },
  kustomize: { module: "sigs.k8s.io/kustomize/kustomize/v5", version: "v5.7.1", minutes: 1 },
  "compose-go": {
    module: "github.com/compose-spec/compose-go/v2/cmd",
    version: "v2.16.2",
    binary: "cmd",
    minutes: 1,
  },
  // Compose itself, for `deno task test:image`: it drives podman over Docker's API.
  "docker-compose": {
    module: "github.com/docker/compose/v2/cmd",
    version: "v2.32.4",
    binary: "cmd",
    minutes: 8,
  },
  // What minio/init.sh calls, in the same test.
  mc: { module: "github.com/minio/mc", version: "v0.0.0-20250313080218-cf909e1063a9", minutes: 3 },
} as const satisfies Record<string, GoModule>;

/** A program of {@link GO_PROGRAMS}. */
export type GoProgram = keyof typeof GO_PROGRAMS;

/** Where the program of this version is kept once it was built, beside libtensorflow. */
function builtPath(program: GoProgram): string {
  return join(cacheFolder(), "bin", `${program}-${GO_PROGRAMS[program].version}`);
}

/** Path of a program: on the PATH or in Go's folder, of whatever version; or built here before. */
export function findGoProgram(program: GoProgram): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const paths = [
    ...folders.map((folder) => join(folder, program)),
    builtPath(program),
    join(process.env.GOPATH ?? join(homedir(), "go"), "bin", program),
  ];
  return paths.find((path) => existsSync(path));
}

/** How a program is built. */
export interface BuildOptions {
  /** Gets a line at the beginning, every 15 s, and at the end. */
  report: (line: string) => void;
  /** Aborted: the build ends. */
  signal?: AbortSignal;
  /** @default 15 000 */
  noticeMs?: number;
}

/**
 * Builds a program by `go install`, which takes minutes, and keeps it.
 *
 * @returns its path.
 * @throws {Error} saying what to install where there is no Go.
 */
export async function buildGoProgram(program: GoProgram, options: BuildOptions): Promise<string> {
  const { module, version, binary = program, minutes, without }: GoModule = GO_PROGRAMS[program];
  const { report, signal, noticeMs = NOTICE_MS } = options;
  const kept = builtPath(program);
  mkdirSync(join(cacheFolder(), "bin"), { recursive: true });
  // In a folder of its own and put in place by a rename: two may build at once.
  const folder = mkdtempSync(`${kept}-`);
  const began = performance.now();
  const spent = () => `${Math.round((performance.now() - began) / 1000)} s`;
  report(`building ${program} ${version} (once, about ${minutes} min${without ? `; ${without}` : ""})`);
  const timer = setInterval(() => report(`still building ${program} (${spent()})`), noticeMs);
  try {
    const built = await runCommand("go", ["install", `${module}@${version}`], { GOBIN: folder }, signal);
    signal?.throwIfAborted();
    if (built.code !== 0) {
      throw new Error(
        `Cannot find ${program}: put it on the PATH, or install Go so that it can be built ` +
          `(go install ${module}@${version}): ${lastWords(built)}`,
      );
    }
    renameSync(join(folder, binary), kept);
    report(`built ${program} in ${spent()}`);
    return kept;
  } finally {
    clearInterval(timer);
    rmSync(folder, { recursive: true, force: true });
  }
}
