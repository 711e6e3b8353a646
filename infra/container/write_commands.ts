/**
 * Start commands of the image, from the table of services: what `deno task start:<service>` runs, without the set-up
 * (which the image has behind it) and without a task runner between the container's signals and the process.
 *
 * `deno run -A infra/container/write_commands.ts FOLDER`
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { SERVICES, type Services } from "../../services/services.ts";

const RUN = "deno run --cached-only --no-prompt";

/** Scripts by path: `services/<name>` for each service, which `start.sh` looks for, and `healthy`. */
export function startScripts(services: Services): Record<string, string> {
  const commands = Object.entries(services).map(([name, { permissions }]) =>
    [`services/${name}`, `${RUN} ${permissions.join(" ")} services/${name}/main.ts`] as const
  );
  const healthy = `${RUN} --allow-env=CUGRO_HTTP_PORT --allow-net=127.0.0.1 infra/container/healthy.ts`;
  return Object.fromEntries(
    [...commands, ["healthy", healthy] as const].map((
      [path, command],
    ) => [path, `#!/bin/sh\ncd /app && exec ${command}\n`]),
  );
}

/** Writes them into a folder, executable. */
export function writeScripts(folder: string, services: Services = SERVICES): void {
  for (const [path, text] of Object.entries(startScripts(services))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { mode: 0o755 });
  }
}

if (import.meta.main) {
  const folder = Deno.args[0];
  if (!folder) throw new RangeError("Name the folder that the commands go to");
  writeScripts(folder);
  console.log(`services: ${Object.keys(SERVICES).join(", ")}`);
}
