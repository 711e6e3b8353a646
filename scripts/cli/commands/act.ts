/**
 * `cugro act`: actions for observations, in this process.
 * @module
 */
import { type ActRequest, actRequestSchema } from "@cugro/protocol";
import { readFile } from "node:fs/promises";
import { actOn, openPolicy } from "@cugro/serving";
import { openCompute } from "@cugro/tensors";
import type { Command } from "commander";
import { DEFAULT_STORE, openForReading } from "../embedded/session.ts";

import { act as actRemotely } from "../remote/act.ts";
import { orRemote } from "../remote/connect.ts";
import { printJson, UsageError, wholeNumber } from "./output.ts";

/** Adds the command. */
export function registerActing(program: Command): void {
  const command = program.command("act")
    .description("actions of the serving version for observations")
    .requiredOption("--learner <name>", "whose policy acts")
    .requiredOption("--task <k>", "which task to act for", wholeNumber("--task", 1))
    .requiredOption("--observations <json>", "rows of numbers as JSON, or @file, or - for stdin")
    .option("--version <v>", "another version than the serving one", wholeNumber("--version", 1))
    .option("--seed <n>", "seed of the candidates", wholeNumber("--seed", 0), 0)
    .option("--store <folder>", "folder that holds everything, or s3://bucket/prefix", DEFAULT_STORE);
  orRemote(command, act, async (remote, options: ActOptions) => {
    await actRemotely(remote, options.learner, await readRequest(options));
  });
}

interface ActOptions {
  learner: string;
  task: number;
  observations: string;
  version?: number;
  seed: number;
  store: string;
}

async function act(options: ActOptions): Promise<void> {
  const request = await readRequest(options);
  const store = await openForReading(options.store);
  const { compile } = await openCompute();
  const served = await openPolicy(store, options.learner, compile, options.version);
  try {
    printJson(await actOn(served, request));
  } finally {
    served.policy.dispose();
  }
}

async function readRequest({ task, seed, version, observations }: ActOptions): Promise<ActRequest> {
  const rows = parseJson(await readText(observations));
  const request = actRequestSchema.safeParse({ task, seed, version, observations: rows });
  if (request.success) return request.data;
  throw new UsageError(
    `--observations must be rows of numbers, e.g. [[0.1, 0.2]]: ${request.error.issues[0]!.message}`,
  );
}

async function readText(source: string): Promise<string> {
  if (source === "-") return await new Response(Deno.stdin.readable).text();
  return source.startsWith("@") ? await readFile(source.slice(1), "utf8") : source;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError("--observations is not JSON", { cause });
  }
}
