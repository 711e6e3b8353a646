/**
 * compose.yaml: checked against the specification's schema, then against rules that a schema cannot express.
 * @module
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { CONFIG_VARIABLES } from "@cugro/process";
import { parseReference } from "../render/images.ts";
import { runCommand } from "../../scripts/setup/run_program.ts";
import { SERVICES, type Services, WORKER, workerOf } from "../../services/services.ts";
import { makeSecrets } from "../secrets.ts";
import { composeValidator, INFRA, readDocuments, ROOT, type Value } from "./documents.ts";
import type { Tool } from "./outside_tools.ts";

/** Of compose.yaml; one is chosen. */
const PROFILES = ["cpu", "gpu", "together"] as const;

/** Faults of infra/compose.yaml. */
export function checkCompose(
  file: Value = readDocuments("compose.yaml")[0]!.value,
  services: Services = SERVICES,
): string[] {
  const faults = composeValidator()(file);
  const present = file.services as Record<string, Value>;
  for (const name of [...Object.keys(services), WORKER]) {
    if (!present[name]) faults.push(`service ${name} is missing`);
  }
  for (const [name, service] of Object.entries(present)) {
    const base = name.replace(/-gpu$/, "");
    const ours = base === WORKER || Object.hasOwn(services, base) ? base : undefined;
    faults.push(...faultsOfService(name, service, file, ours).map((fault) => `service ${name}: ${fault}`));
  }
  faults.push(...faultsOfProfiles(present, services));
  return faults.map((fault) => `infra/compose.yaml: ${fault}`);
}

/** Whatever profile is chosen, every kind of job is done once. A service without profiles is in all of them. */
function faultsOfProfiles(present: Readonly<Record<string, Value>>, services: Services): string[] {
  const rows: Services = { ...services, [WORKER]: workerOf(services) };
  const kinds = workerOf(services).kinds;
  return PROFILES.flatMap((profile) => {
    const started = Object.entries(present).filter(([, { profiles }]) =>
      !profiles || profiles.includes(profile)
    );
    const done = started.flatMap(([, { command }]) => rows[String(command)]?.kinds ?? []);
    return kinds.map((kind) => [kind, done.filter((one) => one === kind).length] as const)
      .filter(([, count]) => count !== 1)
      .map(([kind, count]) => `profile ${profile} has ${count} services that do ${kind} instead of one`);
  });
}

/** @param ours which of the table's services it runs, if any */
function faultsOfService(name: string, service: Value, file: Value, ours: string | undefined): string[] {
  const image = parseReference(String(service.image));
  const pinned = /\d/.test(image.tag) || image.name === "cugro";
  const hardened = service.read_only === true && service.cap_drop?.includes("ALL");
  const secrets = (service.secrets ?? []).map((secret: Value) => secret.source ?? secret) as string[];
  const seeds = secrets.filter((secret) => secret.endsWith("_seed"));
  const environment = Object.keys(service.environment ?? {}).filter((key) => key.startsWith("CUGRO_"));
  return [
    ...(pinned ? [] : [`image ${service.image} must be pinned to a version`]),
    ...(service.mem_limit ? [] : ["must have a limit of memory (mem_limit)"]),
    ...(hardened ? [] : ["must have read_only: true and cap_drop: [ALL]"]),
    ...(service.privileged ? ["must not be privileged"] : []),
    ...Object.keys(service.depends_on ?? {}).filter((other) => !file.services[other]).map((other) =>
      `needs ${other}`
    ),
    ...secrets.filter((secret) => !file.secrets[secret]).map((secret) => `secret ${secret} is not defined`),
    ...(seeds.every((seed) => seed === `${ours ?? name}_seed`)
      ? []
      : [`holds the seed of another user: ${seeds}`]),
    ...(ours && seeds.length !== 1 ? ["has no seed of its own"] : []),
    ...(ours && (service.init !== true || !service.restart)
      ? ["must have init: true and a restart policy, so that it comes back when it hangs"]
      : []),
    ...faultsOfTokens(service),
    ...(service.restart === "unless-stopped" && !service.stop_grace_period
      ? ["must have a stop_grace_period: podman kills at once what has none"]
      : []),
    ...(/^$|:-(true|false)\}$/.test(service.environment?.OTEL_DENO ?? "")
      ? []
      : ["OTEL_DENO must be true or false where nothing is set: Deno complains about anything else"]),
    ...(ours && String(service.command) !== ours ? [`starts ${service.command}`] : []),
    ...environment.filter((key) => !CONFIG_VARIABLES.includes(key)).map((key) =>
      `${key} is no variable of ours`
    ),
  ];
}

