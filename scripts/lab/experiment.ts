/**
 * `deno task experiment NAME`: long experiments; their results are committed beside what they document.
 * @module
 */
import { Command, Option } from "commander";
import { UsageError, wholeNumber } from "../cli/commands/print_output.ts";
import { explain } from "../cli/explain.ts";
import { parsePreset, repeatable } from "../cli/commands/knob_options.ts";
import { act } from "./experiments/act_latency.ts";
import { arrivals } from "./experiments/arrival_latency.ts";
import { calibration } from "./calibration/calibration.ts";
import { compiled } from "./experiments/compiled.ts";
import { drops } from "./experiments/drop_latency.ts";
import { jobs } from "./experiments/job_throughput.ts";
import { KNOWN_STREAMS } from "./streams/known_streams.ts";
import { questions } from "./questions/questions.ts";
import { scaling } from "./experiments/scaling.ts";
import { soak } from "./experiments/many_small_tasks.ts";
import { unusual } from "./experiments/unusual_shares.ts";
import { DEFAULT_RUNS, streams } from "./grid/typed_grid.ts";
import { METHODS } from "./grid/methods.ts";
import { runGridFile } from "./grid/run_grid.ts";
import { addLearnerExperiments } from "./learner_experiments.ts";

const program = new Command("experiment").description("long experiments; results are JSON and a picture");

withRunning(
  program.command("grid")
    .description("every run that a file declares; the same as `experiment FILE.json`")
    .argument("<file>", "the grid: JSON, see scripts/lab/grid/README.md")
    .option("--only <text>", "only runs whose name holds it"),
).action(runGridFile);

withRunning(
  program.command("streams")
    .description(
      "from nothing to the table: learn streams of datasets with several methods and seeds; a grid that needs no file",
    )
    .argument(
      "<streams...>",
      `streams whose data is made in the work folder (${
        Object.keys(KNOWN_STREAMS).join(", ")
      }), or folders that hold task1.hdf5, task2.hdf5 ...`,
    )
    .option("--preset <name>", "preset of the learners", parsePreset, "default" as const)
    .addOption(
      repeatable(
        "--run <method:seed>",
        `a run of every stream (${Object.keys(METHODS).join(", ")}); may be repeated`,
      )
        .default([], DEFAULT_RUNS.join(" ")),
    )
    .addOption(repeatable("--set <knob=value>", "change a knob; may be repeated"))
    .option("--name <name>", "name of the result files", "streams"),
).action(streams);

program.command("questions")
  .description(
    "one figure and one sentence for each question about the method, from the records of finished runs",
  )
  .argument("<runs...>", "work folders of grids, or their result files")
  .option("--only <list>", "questions, e.g. a,d")
  .option("--out <folder>", "where the results go", "cugro-experiments/results")
  .action(questions);

addLearnerExperiments(program);

program.command("act")
  .description("how long a request to act takes over HTTP, by the way of acting and the number of clients")
  .option("--acting <list>", "ways of acting, separated by commas", "actor,proposer,sampler")
  .option("--clients <list>", "numbers of clients, separated by commas", "1,16,64")
  .option("--seconds <n>", "for each of them", wholeNumber("--seconds", 1), 20)
  .option("--out <file>", "where the result goes", "act.json")
  .action(act);

program.command("unusual")
  .description("which share of rows is flagged as unlike a task: its own, those of other tasks, noise")
  .argument("<folders...>", "streams: folders that hold task1.hdf5, task2.hdf5 ...")
  .option("--out <file>", "where the result goes", "unusual.json")
  .action(unusual);

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
  .option("--out <folder>", "where the results go", "shared/worker/results")
  .action(soak);

