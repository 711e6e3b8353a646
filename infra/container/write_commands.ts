/**
 * Start commands of the image, from the table of services: what `deno task start:<service>` runs, without the set-up
 * (which the image has behind it) and without a task runner between the container's signals and the process. What is in
 * the image is listed when it is built, what its environment names when it starts.
 *
 * `deno run -A infra/container/write_commands.ts FOLDER`
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "../../services/confined_process.ts";
import { denoFlags, FILE_VARIABLES, permissionsOf } from "../../services/service_permissions.ts";
import {
  type Access,
  HTTP_PORT,
  mainOf,
  SERVICES,
  type Services,
  WORKER,
  workerOf,
} from "../../services/services.ts";

const RUN = "deno run --cached-only";

/**
 * Bus, store and the process's own port, where they are known: `hosts` is what follows `--allow-net`. Without ports, as
 * looking up a name takes that.
 */
const HOSTS = `hosts=
if [ -n "\${CUGRO_NATS:-}" ] && [ -n "\${CUGRO_S3_ENDPOINT:-}" ] && [ -n "\${CUGRO_S3_ACCESS_KEY:-}" ]; then
  case "\${CUGRO_HTTP_HOST:=127.0.0.1}" in *:*) own="[$CUGRO_HTTP_HOST]" ;; *) own=$CUGRO_HTTP_HOST ;; esac
  servers=$(echo "$CUGRO_NATS,$CUGRO_S3_ENDPOINT" | sed 's|[a-zA-Z0-9]*://||g; s|/[^,]*||g; s| ||g; s|:[0-9]*,|,|g; s|:[0-9]*$||')
  hosts="=$own:\${CUGRO_HTTP_PORT:-${HTTP_PORT}},$servers"
fi
`;

/** A GPU's driver starts helper programs; nothing else does. */
const CONFINED = `[ "\${CUGRO_DEVICE:-}" = gpu ] && : "\${CUGRO_CONFINED:=off}"
export CUGRO_CONFINED="\${CUGRO_CONFINED:-on}"
`;

/** Scripts by path: `services/<name>` for each service and for the process that does the jobs of all, which `start.sh` looks for, and `healthy`. */
export function startScripts(services: Services, libraries?: readonly string[]): Record<string, string> {
  const commands = [...Object.entries(services), [WORKER, workerOf(services)] as const].map((
    [name, { access }],
  ) => [`services/${name}`, serviceScript(name, access, libraries)] as const);
  const healthy =
    `${RUN} --no-prompt --no-remote --allow-env=CUGRO_HTTP_PORT --allow-net=127.0.0.1 infra/container/healthy.ts`;
  return Object.fromEntries([...commands, ["healthy", `#!/bin/sh\ncd /app && exec ${healthy}\n`]]);
}

function serviceScript(name: string, access: Access, libraries: readonly string[] | undefined): string {
  // Of a container's /tmp nobody else has a part.
  const place = { root: ROOT, temporary: "/tmp", environment: {}, ...libraries ? { libraries } : {} };
  const flags = denoFlags({ ...permissionsOf(access, place), net: "all" }).map((flag) => {
    if (flag === "--allow-net") return access.anyHost ? flag : '"--allow-net$hosts"';
    return flag.startsWith("--allow-read=") ? `"${flag}${namedFiles()}"` : `"${flag}"`;
  });
  const interpreter = access.python === true ? ' ${CUGRO_PYTHON:+"--allow-run=$CUGRO_PYTHON"}' : "";
  return [
    "#!/bin/sh\nset -eu\ncd /app\n",
    access.anyHost ? "" : HOSTS,
    CONFINED,
    `exec ${RUN} ${flags.join(" ")}${interpreter} ${mainOf(name)}\n`,
  ].join("");
}

const namedFiles = () => FILE_VARIABLES.map((name) => `\${${name}:+,$${name}}`).join("");

/** Writes them into a folder, executable. */
export function writeScripts(
  folder: string,
  services: Services = SERVICES,
  libraries?: readonly string[],
): void {
  for (const [path, text] of Object.entries(startScripts(services, libraries))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { mode: 0o755 });
  }
}

if (import.meta.main) {
  const folder = Deno.args[0];
  if (!folder) throw new RangeError("Name the folder that the commands go to");
  writeScripts(folder);
  console.log(`services: ${[...Object.keys(SERVICES), WORKER].join(", ")}`);
}
