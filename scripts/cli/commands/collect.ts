/**
 * `cugro collect`: makes real datasets by rolling out trained policies in the simulator.
 * @module
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Dataset, writeHdf5 } from "@cugro/datasets";
import {
  collectDataset,
  type CollectedDataset,
  type EnvironmentInfo,
  familyInfo,
  familyPolicy,
  listFamilies,
  type PolicyFile,
  type PolicyMix,
  readPolicy,
  type ScriptedPolicy,
} from "@cugro/environments";
import { didYouMean } from "@cugro/algorithm/knobs";
import type { Command } from "commander";
import { noteUnusual, parseGoals } from "./collect_goals.ts";
import { knownFamilies, printNames, withCollectionHelp } from "./collect_help.ts";
import {
  collectMetaWorldFiles,
  META_WORLD_FAMILY,
  metaWorldRun,
  parseMetaWorldTasks,
} from "./collect_meta_world.ts";
import { progressLines } from "./collect_progress.ts";
import { printJson, UsageError, wholeNumber } from "./output.ts";
import { repeatable } from "./settings.ts";

interface CollectOptions {
  out: string;
  episodes: number;
  seed: number;
  goal: string[];
  goals?: string;
  policy?: string;
  mix?: string;
  json?: boolean;
  list?: boolean;
  tasks?: string;
}

const MIX_NAMES = ["random", "early", "medium", "final"] as const;

/** Adds the command. */
export function registerCollect(program: Command): void {
  withCollectionHelp(program.command("collect"))
    .description("make real datasets with the simulator: one file a goal, task1.hdf5, task2.hdf5 ...")
    .argument("[family]", `one of ${knownFamilies().join(", ")}; with --help after it, its own help`)
    .option("--out <folder>", "where the files go", "datasets")
    .option("--episodes <n>", "episodes a file", wholeNumber("--episodes", 1), 200)
    .option(
      "--goals <list>",
      "all goals, in the order of the files: 0.5,1.2 or, of two numbers each, '1,0;-1,0' (default: the family's five)",
    )
    .addOption(repeatable("--goal <numbers>", "one goal, e.g. 0.45 or 0.36,0.93; may be repeated"))
    .option(
      "--policy <file>",
      "trained policy (safetensors with snapshots early, medium, final) instead of the shipped one",
    )
    .option("--mix <shares>", "who acts, e.g. random=0.2,early=0.15,medium=0.15,final=0.5")
    .option(
      "--tasks <list>",
      "tasks of metaworld, in the order of the files: cl5, cw10, or names with commas",
    )
    .option("--list", "make nothing, and name what can be collected: families, a family's goals, or tasks")
    .option("--seed <n>", "seed; equal seeds give equal data", wholeNumber("--seed", 0), 0)
    .option("--json", "print one JSON document")
    .action(collect);
}

async function collect(name: string | undefined, options: CollectOptions): Promise<void> {
  if (name !== undefined && !knownFamilies().includes(name)) throw unknownFamily(name);
  if (options.list) return printNames(name, options.json ?? false);
  if (name === undefined) throw unknownFamily("empty");
  if (name === META_WORLD_FAMILY) return await collectMetaWorldTasks(options);
  if (options.tasks !== undefined) {
    throw new UsageError(
      `--tasks is for ${META_WORLD_FAMILY}: what the files of ${name} differ in are goals`,
    );
  }
  const info = familyInfo(name)!;
  const goals = parseGoals(options.goal, options.goals, info);
  const policy = options.policy ? readPolicy(await readFile(options.policy)) : await shipped(info);
  if (!options.policy) noteUnusual(goals, info);
  const mix = options.mix ? parseMix(options.mix) : undefined;
  const written = await collectFiles({
    family: name,
    goals,
    policy,
    episodes: options.episodes,
    seed: options.seed,
    folder: options.out,
    ...(mix ? { mix } : {}),
  });
  if (options.json) printJson({ files: written });
}

