/**
 * `cugro evaluate`: runs a version in the simulator again, with as many episodes as wanted.
 * @module
 */
import { createRng, scoreInterval } from "@cugro/algorithm";
import { openVectorEnvironment, rollout } from "@cugro/environments";
import type { TaskFact } from "@cugro/protocol";
import { describeInterval } from "@cugro/report";
import { openPolicy, type ServedPolicy } from "@cugro/serving";
import { openCompute } from "@cugro/tensors";
import type { Command } from "commander";
import { openForReading } from "../embedded/session.ts";
import { onlyOnStore, STORE_FLAG } from "../learners/connect.ts";
import { printJson, printTable, score, UsageError, wholeNumber } from "./output.ts";

interface EvaluateOptions {
  learner: string;
  store: string;
  version?: number;
  task?: number;
  episodes: number;
  seed: number;
  json?: boolean;
}

const BATCH = 20;

/** Adds the command. */
export function registerEvaluate(program: Command): void {
  const command = program.command("evaluate")
    .description("run a version on its tasks in the simulator")
    .requiredOption("--learner <name>", "whose version runs")
    .option("--version <v>", "another version than the serving one", wholeNumber("--version", 1))
    .option("--task <k>", "this task only", wholeNumber("--task", 1))
    .option("--episodes <n>", "episodes a task", wholeNumber("--episodes", 1), 20)
    .option("--seed <n>", "seed of start states and candidates", wholeNumber("--seed", 0), 0)
    .option(...STORE_FLAG)
    .option("--json", "print one JSON document")
    .action(evaluate);
  onlyOnStore(command, "give its store with --store, or bring the learner here with cugro pull");
}

async function evaluate(options: EvaluateOptions): Promise<void> {
  const store = await openForReading(options.store);
  const { compile } = await openCompute();
  const served = await openPolicy(store, options.learner, compile, options.version);
  const rows = [];
  try {
    for (const task of chooseTasks(served, options.task)) {
      const returns = await runTask(served, task, options);
      if (!returns) {
        console.error(`task ${task.task}: no simulator`);
        continue;
      }
      const interval = scoreInterval(returns, task.anchors, options.seed);
      console.error(`task ${task.task}: ${score(interval.mean)} (${interval.episodes} episodes)`);
      rows.push({ task: task.task, name: task.name, returns, ...interval });
    }
  } finally {
    served.policy.dispose();
  }
  if (options.json) return printJson({ learner: options.learner, version: served.version, tasks: rows });
  printTable(
    ["task", "name", "mean return", "score", "90 % interval over n episodes"],
    rows.map(({ task, name, returns, mean, ...interval }) => [
      task,
      name,
      (returns.reduce((sum, value) => sum + value, 0) / returns.length).toFixed(2),
      score(mean),
      describeInterval(interval),
    ]),
  );
}

function chooseTasks({ tasks, version }: ServedPolicy, wanted: number | undefined): TaskFact[] {
  const chosen = tasks.filter(({ task }) => wanted === undefined || wanted === task);
  if (chosen.length > 0) return chosen;
  const known = tasks.map(({ task }) => task).join(", ");
  throw new UsageError(
    `--task must be a task that version ${version} knows (${known}): current value is ${wanted}`,
  );
}

async function runTask(
  { policy }: ServedPolicy,
  { task, environment }: TaskFact,
  { episodes, seed }: EvaluateOptions,
): Promise<number[] | undefined> {
  if (!environment) return undefined;
  const starts = createRng(seed, `evaluate/${task}/starts`);
  const acting = createRng(seed, `evaluate/${task}/acting`);
  const simulator = await openVectorEnvironment(environment, Math.min(BATCH, episodes));
  try {
    const seeds = Array.from({ length: episodes }, () => starts.integer(2 ** 31));
    const { returns } = await rollout(
      simulator,
      seeds,
      (states) => policy.act(task, states, acting.integer(2 ** 31)),
    );
    return returns;
  } finally {
    simulator.close();
  }
}