program.command("jobs")
  .description("jobs a second through coordinator, NATS, workers and store, when their work is nothing")
  .option("--learners <n>", "learners at once", wholeNumber("--learners", 1), 10)
  .option("--files <n>", "tasks of each", wholeNumber("--files", 1), 2)
  .option("--shards <n>", "shards of each old task (two jobs each)", wholeNumber("--shards", 1), 1_000)
  .option("--workers <n>", "workers in all", wholeNumber("--workers", 1), 64)
  .option("--processes <n>", "processes they are spread over", wholeNumber("--processes", 1), 4)
  .option("--coordinators <n>", "coordinators at once", wholeNumber("--coordinators", 1), 1)
  .addOption(
    new Option("--store <kind>", "what holds the facts").choices(["folder", "bucket"]).default("folder"),
  )
  .option("--folder <folder>", "where the servers keep their data (a temporary folder if left out)")
  .option("--out <folder>", "where the result goes", "services/coordinator/results")
  .action(jobs);

program.command("arrivals")
  .description(
    "files dropped into a cluster's bucket, one by one and all at once, beside `cugro run` on them",
  )
  .argument("<folder>", "the stream: task1.hdf5, task2.hdf5 ...")
  .option("--preset <name>", "preset of the learners", parsePreset, "smoke" as const)
  .option("--out <folder>", "where the result goes", "services/coordinator/results")
  .action(arrivals);

program.command("calibration")
  .description(
    "what estimates are worth: those of finished runs beside what their simulators said; reads stores, writes none of them",
  )
  .argument("<folders...>", "work folders that `streams` has left, or stores of learners")
  .option(
    "--work <folder>",
    "where estimates are kept; finished ones are not made again",
    "cugro-calibration",
  )
  .option("--out <folder>", "where the results go", "shared/algorithm/results")
  .option("--known", "only compare what has been estimated before")
  .action(calibration);

program.command("compiled")
  .description("the same run with compiled steps and with eager ones, in turns")
  .argument("<folder>", "the stream: task1.hdf5, task2.hdf5 ...")
  .option("--tasks <n>", "its first tasks only", wholeNumber("--tasks", 1), 100)
  .option("--rounds <n>", "runs of each", wholeNumber("--rounds", 1), 2)
  .option("--workers <n>", "worker processes of each run", wholeNumber("--workers", 1), 2)
  .option("--out <folder>", "where the result goes", "shared/tensors/results")
  .action(compiled);

program.command("drops")
  .description("from the answer to a PUT into incoming/ to the start of the file's first job")
  .option("--drops <n>", "files", wholeNumber("--drops", 1), 100)
  .option("--learners <n>", "learners they are for, in turn", wholeNumber("--learners", 1), 10)
  .option("--workers <n>", "idle workers", wholeNumber("--workers", 1), 2)
  .option("--out <folder>", "where the result goes", "services/coordinator/results")
  .action(drops);

program.command("scaling")
  .description("states sampled and actions labelled by one process and by two")
  .option("--shards <n>", "jobs of each kind", wholeNumber("--shards", 2), 40)
  .option("--rows <n>", "rows of each", wholeNumber("--rows", 1), 4_000)
  .option("--out <folder>", "where the result goes", "services/coordinator/results")
  .action(scaling);

/** Where runs are learnt, and where results go. */
function withRunning(command: Command): Command {
  return command
    .option("--parallel <n>", "runs at a time", wholeNumber("--parallel", 1), 2)
    .option("--workers <n>", "worker processes", wholeNumber("--workers", 1), navigator.hardwareConcurrency)
    .option(
      "--work <folder>",
      "where data, the runs' store and their records go; finished runs are not run again",
      "cugro-experiments",
    )
    .option("--url <address>", "a gateway whose cluster learns, instead of workers of this command")
    .option("--token <token>", "the gateway's bearer token (default: CUGRO_TOKEN)")
    .option("--out <folder>", "where the results go (default: the work folder's own folder results)")
    .option("--replace", "write over results that are there")
    .option("--dry-run", "list the runs, and which of them are finished");
}

const [first = "", ...rest] = Deno.args;

try {
  await program.parseAsync(first.endsWith(".json") ? ["grid", first, ...rest] : Deno.args, { from: "user" });
} catch (error) {
  // What the system says of a file is a sentence, too.
  if (!(error instanceof UsageError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
  console.error(`experiment: ${explain(error)}`);
  Deno.exit(1);
}
