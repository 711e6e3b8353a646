/**
 * Versity's S3 gateway over a folder: every object is a file, what S3 keeps of it beside its bytes are the file's
 * extended attributes, and objects appear by a link or a rename. It tells NATS of everything that is written.
 * @module
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { runCommand } from "../../setup/run_program.ts";
import { answers, type Program } from "../program.ts";
import { findProgram, freePort, GRACE_MS, READY_MS, type RunningServer, startServer } from "../servers.ts";

/** How Versity's gateway is started. */
export interface VersityOptions {
  folder: string;
  /** @default a free one */
  port?: number;
  /** The administrator's. @default "cugro-root" */
  accessKey?: string;
  /** @default "cugro-root-secret" */
  secretKey?: string;
  /** `nats://127.0.0.1:4222`, which must run already. @default nobody is told */
  natsUrl?: string;
  /** Where users and their policies are kept; see {@link startIdentities}. @default only the administrator may come in */
  identities?: string;
  /** Whether Ctrl-C in the terminal does not reach it. @default false */
  detached?: boolean;
}

/** Where it publishes what is written; a stream keeps `incoming.>`. */
export const VERSITY_SUBJECT = "incoming.versity";
const ROOT = { accessKey: "cugro-root", secretKey: "cugro-root-secret" } as const;
/** No bucket: their names have no underscores. */
const HEALTH = "/_healthy";
const ASK_MS = 2_000;

/** The gateway as a program. Its folder is made. */
export async function versityProgram(options: VersityOptions): Promise<Program> {
  const { folder, port = await freePort(), natsUrl, identities } = options;
  const command = await findProgram("versitygw");
  const buckets = join(folder, "buckets");
  await makeWrittenThrough(buckets);
  // Without --keep-alive: it never closes a connection that is kept, and a client that has one open may not end for it.
  const args = ["--port", `127.0.0.1:${port}`, "--health", HEALTH, "--quiet"];
  if (natsUrl !== undefined) args.push(...await eventOptions(folder, natsUrl));
  if (identities !== undefined) args.push("--iam-standalone-endpoint", identities);
  return answering("versitygw", port, command, [...args, "posix", buckets], options);
}

/** Starts the gateway and waits until it answers. */
export async function startVersity(options: VersityOptions): Promise<RunningServer> {
  return await startServer(await versityProgram(options), options);
}

async function eventOptions(folder: string, natsUrl: string): Promise<string[]> {
  const filter = resolve(folder, "events.json");
  await writeFile(filter, `${JSON.stringify({ "s3:ObjectCreated:*": true })}\n`);
  return ["--event-nats-url", natsUrl, "--event-nats-topic", VERSITY_SUBJECT, "--event-filter", filter];
}

/**
 * Makes a folder whose files go to disk before a write returns: the gateway forces nothing to disk by itself, and what it
 * has answered for could be lost or torn in a power cut. The attribute S does it (ext4, btrfs; a millisecond an object).
 * Where there is none, as in tmpfs, the folder stays as it is.
 */
async function makeWrittenThrough(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await runCommand("chattr", ["+S", folder]);
}

/**
 * Starts Versity's second program, which keeps users and their policies and speaks the actions of AWS' IAM. A user's
 * policy has at most 2,048 characters; policies of buckets are too small for ours, as they must fit in an attribute.
 *
 * @returns with `socket`, for {@link VersityOptions}
 */
export async function startIdentities(
  options: Omit<VersityOptions, "identities" | "natsUrl">,
): Promise<RunningServer & { socket: string }> {
  const { folder, port = await freePort() } = options;
  const command = await findProgram("versitygw");
  const socket = join(resolve(folder), "identities.sock");
  await mkdir(join(folder, "identities"), { recursive: true });
  await rm(socket, { force: true });
  const args = ["--port", `127.0.0.1:${port}`, "--health", HEALTH, "iam", "--quiet"];
  const own = ["--dir", join(folder, "identities"), "--private-ports", socket];
  const program = answering("versitygw iam", port, command, [...args, ...own], options);
  return { ...await startServer(program, options), socket };
}

function answering(
  name: string,
  port: number,
  command: string,
  args: string[],
  { accessKey = ROOT.accessKey, secretKey = ROOT.secretKey }: VersityOptions,
): Program {
  const url = `http://127.0.0.1:${port}`;
  return {
    name,
    command,
    args,
    environment: { ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey },
    url,
    isReady: () => answers(`${url}${HEALTH}`, ASK_MS),
    isAlive: (_, timeoutMs) => answers(`${url}${HEALTH}`, timeoutMs),
    graceMs: GRACE_MS,
    readyMs: READY_MS,
  };
}
