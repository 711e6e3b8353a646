/**
 * The options of `deno task cluster`, checked as far as they can be before anything is started.
 * @module
 */
import { type PresetName, presets, resolveHyperparameters } from "@cugro/algorithm/arrays";
import { checkLearnerName } from "@cugro/protocol";
import { Command } from "commander";
import { COMPUTE_SERVICES, HTTP_PORT, SERVICE_NAMES, type ServiceName } from "../../services/services.ts";
import { UsageError, wholeNumber } from "../cli/commands/print_output.ts";
import { parsePreset, parseSettings, repeatable } from "../cli/commands/knob_options.ts";
import type { ClusterOptions } from "./cluster.ts";
import { DEFAULT_FOLDER } from "./cluster_log.ts";
import { S3_SERVERS, type S3ServerName } from "./object_store/choice.ts";
import type { AskedPort } from "./ports.ts";
import { placesOf, type ProcessCounts, processName, startOrder } from "./service_programs.ts";

/** A learner that is made unless it exists. */
export interface WantedLearner {
  name: string;
  seed: number;
  preset: PresetName;
  overrides: Record<string, string>;
}

/** The parsed command line. */
export interface ClusterCommand {
  cluster: ClusterOptions & { folder: string };
  learner: WantedLearner | undefined;
  /** Nothing of what the services log is shown. */
  quiet: boolean;
  /** File that gets it. */
  log: string | undefined;
}

interface Flags {
  folder: string;
  store: string;
  s3?: string;
  port?: number;
  s3Port?: number;
  natsPort?: number;
  metricsPort?: number;
  privateWebhooks?: boolean;
  together?: number;
  learner?: string;
  preset?: string;
  set: string[];
  seed?: number;
  quiet?: boolean;
  log?: string;
  [service: string]: unknown;
}

const port = (name: string) => (text: string) => {
  const value = wholeNumber(name, 1)(text);
  if (value <= 65_535) return value;
  throw new UsageError(`${name} must be a port from 1 to 65535: current value is ${text}`);
};

/** A port that is not asked for stays the one that the folder has kept. */
const withPorts = (command: Command): Command =>
  command
    .option(
      "--port <n>",
      `port of the gateway (default: the last one, ${HTTP_PORT} or a free one)`,
      port("--port"),
    )
    .option("--s3-port <n>", "port of the bucket (default: the last one, or a free one)", port("--s3-port"))
    .option("--nats-port <n>", "port of NATS (default: the last one, or a free one)", port("--nats-port"))
    .option(
      "--metrics-port <n>",
      "ports of the other services' /metrics, from this one on (default: the last ones, or free ones)",
      port("--metrics-port"),
    );

function program(): Command {
  const command = withPorts(new Command("cluster"))
    .description("start NATS, an S3 server and all services on this machine; one Ctrl-C stops them in order")
    .option(
      "--folder <dir>",
      "the cluster's state: objects, messages, tokens, ports; used by one cluster at a time",
      DEFAULT_FOLDER,
    )
    .option("--store <kind>", "bucket, or folder (no S3 server)", "bucket")
    .option(
      "--s3 <server>",
      "server of the bucket: versity, or minio behind a filter (default: the folder's, else versity)",
    )
    .option(
      "--together <n>",
      "on a small machine: N processes that do jobs of all kinds, instead of one a service",
      wholeNumber("--together", 1),
    )
    .option("--private-webhooks", "webhooks may go to addresses of this machine and its network")
    .option("--learner <name>", "make this learner, unless it exists, so that files can be dropped for it")
    .option("--preset <name>", `of that learner: ${Object.keys(presets).join(", ")} (default: default)`)
    .addOption(repeatable("--set <knob=value>", "change a knob of that learner; may be repeated"))
    .option("--seed <n>", "of that learner (default: 0)", wholeNumber("--seed", 0))
    .option("--quiet", "do not show the services' logs; starts and ends of processes are shown all the same")
    .option(
      "--log <file>",
      "also write the services' logs to this file, as JSON lines; cugro logs needs no such file",
    );
  for (const service of startOrder()) {
    command.option(`--${service} <n>`, "number of processes (default: 1)", wholeNumber(`--${service}`, 0));
  }
  return command;
}

