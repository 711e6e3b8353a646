/**
 * How a service's process is started with its own permissions: Deno's flags, a folder for its temporary files and the
 * variables that go with them.
 * @module
 */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findInterpreter } from "@cugro/environments/gymnasium";
import { denoFlags, permissionsOf } from "./service_permissions.ts";
import type { Access } from "./services.ts";

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A process that is about to be started. */
export interface ConfinedProcess {
  /** For Deno, up to the program: `run` and its flags. */
  args: string[];
  /** Added to this process's. */
  environment: Readonly<Record<string, string>>;
  /** Removes its temporary files, once it has ended. */
  clear(): void;
}

/**
 * Flags and environment of a process.
 *
 * @param access what the service needs of the machine
 * @param own variables that are added to this process's.
 * @param name in the name of its temporary folder.
 * @returns with a temporary folder that its caller removes
 */
export function confine(
  access: Access,
  own: Readonly<Record<string, string>>,
  name: string,
): ConfinedProcess {
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), `cugro-${name}-`)));
  const python = access.python === true ? findInterpreter({ ...process.env, ...own }) : undefined;
  const added: Record<string, string> = { ...own, ...python === undefined ? {} : { CUGRO_PYTHON: python } };
  const all: Record<string, string | undefined> = { ...process.env, ...added };
  const confined = all.CUGRO_CONFINED ?? (all.CUGRO_DEVICE?.toLowerCase() === "gpu" ? "off" : "on");
  const flags = denoFlags(permissionsOf(access, { root: ROOT, temporary, environment: all }));
  return {
    args: ["run", ...flags, "--config", join(ROOT, "deno.json")],
    environment: { ...added, TMPDIR: temporary, CUGRO_CONFINED: confined },
    clear: () => rmSync(temporary, { recursive: true, force: true }),
  };
}
