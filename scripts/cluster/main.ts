/**
 * `deno task cluster`: NATS, MinIO and all services on this machine, until Ctrl-C.
 * @module
 */
import { createWriteStream } from "node:fs";
import process from "node:process";
import { type PresetName, presets } from "@cugro/algorithm";
import { createLearner, learnerExists } from "@cugro/learners";
import { incomingPrefix } from "@cugro/protocol";
import { Command } from "commander";
import { type Cluster, openClusterStore, startCluster } from "./cluster.ts";
import { sayClusterProblems } from "./problems.ts";
import { findProgram, freePort } from "./servers.ts";
import { startOrder } from "./services.ts";
import { HTTP_PORT, SERVICE_NAMES, type ServiceName } from "../../services/services.ts";
import { UsageError, wholeNumber } from "../cli/commands/output.ts";
import { parsePreset, parseSettings, repeatable } from "../cli/commands/settings.ts";

interface Options {
  folder: string;
  store: string;
  port?: number;
  learner?: string;
  preset: string;
  set: string[];
  seed: number;
  quiet?: boolean;
  log?: string;
  [service: string]: unknown;
}

function program(): Command {
  const command = new Command("cluster")
    .description("starts NATS, MinIO and all services on this machine; one Ctrl-C stops them in order")
    .option("--folder <dir>", "what the cluster keeps: objects, messages, tokens", ".cugro-cluster")
    .option("--store <kind>", "minio, or folder (no MinIO)", "minio")
    .option(
      "--port <n>",
      `port of the gateway (default: ${HTTP_PORT}, or a free one)`,
      wholeNumber("--port", 1),
    )
    .option("--learner <name>", "make this learner, unless it exists, so that files can be dropped for it")
    .option("--preset <name>", `of that learner: ${Object.keys(presets).join(", ")}`, "default")
    .addOption(repeatable("--set <knob=value>", "change a knob of that learner; may be repeated"))
    .option("--seed <n>", "of that learner", wholeNumber("--seed", 0), 0)
    .option("--quiet", "do not show what the services log")
    .option("--log <file>", "write what the services log to a file as well");
  for (const service of startOrder()) {
    command.option(`--${service} <n>`, "number of processes (default: 1)", wholeNumber(`--${service}`, 0));
  }
  return command;
}

async function main(): Promise<void> {
  const options = program().parse().opts<Options>();
  if (options.store !== "minio" && options.store !== "folder") {
    throw new UsageError(`--store must be minio or folder: current value is "${options.store}"`);
  }
  const preset = parsePreset(options.preset);
  for (
    const name of options.store === "minio" ? ["nats-server", "minio"] as const : ["nats-server"] as const
  ) {
    await findProgram(name, console.error);
  }
  const signal = onSignals();
  const file = options.log === undefined ? undefined : createWriteStream(options.log, { flags: "a" });
  const cluster = await startCluster({
    folder: options.folder,
    store: options.store,
    processes: processCounts(options),
    gatewayPort: options.port ?? await portOr(HTTP_PORT),
    signal,
    onLine(service, index, line) {
      const text = `${service}${index > 0 ? `.${index}` : ""} | ${line}\n`;
      file?.write(text);
      if (!options.quiet) process.stderr.write(text);
    },
  });
  try {
    if (options.learner !== undefined) await makeLearner(cluster, options.learner, preset, options);
    explain(cluster, options);
    void sayClusterProblems(cluster, { say: console.error, signal });
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  } finally {
    await cluster.stop();
    file?.end();
  }
}

/** Aborted by the first Ctrl-C; the ones after it change nothing. */
function onSignals(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      const seen = stop.signal.aborted;
      console.error(
        seen ? "still stopping; this takes up to 30 s" : "stopping: every running job writes a checkpoint",
      );
      stop.abort();
    });
  }
  return stop.signal;
}

function processCounts(options: Options): Partial<Record<ServiceName, number>> {
  const camel = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const counts = SERVICE_NAMES.map((service) => [service, options[camel(service)]] as const);
  return Object.fromEntries(counts.filter(([, count]) => typeof count === "number"));
}

async function portOr(wanted: number): Promise<number> {
  try {
    const server = Deno.listen({ hostname: "127.0.0.1", port: wanted });
    server.close();
    return wanted;
  } catch {
    return await freePort();
  }
}

async function makeLearner(cluster: Cluster, name: string, preset: PresetName, { set, seed }: Options) {
  const store = await openClusterStore(cluster);
  try {
    if (await learnerExists(store, name)) return;
    await createLearner({ store, name, seed, preset, overrides: parseSettings(set) });
  } finally {
    await store.close();
  }
}

function explain(
  { gatewayUrl, s3, natsUrl, adminToken, processes, storeConfig }: Cluster,
  options: Options,
): void {
  const learner = options.learner ?? "mine";
  const lines = [
    `\n${processes.length} processes are ready. Ctrl-C stops them.`,
    ...gatewayUrl ? [`  gateway   ${gatewayUrl}/docs`, `  token     ${adminToken}`] : [],
    ...s3
      ? [`  S3        ${s3.endpoint}  bucket ${s3.bucket}  key ${s3.accessKey}  secret ${s3.secretKey}`]
      : [`  store     ${storeConfig.store}`],
    `  NATS      ${natsUrl}`,
  ];
  if (gatewayUrl) {
    lines.push("", `export CUGRO_URL=${gatewayUrl} CUGRO_TOKEN=${adminToken}`);
    const curl = `curl -H "Authorization: Bearer $CUGRO_TOKEN"`;
    if (options.learner === undefined) {
      const body = `'{"name": "${learner}", "preset": "default"}'`;
      lines.push(`${curl} $CUGRO_URL/v1/learners -H 'content-type: application/json' -d ${body}`);
    }
    lines.push(
      `${curl} --data-binary @task1.hdf5 "$CUGRO_URL/v1/learners/${learner}/tasks?fileName=task1.hdf5"`,
    );
    lines.push(`${curl} $CUGRO_URL/v1/learners/${learner}`);
  }
  const folder = `${storeConfig.store}/${incomingPrefix(learner)}`;
  lines.push(
    s3
      ? `curl --aws-sigv4 aws:amz:us-east-1:s3 --user ${s3.accessKey}:${s3.secretKey} -T task2.hdf5 ` +
        `${s3.endpoint}/${s3.bucket}/${incomingPrefix(learner)}`
      : `mkdir -p ${folder} && cp task2.hdf5 ${folder}`,
  );
  console.log(lines.join("\n"));
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error && process.env.CUGRO_LOG === "debug" ? error.stack : String(error));
    Deno.exitCode = 1;
  }
}
