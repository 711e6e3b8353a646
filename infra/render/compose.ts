/**
 * The services of compose.yaml and their secrets, and the names that Prometheus scrapes there.
 * @module
 */
import { HTTP_PORT, type Service, type Services, WORKER, workerOf } from "../../services/services.ts";
import { fillRegion } from "./regions.ts";
import { WORKLOADS, type Workloads } from "./workloads.ts";

/** compose.yaml with the services of the table. */
export function renderCompose(text: string, services: Services, workloads: Workloads = WORKLOADS): string {
  const entries = Object.entries(services);
  const parts = [
    ...entries.map(([name, service]) => composeService(name, service, workloads)),
    "  # For a small machine: the jobs of all services, one at a time. `--profile together` starts it in the place of theirs.",
    composeService(WORKER, workerOf(services), workloads),
    "  # The same on GPUs. They answer under the same names, so that Prometheus finds them.",
    ...entries.filter(([, { gpu }]) => gpu).map(([name]) => gpuVariant(name)),
  ];
  const file = "infra/compose.yaml";
  const filled = fillRegion(text, file, "services", parts.join("\n"));
  const users = [...Object.keys(services), WORKER];
  return fillRegion(filled, file, "seeds", users.map(seedSecret).join("\n"));
}

/** prometheus.yaml with the services of the table. */
export function renderPrometheus(text: string, services: Services): string {
  const names = [...Object.keys(services), WORKER].map((name) => `          - ${name}`).join("\n");
  return fillRegion(text, "infra/prometheus/prometheus.yaml", "services", names);
}

const SECRETS = "${CUGRO_SECRETS:-./secrets}";
/** The folder of the file of tokens, which a gateway reads again when it changes; nothing else lies in it. */
const TOKENS = "tokens";
const TOKENS_IN_CONTAINER = "/run/secrets/gateway";

function composeService(name: string, service: Service, workloads: Workloads): string {
  const environment = composeEnvironment(service);
  const ownTmp = service.fileLimit === "CUGRO_IMPORT_MAX_BYTES";
  const variable = `CUGRO_${name.toUpperCase().replaceAll("-", "_")}`;
  const port = `${variable}_PORT`;
  return [
    `  ${name}:${service.gpu ? ` &${name}` : ""}`,
    "    <<: *service",
    `    command: [${name}]`,
    `    mem_limit: \${${variable}_MEMORY:-${memoryLimit(service, workloads)}}`,
    ...profilesOf(name, service),
    `    env_file: ["${SECRETS}/${name}.env"]`,
    ...environment.length > 0
      ? ["    environment:", "      <<: *environment", ...environment.map((line) => `      ${line}`)]
      : [],
    `    secrets: [{ source: ${name}_seed, target: nats_seed }]`,
    // A file is copied there and read by ranges: on disk, and not in memory.
    ...ownTmp ? ["    tmpfs: []", '    volumes: ["/tmp"]'] : [],
    // Its folder, as a file that is replaced is another: a mount of the file alone would go on showing the old one.
    ...service.tokens ? [`    volumes: ["${SECRETS}/${TOKENS}:${TOKENS_IN_CONTAINER}:ro"]`] : [],
    ...service.public
      ? [`    ports: ["\${${port}:-${HTTP_PORT}}:${HTTP_PORT}"]`, "    networks: [inside, outside]"]
      : [],
    "",
  ].join("\n");
}

/** Services that give work to others run in every profile. */
function profilesOf(name: string, { gpu, kinds }: Service): string[] {
  if (kinds.length === 0) return [];
  const profiles = name === WORKER ? ["together"] : gpu ? ["cpu"] : ["cpu", "gpu"];
  return [`    profiles: [${profiles.join(", ")}]`];
}

/** What Kubernetes gives it, or the largest of its kinds, in compose's letters. */
function memoryLimit({ standing, kinds }: Service, workloads: Workloads): string {
  const limits = [standing?.memoryLimit, ...kinds.map((kind) => workloads[kind]?.memoryLimit)];
  const gibibytes = limits.filter((limit) => limit !== undefined).map((limit) => {
    const [, number] = /^(\d+)Gi$/.exec(limit) ?? [];
    if (number === undefined) {
      throw new RangeError(`A memoryLimit must be whole Gi, as in "4Gi": it is "${limit}"`);
    }
    return Number(number);
  });
  return `${Math.max(...gibibytes)}g`;
}

function composeEnvironment({ tokens, makesStreams, fileLimit }: Service): string[] {
  return [
    ...tokens ? [`CUGRO_TOKENS_FILE: ${TOKENS_IN_CONTAINER}/tokens.json`] : [],
    ...makesStreams ? ["CUGRO_NATS_STREAMS: create"] : [],
    ...fileLimit
      ? [
        "# The largest dataset file; its import takes up to three times as much room in /tmp.",
        `${fileLimit}: \${CUGRO_IMPORT_MAX_BYTES:-2147483648}`,
      ]
      : [],
  ];
}

function gpuVariant(name: string): string {
  return [
    `  ${name}-gpu:`,
    `    <<: [*gpu, *${name}]`,
    `    networks: { inside: { aliases: [${name}] } }`,
    "",
  ].join("\n");
}

const seedSecret = (name: string) => `  ${name}_seed: { file: "${SECRETS}/${name}.seed" }`;
