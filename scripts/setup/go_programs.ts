/**
 * Programs written in Go that tests, the local cluster and the checks of infra run: their exact versions, and where they
 * are found or built. The one place for these versions; `deno task infra` holds the images' tags against them.
 * @module
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { cacheFolder } from "./plan.ts";
import { lastWords, runCommand } from "./run_command.ts";

/** A Go module that builds a program. */
export interface GoModule {
  module: string;
  version: string;
  /** What `go install` calls the program. @default its name here */
  binary?: string;
}

/** The programs by the name they are looked for. */
export const GO_PROGRAMS = {
  "nats-server": { module: "github.com/nats-io/nats-server/v2", version: "v2.15.3" },
  // Upstream's last commit: the repository is archived, and its releases are no versions that Go can name.
  minio: { module: "github.com/minio/minio", version: "v0.0.0-20260212201848-7aac2a2c5b7c" },
  // S3 over a folder. Its main package is not the module's root, which is what a check of versions names.
  versitygw: { module: "github.com/versity/versitygw/cmd/versitygw", version: "v1.8.0" },
  kustomize: { module: "sigs.k8s.io/kustomize/kustomize/v5", version: "v5.7.1" },
  "compose-go": { module: "github.com/compose-spec/compose-go/v2/cmd", version: "v2.16.2", binary: "cmd" },
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

/**
 * Builds a program by `go install`, which takes minutes, and keeps it.
 *
 * @returns its path.
 * @throws {Error} saying what to install where there is no Go.
 */
export async function buildGoProgram(program: GoProgram, say: (line: string) => void): Promise<string> {
  const { module, version, binary = program }: GoModule = GO_PROGRAMS[program];
  const kept = builtPath(program);
  mkdirSync(join(cacheFolder(), "bin"), { recursive: true });
  // In a folder of its own and put in place by a rename: two may build at once.
  const folder = mkdtempSync(`${kept}-`);
  try {
    say(`building ${program} ${version} from source (once, some minutes)`);
    const built = await runCommand("go", ["install", `${module}@${version}`], { GOBIN: folder });
    if (built.code !== 0) {
      throw new Error(
        `Cannot find ${program}: put it on the PATH, or install Go so that it can be built ` +
          `(go install ${module}@${version}): ${lastWords(built)}`,
      );
    }
    renameSync(join(folder, binary), kept);
    return kept;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
