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
  listFamilies,
  type PolicyFile,
  type PolicyMix,
  readPolicy,
  shippedPolicy,
} from "@cugro/environments";
import type { Command } from "commander";
import { printJson, UsageError, wholeNumber } from "./output.ts";
import { repeatable } from "./settings.ts";

interface CollectOptions {
  out: string;
  episodes: number;
  seed: number;
  goal: string[];
  policy?: string;
  mix?: string;
  json?: boolean;
}

const MIX_NAMES = ["random", "early", "medium", "final"] as const;

/** Adds the command. */
export function registerCollect(program: Command): void {
  const families = listFamilies().map(({ family }) => family).join(", ");
  program.command("collect")
    .description("make real datasets with the simulator: one file a goal")
    .argument("<family>", `one of ${families}`)
    .option("--out <folder>", "where the files go", "datasets")
    .option("--episodes <n>", "episodes a file", wholeNumber("--episodes", 1), 200)
    .addOption(
      repeatable("--goal <numbers>", "a goal, e.g. 0.45 or 0.36,0.93; may be repeated")
        .default([], "the family's five"),
    )
    .option(
      "--policy <file>",
      "trained policy (safetensors with snapshots early, medium, final); half_cheetah and swimmer are shipped",
    )
    .option("--mix <shares>", "who acts, e.g. random=0.2,early=0.15,medium=0.15,final=0.5")
    .option("--seed <n>", "seed", wholeNumber("--seed", 0), 0)
    .option("--json", "print one JSON document")
    .action(collect);
}

async function collect(family: string, options: CollectOptions): Promise<void> {
  const info = familyInfo(family);
  if (!info) {
    throw new UsageError(
      `The family must be one of ${
        listFamilies().map((known) => known.family).join(", ")
      }: current value is ${family}`,
    );
  }
  const goals = options.goal.length > 0 ? options.goal.map((text) => parseGoal(text, info)) : info.goals;
  const policy = options.policy ? readPolicy(await readFile(options.policy)) : await shipped(info);
  const mix = options.mix ? parseMix(options.mix) : undefined;
  const written = await collectFiles({
    family,
    goals,
    policy,
    episodes: options.episodes,
    seed: options.seed,
    folder: options.out,
    ...(mix ? { mix } : {}),
  });
  if (options.json) printJson({ files: written });
}

/** What {@link collectFiles} makes. */
export interface CollectFiles {
  family: string;
  goals: readonly (readonly number[])[];
  policy: PolicyFile;
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
      goal,
      horizon,
      returnRandom,
      ...(good === null ? {} : { returnFinalPolicy: good }),
    },
  };
}

async function shipped(info: EnvironmentInfo): Promise<PolicyFile> {
  try {
    return await shippedPolicy(info.model);
  } catch (cause) {
    throw new UsageError(`No trained policy is shipped for ${info.model}; give one with --policy FILE`, {
      cause,
    });
  }
}

function parseGoal(text: string, info: EnvironmentInfo): number[] {
  const goal = text.split(",").map(Number);
  if (goal.length === info.goalDim && goal.every(Number.isFinite)) return goal;
  throw new UsageError(
    `--goal must be ${info.goalDim} number${
      info.goalDim === 1 ? "" : "s, separated by a comma"
    }: current value is ${text}`,
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
