/**
 * `cugro act`: actions for observations, in this process.
 * @module
 */
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { z } from "zod";
import { DEFAULT_STORE, openForReading } from "../embedded/session.ts";
import { openCompute, openPolicy, type ServedPolicy } from "../embedded/serving.ts";
import { printJson, UsageError, wholeNumber } from "./output.ts";

/** Body of a request to act: rows of numbers, one row an observation. */
export const actRequestSchema = z.object({
  task: z.int().min(1),
  observations: z.array(z.array(z.number())).min(1).max(4096),
  seed: z.int().min(0).max(0xffff_ffff).default(0),
});
/** See {@link actRequestSchema}. */
export type ActRequest = z.infer<typeof actRequestSchema>;

/** Adds the command. */
export function registerActing(program: Command): void {
  program.command("act")
    .description("actions of the serving version for observations")
    .requiredOption("--learner <name>", "whose policy acts")
    .requiredOption("--task <k>", "which task to act for", wholeNumber("--task", 1))
    .requiredOption("--observations <json>", "rows of numbers as JSON, or @file, or - for stdin")
    .option("--version <v>", "another version than the serving one", wholeNumber("--version", 1))
    .option("--seed <n>", "seed of the candidates", wholeNumber("--seed", 0), 0)
    .option("--store <folder>", "folder that holds everything", DEFAULT_STORE)
    .action(act);
}

async function act(
  options: {
    learner: string;
    task: number;
    observations: string;
    version?: number;
    seed: number;
    store: string;
  },
): Promise<void> {
  const text = await readText(options.observations);
  const { task, seed } = options;
  const request = actRequestSchema.safeParse({ task, seed, observations: parseJson(text) });
  if (!request.success) {
    throw new UsageError(
      `--observations must be rows of numbers, e.g. [[0.1, 0.2]]: ${request.error.issues[0]!.message}`,
    );
  }
  const store = await openForReading(options.store);
  const served = await openPolicy(store, options.learner, await openCompute(), options.version);
  try {
    printJson(await actOn(served, request.data));
  } finally {
    served.policy.dispose();
  }
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

/**
 * Actions for a request.
 * @throws {RangeError} for an unknown task or rows of another size
 */
export async function actOn(
  served: ServedPolicy,
  { task, observations, seed }: ActRequest,
): Promise<{ version: number; actions: number[][] }> {
  const { stateDim, actionDim, policy, version } = served;
  const wrong = observations.findIndex((row) => row.length !== stateDim);
  if (wrong >= 0) {
    throw new RangeError(
      `Each observation must have ${stateDim} numbers: row ${wrong} has ${observations[wrong]!.length}`,
    );
  }
  const actions = await policy.act(task, Float32Array.from(observations.flat()), seed);
  return {
    version,
    actions: observations.map((_, row) => [...actions.subarray(row * actionDim, (row + 1) * actionDim)]),
  };
}
