/**
 * `deno task experiment questions`: one figure and one sentence for each question, from the records of finished runs.
 * @module
 */
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeVersion } from "@cugro/telemetry";
import { UsageError } from "../../cli/commands/print_output.ts";
import type { MeasuredRun } from "../grid/measured_run.ts";
import type { Question } from "./question_answer.ts";
import { DATA_QUESTIONS } from "./data_answers.ts";
import { drawAnswer } from "./draw_answer.ts";
import { KNOB_QUESTIONS } from "./knobs_answers.ts";
import { METHOD_QUESTIONS } from "./methods_answers.ts";

/** All questions that records answer; that of policies from synthetic samples has a command of its own. */
export const QUESTIONS: readonly Question[] = [...METHOD_QUESTIONS, ...KNOB_QUESTIONS, ...DATA_QUESTIONS]
  .toSorted((a, b) => a.id < b.id ? -1 : 1);

/**
 * Answers what can be answered, says of the rest which grid is missing, writes JSON and figures.
 *
 * @param paths folders of finished grids
 * @param options output, and one question alone
 * @throws {UsageError} where there is no such question, or no record
 */
export async function questions(
  paths: readonly string[],
  { out, only }: { out: string; only?: string },
): Promise<void> {
  const runs = (await Promise.all(paths.map(readRuns))).flat();
  if (runs.length === 0) throw new UsageError(`There is no record of a run in ${paths.join(", ")}`);
  const asked = QUESTIONS.filter(({ id }) => only === undefined || only.split(",").includes(id));
  if (asked.length === 0) {
    throw new UsageError(
      `--only must be of ${QUESTIONS.map(({ id }) => id).join(", ")}: current value is ${only}`,
    );
  }
  await mkdir(out, { recursive: true });
  const answered: unknown[] = [];
  for (const { id, question, grid, answer } of asked) {
    const found = answer(runs);
    console.log(`(${id}) ${question}\n    ${found?.sentence ?? `not run: deno task experiment ${grid}`}\n`);
    if (!found) continue;
    answered.push({ id, question, ...found });
    await writeFile(join(out, `question_${id}.svg`), drawAnswer(found));
  }
  const document = { made: { code: codeVersion }, runs: runs.map(({ id }) => id), questions: answered };
  await writeFile(join(out, "questions.json"), JSON.stringify(document, null, 1) + "\n");
  console.error(`${runs.length} runs; ${answered.length} of ${asked.length} questions answered: ${out}`);
}

/** Runs of a work folder, or of a result file of a grid. @throws {UsageError} where it is neither */
async function readRuns(path: string): Promise<MeasuredRun[]> {
  const isFolder = await stat(path).then((found) => found.isDirectory(), () => {
    throw new UsageError(`${path} is not there: it must be a grid's work folder, or its result file`);
  });
  if (!isFolder) {
    const { runs } = await readJson(path);
    if (Array.isArray(runs)) return runs as MeasuredRun[];
    throw new UsageError(`${path} is no grid's result file: it has no runs`);
  }
  const folder = join(path, "runs");
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json")).sort();
  return await Promise.all(
    names.map(async (name) => (await readJson(join(folder, name))).run as MeasuredRun),
  );
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new UsageError(`${path} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
