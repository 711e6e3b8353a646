/**
 * `cugro act`: actions for observations, decided in this process or by a gateway.
 * @module
 */
import { type ActRequest, actRequestSchema } from "@cugro/protocol";
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { actingOption } from "./acting_option.ts";
import { onLearners, STORE_FLAG } from "../learners/learners_of_flags.ts";
import type { Learners } from "../learners/learners.ts";
import { printJson, UsageError, wholeNumber } from "./print_output.ts";

/** Adds the command. */
export function registerActing(program: Command): void {
  const command = program.command("act")
    .requiredOption("--learner <name>", "learner whose policy acts")
    .requiredOption("--task <k>", "which task to act for", wholeNumber("--task", 1))
    .requiredOption("--observations <json>", "rows of numbers as JSON, or @file, or - for stdin")
    .option("--version <v>", "a version other than the serving one", wholeNumber("--version", 1))
    .addOption(actingOption())
    .option("--seed <n>", "seed of the candidates", wholeNumber("--seed", 0), 0)
    .option(...STORE_FLAG);
  onLearners(command, act);
}

const ROWS = "--observations must be rows of numbers, e.g. '[[0.1, 0.2]]'";
/** How much of a wrong text is quoted. */
const MOST_SHOWN = 60;

interface ActOptions {
  learner: string;
  task: number;
  observations: string;
  version?: number;
  seed: number;
  acting?: ActRequest["acting"];
}

async function act(learners: Learners, options: ActOptions): Promise<void> {
  printJson(await learners.act(options.learner, await readRequest(options)));
}

async function readRequest({ task, seed, version, acting, observations }: ActOptions): Promise<ActRequest> {
  const rows = parseJson(await readText(observations));
  const request = actRequestSchema.safeParse({ task, seed, version, acting, observations: rows });
  if (request.success) return request.data;
  const { path, message } = request.error.issues[0]!;
  const place = path.slice(1).map((part) => `[${String(part)}]`).join("");
  throw new UsageError(`${ROWS}: ${place ? `at ${place}: ` : ""}${message}`);
}

async function readText(source: string): Promise<string> {
  if (source === "-") return await new Response(Deno.stdin.readable).text();
  return source.startsWith("@") ? await readFile(source.slice(1), "utf8") : source;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const shown = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
    throw new UsageError(`${ROWS}: it is not JSON: current value is ${shown.trim() || "empty"}`, { cause });
  }
}
