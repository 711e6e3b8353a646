/**
 * `cugro collect`: makes real datasets by rolling out trained policies in the simulator.
 * @module
 */
import { readFile } from "node:fs/promises";
import {
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
import { collectFiles } from "./collect_files.ts";
import { noteUnusual, parseGoals } from "./collect_goals.ts";
import { knownFamilies, printNames, withCollectionHelp } from "./collect_help.ts";
import {
  collectMetaWorldFiles,
  META_WORLD_FAMILY,
  metaWorldRun,
  parseMetaWorldTasks,
} from "./collect_meta_world_command.ts";
import { printJson, UsageError, wholeNumber } from "../print_output.ts";
import { repeatable } from "../knob_options.ts";

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
  rewardScale?: number;
  goodEpisodes?: number;
}

const MIX_NAMES = ["random", "early", "medium", "final"] as const;

/** Adds the command. */
export function registerCollect(program: Command): void {
  withCollectionHelp(program.command("collect"))
    .argument("[family]", `one of ${knownFamilies().join(", ")}; with --help after it, its own help`)
    .option("--out <folder>", "folder for the files", "datasets")
    .option("--episodes <n>", "episodes per file", wholeNumber("--episodes", 1), 200)
    .option(
      "--goals <list>",
      "all goals, in the order of the files: 0.5,1.2 or, with two numbers each, '1,0;-1,0' (default: the family's five)",
    )
    .addOption(repeatable("--goal <numbers>", "one goal, e.g. 0.45 or 0.36,0.93; may be repeated"))
    .option(
      "--policy <file>",
      "trained policy (safetensors with snapshots early, medium, final) instead of the shipped one",
    )
    .option("--mix <shares>", "who acts, e.g. random=0.2,early=0.15,medium=0.15,final=0.5")
    .option(
      "--reward-scale <factor>",
      "multiply the rewards in the files; the returns that score 0 and 100 are not scaled",
      positive,
    )
    .option(
      "--good-episodes <n>",
      "measure the return that scores 100 over this many extra episodes of the final policy",
      wholeNumber("--good-episodes", 1),
    )
    .option(
      "--tasks <list>",
      "tasks of metaworld, in the order of the files: cl5, cw10, or names with commas",
    )
    .option("--list", "collect nothing, only list families, a family's goals, or tasks")
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
      `--tasks is for ${META_WORLD_FAMILY}: files of ${name} differ in their goals`,
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
    ...(options.rewardScale === undefined ? {} : { rewardScale: options.rewardScale }),
    ...(options.goodEpisodes === undefined ? {} : { goodEpisodes: options.goodEpisodes }),
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
  const { rewardScale, goodEpisodes } = options;
  const other = Object.entries({
    ...{ "--goal": goal[0], "--goals": goals, "--policy": policy, "--mix": mix },
    ...{ "--reward-scale": rewardScale, "--good-episodes": goodEpisodes },
  }).find(([, value]) => value !== undefined);
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

function positive(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new UsageError(`--reward-scale must be a number above 0: current value is ${text}`);
}

async function shipped(info: EnvironmentInfo): Promise<PolicyFile | ScriptedPolicy> {
  if (info.policyShipped) return await familyPolicy(info);
  const others = listFamilies().filter((info) => info.policyShipped).map((info) => info.family);
  throw new UsageError(
    `No trained policy is included for ${info.family}; give one for ${info.model} with --policy FILE, or collect one of ${
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
