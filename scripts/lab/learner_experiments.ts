/**
 * Experiments with the versions of finished learners, whose store they only read.
 * @module
 */
import type { Command } from "commander";
import { wholeNumber } from "../cli/commands/print_output.ts";
import { repeatable } from "../cli/commands/knob_options.ts";
import { distillation } from "./distillation/distillation.ts";
import { ways } from "./distillation/ways.ts";
import { selections } from "./experiments/selections.ts";
import { swap } from "./swap/swap.ts";
import { synthetic } from "./swap/synthetic.ts";

/** Adds them to the program. */
export function addLearnerExperiments(program: Command): void {
  addSelections(program);
  addWaysOfActing(program);
  addNetworks(program);
}

function addSelections(program: Command): void {
  program.command("selections")
    .description(
      "one finished learner, acting by every rule of the knob `selection`: the same starts, nothing is trained",
    )
    .argument("<store>", "its store")
    .requiredOption("--learner <name>", "learner whose serving version acts")
    .option("--episodes <n>", "episodes a task", wholeNumber("--episodes", 5), 60)
    .option("--out <folder>", "where the results go", "cugro-experiments/results")
    .option("--name <name>", "name of the result files", "selections")
    .action(selections);
}

function addWaysOfActing(program: Command): void {
  program.command("distillation")
    .description(
      "proposer and actor for the versions of a finished learner, scored beside the sampler from common starts; reads the store alone",
    )
    .argument("<store>", "its store, which still has the datasets")
    .requiredOption("--learner <name>", "learner that has the versions")
    .addOption(repeatable("--set <knob=value>", "learn with another value; may be repeated").default([]))
    .option("--versions <n>", "its first versions only", wholeNumber("--versions", 1), 100)
    .option("--episodes <n>", "episodes a task", wholeNumber("--episodes", 5), 60)
    .option(
      "--work <folder>",
      "where networks are kept; finished ones are not made again",
      "cugro-distillation",
    )
    .option("--out <folder>", "where the results go", "cugro-experiments/results")
    .option("--name <name>", "name of the result file", "distillation")
    .action(distillation);

  program.command("ways")
    .description(
      "finished learners by each way of acting they have, from common starts: their last versions, and what each task had when it was learnt; nothing is trained, the store is only read",
    )
    .argument("<store>", "its store")
    .addOption(
      repeatable("--learner <name>", "learner that has the versions; may be repeated").makeOptionMandatory(),
    )
    .option("--episodes <n>", "episodes a task and way", wholeNumber("--episodes", 5), 60)
    .option("--work <folder>", "where scores are kept; those there are not measured again", "cugro-ways")
    .option("--out <folder>", "where the results go", "cugro-experiments/results")
    .option("--name <name>", "name of the result file", "ways")
    .action(ways);
}

function addNetworks(program: Command): void {
  program.command("swap")
    .description(
      "which network a fall comes from, and in which rows: networks of two versions exchanged, from common starts; nothing is trained, the store is only read",
    )
    .argument("<store>", "its store")
    .requiredOption("--learner <name>", "learner that has the versions")
    .requiredOption("--versions <list>", "two of them, e.g. 4,5")
    .option("--tasks <list>", "old tasks, e.g. 1,3 (default: all that both know)")
    .option("--acting <list>", "of sampler, proposer and actor (default: those that both versions have)")
    .option("--episodes <n>", "episodes of each pair of networks", wholeNumber("--episodes", 5), 40)
    .option(
      "--states <n>",
      "states of each set in which the versions are compared",
      wholeNumber("--states", 10),
      500,
    )
    .option("--out <folder>", "where the results go", "cugro-experiments/results")
    .option("--name <name>", "name of the result file", "swap")
    .action(swap);

  program.command("synthetic")
    .description(
      "policies learnt from synthetic samples alone beside those learnt from the data: of a learner's first version",
    )
    .argument("<store>", "its store")
    .requiredOption("--learner <name>", "learner whose first version is used")
    .option("--rows <n>", "pseudo-pairs to learn from", wholeNumber("--rows", 256), 100_000)
    .option("--episodes <n>", "episodes of each pair of networks", wholeNumber("--episodes", 5), 40)
    .option("--out <folder>", "where the results go", "cugro-experiments/results")
    .option("--name <name>", "name of the result file", "synthetic")
    .action(synthetic);
}