/**
 * Reads the command line.
 *
 * @throws {UsageError} saying which option is wrong and what it may be
 * @throws {RangeError} of a learner that cannot be made so
 */
export function parseCommand(argv: readonly string[]): ClusterCommand {
  const flags = program().parse([...argv], { from: "user" }).opts<Flags>();
  const { folder, store, quiet = false, log, privateWebhooks } = flags;
  const s3 = serverOf(flags);
  if (store !== "bucket" && store !== "folder") {
    throw new UsageError(`--store must be bucket or folder: current value is "${store}"`);
  }
  const counts = countsOf(flags);
  return {
    cluster: {
      ...{ folder, store, ...counts, ports: portsOf(flags, counts), preferredGatewayPort: HTTP_PORT },
      ...s3 === undefined ? {} : { s3 },
      ...privateWebhooks ? { environment: { CUGRO_WEBHOOKS_PRIVATE: "allow" } } : {},
    },
    learner: learnerOf(flags),
    quiet,
    log,
  };
}

function serverOf({ s3, store }: Flags): S3ServerName | undefined {
  if (s3 === undefined) return undefined;
  const server = S3_SERVERS.find((name) => name === s3);
  if (server === undefined) {
    throw new UsageError(`--s3 must be ${S3_SERVERS.join(" or ")}: current value is "${s3}"`);
  }
  if (store === "folder") throw new UsageError("--s3 serves a bucket, and --store is folder");
  return server;
}

/** @throws {UsageError} where a number has no meaning */
function countsOf(flags: Flags): ProcessCounts & { processes: Partial<Record<ServiceName, number>> } {
  const camel = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const counts = SERVICE_NAMES.map((service) => [service, flags[camel(service)]] as const);
  const given = counts.filter(([, count]) => typeof count === "number");
  const processes: Partial<Record<ServiceName, number>> = Object.fromEntries(given);
  const { together } = flags;
  if (together === undefined) return { processes };
  const own = given.find(([service]) => COMPUTE_SERVICES.includes(service));
  if (own) throw new UsageError(`--together does the jobs of all services: give it or --${own[0]}, not both`);
  return { processes, together };
}

function portsOf(flags: Flags, counts: ProcessCounts): Record<string, AskedPort> {
  const { port, s3Port, natsPort, metricsPort } = flags;
  if (port !== undefined && counts.processes?.gateway === 0) {
    throw new UsageError("--port needs a gateway, and --gateway is 0");
  }
  if (s3Port !== undefined && flags.store === "folder") {
    throw new UsageError("--s3-port needs a bucket, and --store is folder");
  }
  const asked: Record<string, AskedPort> = {};
  if (port !== undefined) asked.gateway = { port, by: "--port" };
  if (s3Port !== undefined) asked.s3 = { port: s3Port, by: "--s3-port" };
  if (natsPort !== undefined) asked.nats = { port: natsPort, by: "--nats-port" };
  if (metricsPort === undefined) return asked;
  const names = placesOf(counts).map(({ service, index }) => processName(service, index))
    .filter((name) => name !== "gateway");
  if (metricsPort + names.length - 1 > 65_535) {
    throw new UsageError(`--metrics-port must leave room for ${names.length} ports up to 65535`);
  }
  names.forEach((name, place) => asked[name] = { port: metricsPort + place, by: "--metrics-port" });
  return asked;
}

function learnerOf({ learner: name, preset, set, seed }: Flags): WantedLearner | undefined {
  if (name === undefined) {
    const given = [
      preset !== undefined && "--preset",
      set.length > 0 && "--set",
      seed !== undefined && "--seed",
    ];
    const vain = given.find((flag) => flag !== false);
    if (vain) throw new UsageError(`${vain} is of a learner: name it with --learner`);
    return undefined;
  }
  checkLearnerName(name);
  const wanted = {
    name,
    seed: seed ?? 0,
    preset: parsePreset(preset ?? "default"),
    overrides: parseSettings(set),
  };
  // Judged now, not when all servers have been started.
  resolveHyperparameters(wanted.preset, wanted.overrides);
  return wanted;
}
