/**
 * Programs that know more than a schema does. They are used where they are installed; with CUGRO_REQUIRE=all they are
 * built once and kept, and a check may not be left out.
 * @module
 */
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { cacheFolder } from "../../scripts/setup/plan.ts";
import { lastWords, runCommand } from "../../scripts/setup/run_command.ts";

const MODULES = {
  kustomize: { module: "sigs.k8s.io/kustomize/kustomize/v5", version: "v5.7.1", binary: "kustomize" },
  "compose-go": { module: "github.com/compose-spec/compose-go/v2/cmd", version: "v2.16.2", binary: "cmd" },
} as const;
/** A program of {@link findTool}. */
export type Tool = keyof typeof MODULES;

/** Path of a program; undefined where it is missing and not required. @throws {Error} if it is required and cannot be built. */
export async function findTool(tool: Tool): Promise<string | undefined> {
  const own = join(cacheFolder(), "bin");
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    own,
    join(process.env.GOPATH ?? join(homedir(), "go"), "bin"),
  ];
  const found = folders.map((folder) => join(folder, tool)).find((path) => existsSync(path));
  if (found || process.env.CUGRO_REQUIRE !== "all") return found;
  const { module, version, binary } = MODULES[tool];
  console.error(`building ${tool} from source (once, a minute or two)`);
  const folder = join(own, `${tool}.build`);
  mkdirSync(folder, { recursive: true });
  const built = await runCommand("go", ["install", `${module}@${version}`], { GOBIN: folder });
  if (built.code !== 0) {
    throw new Error(
      `CUGRO_REQUIRE=all needs ${tool}: install Go, or put it on the PATH (${lastWords(built)})`,
    );
  }
  renameSync(join(folder, binary), join(own, tool));
  return join(own, tool);
}
