/**
 * `deno task start:<service>`: one service as a process of a cluster that is somewhere else, with its own permissions
 * and no others. Ends as it ends, and hands on the signals that ask it to.
 *
 * `deno run -A scripts/cluster/start_service.ts SERVICE`
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { ROOT } from "../../services/confined_process.ts";
import { mainOf, SERVICE_NAMES } from "../../services/services.ts";
import { confineService } from "./service_programs.ts";

/** Status of a shell for a process that a signal has ended. */
const KILLED = 128 + 9;

/** Runs a service until it ends; its exit status. */
async function runService(service: string): Promise<number> {
  const { args, environment, clear } = confineService(service, {});
  // In a group of its own: Ctrl-C would reach it twice, and twice means at once.
  const child = spawn(process.execPath, [...args, mainOf(service)], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: "inherit",
    detached: true,
  });
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(name, () => void (child.pid && process.kill(child.pid, name === "SIGHUP" ? "SIGTERM" : name)));
  }
  try {
    return await new Promise((end, fail) => {
      child.on("error", fail);
      child.on("close", (code) => end(code ?? KILLED));
    });
  } finally {
    clear();
  }
}

if (import.meta.main) {
  const [service = ""] = process.argv.slice(2);
  if (!(SERVICE_NAMES as readonly string[]).includes(service)) {
    console.error(`Name a service, one of ${SERVICE_NAMES.join(", ")}: current argument is "${service}"`);
    process.exit(64);
  }
  process.exit(await runService(service));
}
