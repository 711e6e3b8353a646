/**
 * The table of services against what cannot be derived from it: the tasks in deno.json, the services' folders, and the
 * kinds of jobs, each of which some service of the table must do.
 * @module
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { JOB_KINDS } from "@cugro/protocol";
import { SERVICES, type Services } from "../../services/services.ts";
import { ROOT } from "./documents.ts";

/** What deno.json holds, as far as it is checked here. */
export interface DenoConfig {
  workspace?: string[];
  tasks?: Record<string, string | { description?: string; command?: string }>;
}

const SETUP = "deno run -A scripts/setup/setup.ts --quiet && ";

/** The command of a service's task. */
export function startCommand(name: string): string {
  return `${SETUP}deno run -A scripts/cluster/start_service.ts ${name}`;
}

/** Faults of the services' tasks in deno.json. */
export function checkTasks(config: DenoConfig = readConfig(), services: Services = SERVICES): string[] {
  const tasks = config.tasks ?? {};
  const faults = Object.keys(services).flatMap((name) => {
    const task = tasks[`start:${name}`];
    const wanted = startCommand(name);
    if (task === undefined) {
      return [`service ${name} has no task: tasks must hold "start:${name}": "${wanted}"`];
    }
    const command = typeof task === "string" ? task : task.command;
    return command === wanted
      ? []
      : [`service ${name}: the command of task start:${name} must be "${wanted}": it is "${command}"`];
  });
  const foreign = Object.keys(tasks).filter((task) =>
    task.startsWith("start:") && !Object.hasOwn(services, task.slice("start:".length))
  );
  if (!config.workspace?.includes("./services/*")) faults.push('workspace must hold "./services/*"');
  return [...faults, ...foreign.map((task) => `task ${task} starts no service of services/services.ts`)]
    .map((fault) => `deno.json: ${fault}`);
}

const readConfig = (): DenoConfig => JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));

/** Faults of the services' folders, and of the kinds they do. */
export function checkFolders(services: Services = SERVICES): string[] {
  const folders = readdirSync(join(ROOT, "services"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const missing = Object.keys(services).flatMap((name) =>
    ["deno.json", "main.ts", "mod.ts", "README.md"].filter((file) =>
      !existsSync(join(ROOT, "services", name, file))
    ).map((file) => `service ${name}: services/${name}/${file} is missing`)
  );
  const done = Object.values(services).flatMap(({ kinds }) => kinds);
  return [
    ...missing,
    ...folders.filter((name) => !Object.hasOwn(services, name)).map((name) =>
      `services/${name} is no service of services/services.ts`
    ),
    ...JOB_KINDS.filter((kind) => !done.includes(kind)).map((kind) =>
      `no service of services/services.ts does ${kind}`
    ),
  ];
}