function unknownFamily(name: string): UsageError {
  const known = knownFamilies();
  return new UsageError(
    `The family must be one of ${known.join(", ")}: current value is ${name}${
      didYouMean(name, known).replace(":", ";")
    }`,
  );
}

async function collectMetaWorldTasks(options: CollectOptions): Promise<void> {
  const { goal, goals, policy, mix, tasks, episodes, seed, out: folder, json } = options;
  const other = Object.entries({ "--goal": goal[0], "--goals": goals, "--policy": policy, "--mix": mix })
    .find(([, value]) => value !== undefined);
  if (other) {
    throw new UsageError(
      `${
        other[0]
      } is for the other families: ${META_WORLD_FAMILY} has tasks (--tasks), its experts, and a fixed mix`,
    );
  }
  const wanted = { tasks: parseMetaWorldTasks(tasks), episodes, seed, folder };
  const files = await collectMetaWorldFiles(wanted);
  console.error(`learnt, and run in their simulator, with: ${metaWorldRun(files)}`);
  if (json) printJson({ files });
}

/** What {@link collectFiles} makes. */
export interface CollectFiles {
  family: string;
  goals: readonly (readonly number[])[];
  policy: PolicyFile | ScriptedPolicy;
  episodes: number;
  seed: number;
  folder: string;
  mix?: PolicyMix;
}

/** Writes `task1.hdf5`, `task2.hdf5` ... into a folder, each whole or not at all. @returns their paths */
export async function collectFiles(
  { family, goals, policy, episodes, seed, folder, mix }: CollectFiles,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  for (const [index, goal] of goals.entries()) {
    const path = join(folder, `task${index + 1}.hdf5`);
    const collected = await collectDataset({
      family,
      goal,
      policy,
      episodes,
      seed: seed * 1000 + index,
      onProgress: progressLines(path),
      ...(mix ? { mix } : {}),
    });
    const { mix: used, ...rest } = collected.metadata;
    const bytes = await writeHdf5(toDataset(collected), { mix: JSON.stringify(used), seed });
    await writeFile(`${path}.tmp`, bytes);
    await rename(`${path}.tmp`, path);
    written.push(path);
    console.error(
      `${path}: ${collected.size} transitions, goal [${rest.goal.map((value) => value.toFixed(3))}], random ${
        rest.return_random.toFixed(1)
      }, good ${rest.return_final_policy?.toFixed(1) ?? "not in the mix"}`,
    );
  }
  return written;
}

function toDataset({ metadata, ...arrays }: CollectedDataset): Dataset {
  const { env, family, goal, horizon, return_random: returnRandom, return_final_policy: good } = metadata;
  return {
    ...arrays,
    metadata: {
      env,
      family,
      // As the files have it since the first version: a goal of more digits would be another task.
      goal: goal.map(Math.fround),
      horizon,
      returnRandom,
      ...(good === null ? {} : { returnFinalPolicy: good }),
    },
  };
}

async function shipped(info: EnvironmentInfo): Promise<PolicyFile | ScriptedPolicy> {
  if (info.policyShipped) return await familyPolicy(info);
  const others = listFamilies().filter((info) => info.policyShipped).map((info) => info.family);
  throw new UsageError(
    `No trained policy is shipped for ${info.family}; give one of ${info.model} with --policy FILE, or collect one of ${
      others.join(", ")
    }`,
  );
}

function parseMix(text: string): PolicyMix {
  const mix = { random: 0, early: 0, medium: 0, final: 0 };
  for (const part of text.split(",")) {
    const [name = "", share] = part.split("=");
    if (!isMixName(name) || !(Number(share) >= 0)) {
      throw new UsageError(`--mix must give shares of ${MIX_NAMES.join(", ")}: current value is ${text}`);
    }
    mix[name] = Number(share);
  }
  return mix;
}

function isMixName(name: string): name is typeof MIX_NAMES[number] {
  return (MIX_NAMES as readonly string[]).includes(name);
}