/** The file is replaced, not written: mounted by itself it would stay the old one, and a token that is taken back valid. */
function faultsOfTokens({ environment = {}, volumes = [] }: Value): string[] {
  const path = environment.CUGRO_TOKENS_FILE;
  if (path === undefined) return [];
  const isMounted = (volumes as string[]).some((volume) => volume.endsWith(`:${dirname(path)}:ro`));
  return isMounted ? [] : [`must mount the folder of ${path} as a whole, read-only`];
}

/** Faults of infra/compose.tls.yaml: its services are those of compose.yaml, and it sets variables of ours. */
export function checkComposeTls(
  over: Value = readDocuments("compose.tls.yaml")[0]!.value,
  file: Value = readDocuments("compose.yaml")[0]!.value,
): string[] {
  const faults = composeValidator()(over);
  for (const [name, { environment = {} }] of Object.entries(over.services as Record<string, Value>)) {
    if (!file.services[name]) faults.push(`service ${name} is not in compose.yaml`);
    const strange = Object.keys(environment).filter((key) =>
      key.startsWith("CUGRO_") && !CONFIG_VARIABLES.includes(key)
    );
    faults.push(...strange.map((key) => `service ${name}: ${key} is no variable of ours`));
  }
  return faults.map((fault) => `infra/compose.tls.yaml: ${fault}`);
}

/**
 * The file as compose itself reads it, for all profiles, with generated secrets: by `docker compose config`
 * if installed, else by compose's own library. Undefined without either.
 *
 * @param over files that override it
 */
export async function loadCompose(
  tool: (name: Tool) => Promise<string | undefined>,
  file = join(INFRA, "compose.yaml"),
  services: Services = SERVICES,
  over: readonly string[] = [],
): Promise<string[] | undefined> {
  const hasPlugin = (await runCommand("docker", ["compose", "version"])).code === 0;
  const [program, args] = hasPlugin
    ? ["docker", ["compose", ...[file, ...over].flatMap((path) => ["-f", path]), "config", "--quiet"]]
    : [await tool("compose-go"), ["--format=json", file, ...over]];
  if (!program) return undefined;
  const folder = Deno.makeTempDirSync({ prefix: "cugro-infra-" });
  try {
    await makeSecrets(folder, services);
    const faults: string[] = [];
    for (const profile of PROFILES) {
      const environment = { CUGRO_SECRETS: folder, COMPOSE_PROFILES: profile };
      const { code, stdout, stderr } = await runCommand(program, args, environment);
      if (code !== 0) {
        faults.push(
          `${[file, ...over].map((path) => relative(ROOT, path)).join(" + ")}, profile ${profile}: ${
            stderr.trim() || stdout.trim()
          }`,
        );
      }
    }
    return faults;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Names of the files that compose mounts from infra, for the check that they exist. */
export function mountedFiles(): string[] {
  const text = ["compose.yaml", "compose.tls.yaml"].map((name) => readFileSync(join(INFRA, name), "utf8"))
    .join("\n");
  return [...text.matchAll(/\.\/([a-z_./-]+):\/[a-z]/g)].map(([, path]) => path!);
}
