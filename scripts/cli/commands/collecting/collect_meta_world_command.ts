/**
 * `cugro collect metaworld`: datasets of Meta-World's tasks, with its scripted experts.
 * @module
 */
import { didYouMean } from "@cugro/algorithm/knobs";
import { writeHdf5 } from "@cugro/datasets";
import {
  adaptedAdvice,
  adaptedVariables,
  findInterpreter,
  GymnasiumUnavailable,
  META_WORLD,
  type PythonProcess,
  startPython,
} from "@cugro/environments/gymnasium";
import {
  collectMetaWorld,
  META_WORLD_HORIZON,
  META_WORLD_MIX,
  META_WORLD_NOISE,
  META_WORLD_STREAMS,
  META_WORLD_TASKS,
  type MetaWorldData,
  metaWorldId,
} from "@cugro/environments/metaworld";
import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { gymnasiumConfig } from "../../embedded/choose_python.ts";
import { progressLines } from "./collect_progress.ts";
import { invocation, quoted } from "../../learners/invocation.ts";
import { UsageError } from "../print_output.ts";

/** Its name for `cugro collect`. */
export const META_WORLD_FAMILY = "metaworld";

/** What follows the families in the command's help. */
export function describeMetaWorld(): string {
  const streams = Object.entries(META_WORLD_STREAMS).map(([name, tasks]) =>
    `    ${name}: ${tasks.join(", ")}`
  );
  return `  ${META_WORLD_FAMILY}: tasks of Meta-World, in Python, with its scripted experts; --tasks cl5 (the default), cw10, or names
${streams.join("\n")}`;
}

/** The tasks that were typed, or CL5. @throws {UsageError} naming all that Meta-World lacks */
export function parseMetaWorldTasks(list: string | undefined): readonly string[] {
  if (list === undefined) return META_WORLD_STREAMS.cl5!;
  if (Object.hasOwn(META_WORLD_STREAMS, list)) return META_WORLD_STREAMS[list]!;
  const tasks = list.split(",").map((task) => task.trim().replace(/-v3$/, ""));
  const unknown = tasks.filter((task) => !META_WORLD_TASKS.includes(task));
  if (unknown.length === 0) return tasks;
  const streams = Object.keys(META_WORLD_STREAMS);
  const wrong = unknown.map((task) =>
    streams.includes(task)
      ? `${task} (a stream, which must be the only one)`
      : `${task || "empty"}${didYouMean(task, META_WORLD_TASKS).replace(/^: (.*)$/, " ($1)")}`
  );
  throw new UsageError(
    `--tasks must be ${streams.join(" or ")}, or names of Meta-World's tasks with commas: ` +
      `${wrong.length === 1 ? "current value is" : "unknown:"} ${wrong.join(", ")}; ` +
      `all names: ${invocation()} collect ${META_WORLD_FAMILY} --list`,
  );
}

/** Settings of {@link collectMetaWorldFiles}. */
export interface MetaWorldFiles {
  tasks: readonly string[];
  episodes: number;
  seed: number;
  folder: string;
  /** Whether existing files are kept; each was written whole. @default false */
  keep?: boolean;
}

/** The line that makes its Python. */
export function metaWorldAdvice(): string {
  return adaptedAdvice(META_WORLD);
}

/** The Python that Meta-World runs in. @throws {UsageError} with the line that makes one */
export function metaWorldPython(): string {
  const python = findInterpreter(process.env, META_WORLD.venv);
  if (python !== undefined) return python;
  throw new UsageError(metaWorldAdvice());
}

/** The line that learns such files and knows the Python that they were made in. */
export function metaWorldRun(files: readonly string[]): string {
  const variables = adaptedVariables(META_WORLD, quoted(metaWorldPython()));
  return `${variables} ${invocation()} run ${files.map(quoted).join(" ")} --learner NAME`;
}

/**
 * Writes `task1.hdf5`, `task2.hdf5` ... into a folder, each whole or not at all.
 *
 * @param files tasks, episodes a task, seed and folder
 * @returns their paths
 * @throws {UsageError} where Meta-World's Python is missing
 */
export async function collectMetaWorldFiles(
  { tasks, episodes, seed, folder, keep = false }: MetaWorldFiles,
): Promise<string[]> {
  const { network } = gymnasiumConfig();
  const python = startPython({ python: metaWorldPython(), network });
  const written: string[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for (const [index, task] of tasks.entries()) {
      const path = join(folder, `task${index + 1}.hdf5`);
      written.push(path);
      if (keep && existsSync(path)) continue;
      await writeTask(python, path, { task, episodes, seed, index });
    }
    return written;
  } catch (error) {
    if (!(error instanceof GymnasiumUnavailable)) throw error;
    throw new UsageError(error.message, { cause: error });
  } finally {
    await python.stop();
  }
}

interface WrittenTask {
  task: string;
  episodes: number;
  seed: number;
  index: number;
}

async function writeTask(
  python: PythonProcess,
  path: string,
  { task, episodes, seed, index }: WrittenTask,
): Promise<void> {
  const { figures, versions, ...arrays } = await collectMetaWorld(python, {
    task,
    episodes,
    seed: seed * 1000 + index,
    onProgress: progressLines(path),
  });
  const id = metaWorldId(task);
  const metadata = {
    env: id,
    environment: { gymnasium: id },
    horizon: META_WORLD_HORIZON,
    ...figures.random ? { returnRandom: figures.random.return } : {},
    ...figures.weak ? { returnFinalPolicy: figures.weak.return } : {},
  };
  const bytes = await writeHdf5({ ...arrays, metadata }, attributesOf({ figures, versions }, seed));
  await writeFile(`${path}.tmp`, bytes);
  await rename(`${path}.tmp`, path);
  const rates = Object.entries(figures).map(([actor, { success }]) => `${actor} ${percent(success)}`);
  console.error(`${path}: ${arrays.size} transitions of ${task}, success: ${rates.join(", ")}`);
}

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

/** Provenance: which actors ran how many episodes and how well, and with which versions. */
function attributesOf(
  { figures, versions }: Pick<MetaWorldData, "figures" | "versions">,
  seed: number,
): Record<string, string | number> {
  const measured = Object.entries(figures).flatMap(([actor, { return: mean, success }]) => {
    const name = actor === "weak" ? "final_policy" : actor === "random" ? actor : `${actor}_noise`;
    const isKnown = actor === "weak" || actor === "random";
    return [...isKnown ? [] : [[`return_${name}`, mean]], [`success_${name}`, success]];
  });
  return {
    mix: JSON.stringify({ shares: META_WORLD_MIX, noise: META_WORLD_NOISE }),
    goal_observable: 1,
    seed,
    versions: Object.entries(versions).map(([name, version]) => `${name}==${version}`).join(" "),
    ...Object.fromEntries(measured),
  };
}
