/**
 * Start commands of the image, from the tasks in deno.json: what `deno task start:<service>` runs, without the set-up
 * (which the image has behind it) and without a task runner between the container's signals and the process.
 *
 * `deno run -A infra/container/write_commands.ts FOLDER`
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = Deno.args[0];
if (!folder) throw new RangeError("Name the folder that the commands go to");
mkdirSync(folder, { recursive: true });
const { tasks } = JSON.parse(readFileSync("deno.json", "utf8")) as {
  tasks: Record<string, { command: string }>;
};
const starts = Object.entries(tasks).filter(([name]) => name.startsWith("start:"));
for (const [name, { command }] of starts) {
  const run = command.split("&&").at(-1)!.trim();
  if (!run.startsWith("deno run ")) throw new Error(`${name} does not end in a "deno run": ${command}`);
  write(name.slice("start:".length), `deno run --cached-only --no-prompt ${run.slice("deno run ".length)}`);
}
write(
  "healthy",
  "deno run --cached-only --no-prompt --allow-env=CUGRO_HTTP_PORT --allow-net=127.0.0.1 infra/container/healthy.ts",
);
console.log(`${starts.length} services: ${starts.map(([name]) => name.slice("start:".length)).join(", ")}`);

function write(name: string, command: string): void {
  writeFileSync(join(folder!, name), `#!/bin/sh\ncd /app && exec ${command}\n`, { mode: 0o755 });
}
