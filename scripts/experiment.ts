/**
 * `deno task experiment NAME`: long experiments; their results are committed beside what they document.
 * @module
 */
import { Command } from "commander";
import { wholeNumber } from "./commands/output.ts";
import { repeatable } from "./commands/settings.ts";
import { soak } from "./experiments/soak.ts";
import { streams } from "./experiments/streams.ts";

const program = new Command("experiment").description("long experiments; results are JSON and a picture");

program.command("streams")
  .description(
    "learn streams of datasets with every replay source and seed; AP, backward transfer, oracle gap",
  )
  .argument("<folders...>", "one folder a stream, holding task1.hdf5, task2.hdf5 ...")
  .addOption(repeatable("--run <replay:seed>", "a run of every stream; may be repeated"))
  .addOption(repeatable("--set <knob=value>", "change a knob; may be repeated"))
  .option("--parallel <n>", "runs at a time", wholeNumber("--parallel", 1), 2)
  .option("--workers <n>", "worker processes of each run", wholeNumber("--workers", 1), 1)
  .option(
    "--work <folder>",
    "where the runs' stores go; finished ones are not run again",
    "cugro-experiments",
  )
  .option("--out <folder>", "where the results go", "shared/algorithm/results")
  .option("--name <name>", "name of the result files", "streams")
  .action(streams);

program.command("soak")
  .description("a long smoke stream: memory, and what task 20 costs beside task 5")
  .option("--tasks <n>", "tasks in a row", wholeNumber("--tasks", 6), 20)
  .option(
    "--steps <n>",
    "training steps of one long training, for memory",
    wholeNumber("--steps", 100),
    20_000,
  )
  .option("--work <folder>", "where the store goes", "cugro-experiments")
  .option("--out <folder>", "where the results go", "shared/platform/results")
  .action(soak);

await program.parseAsync();
