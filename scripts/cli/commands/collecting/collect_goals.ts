/**
 * The goals of `cugro collect`, and their syntax on a command line.
 * @module
 */
import { type EnvironmentInfo, goalFault, listFamilies } from "@cugro/environments";
import { UsageError } from "../print_output.ts";

/** What follows the options in the command's help: every family with the meaning of its goals, and examples. @param others what is made in another way */
export function describeFamilies(others: string): string {
  return `Families and their goals:\n${listFamilies().map(describeFamily).join("\n")}
${others}

Examples:
  cugro collect cheetah-vel --out cheetah                    five speeds, 200 episodes each
  cugro collect hopper-vel --goals 1.4,0.6,1.8,1.0 --episodes 300 --out hopper
  cugro collect swimmer-dir --goals '1,0;-1,0' --out swimmer two directions
  cugro collect walker-params --goals 1,2,3 --out walker     three of the five sets of dynamics
  cugro collect metaworld --tasks push,window-close --out mw two tasks of Meta-World
  cugro collect ant-dir --policy ant.safetensors --out ant   with a policy of your own
Then: cugro run cheetah/task1.hdf5 cheetah/task2.hdf5 --learner mine`;
}

/** One family with the meaning of its goals. */
export function describeFamily({ family, goalMeaning, goals, policyShipped }: EnvironmentInfo): string {
  const usual = goals.map((goal) => goal.map((value) => Number(value.toFixed(3))).join(",")).join(" ");
  const policy = policyShipped ? "policy included" : "no policy included: give one with --policy";
  return `  ${family}: ${policy}\n    goal: ${goalMeaning}\n    the five: ${usual}`;
}

/** The goals that were typed, or the family's own. @throws {UsageError} naming the one that the family lacks */
export function parseGoals(
  single: readonly string[],
  list: string | undefined,
  info: EnvironmentInfo,
): readonly (readonly number[])[] {
  if (list !== undefined && single.length > 0) {
    throw new UsageError("--goals lists all goals: leave --goal out, or give every goal with --goal");
  }
  if (list !== undefined) return splitGoals(list, info).map((text) => parseGoal("--goals", text, info));
  if (single.length > 0) return single.map((text) => parseGoal("--goal", text, info));
  return info.goals;
}

/** Semicolons separate goals; between goals of one number commas do, too. */
function splitGoals(list: string, { goalDim }: EnvironmentInfo): string[] {
  return list.split(goalDim === 1 ? /[,;]/ : ";");
}

function parseGoal(flag: string, text: string, info: EnvironmentInfo): number[] {
  const goal = text.split(",").map((number) => number.trim() === "" ? NaN : Number(number));
  const fault = goalFault(info, goal);
  if (!fault) return goal;
  const example = info.goals[0]!.map((value) => Number(value.toFixed(3))).join(",");
  const how = info.goalDim === 1 ? "" : `; in --goals semicolons separate goals: '1,0;-1,0'`;
  throw new UsageError(
    `${flag}: a goal of ${info.family} ${fault}, e.g. ${example}${how}: current value is ${text || "empty"}`,
  );
}

/** Prints to stderr which goals lie outside the range that the shipped policy was trained for; its episodes may earn little there. */
export function noteUnusual(goals: readonly (readonly number[])[], info: EnvironmentInfo): void {
  const isUnusual = (goal: readonly number[]) =>
    info.goalDim === 1
      ? goal[0]! < Math.min(...info.goals.flat()) || goal[0]! > Math.max(...info.goals.flat())
      : Math.abs(Math.hypot(...goal) - 1) > 0.01;
  const unusual = goals.filter(isUnusual).map((goal) => goal.join(","));
  if (unusual.length === 0) return;
  console.error(
    `note: the shipped policy was not trained for ${info.family} ${
      unusual.join(" and ")
    } (${info.goalMeaning}); ` +
      "check the return of its own episodes below, which will score 100",
  );
}
