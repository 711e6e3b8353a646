/**
 * `cugro evaluate`: runs a version in the simulator again, with any number of episodes.
 * @module
 */
import { createRng, scoreInterval, successInterval, type WayOfActing } from "@cugro/algorithm/arrays";
import { openVectorEnvironment, rollout } from "@cugro/environments";
import { noInterpreter, runEpisodes, startPython } from "@cugro/environments/gymnasium";
import {
  describeScale,
  estimateNote,
  type LabelledTask,
  type LearnerFacts,
  loadFacts,
  standingAnchors,
} from "@cugro/learners";
import type { GymnasiumSpec } from "@cugro/protocol";
import { describeEstimate, describeInterval } from "@cugro/report/words";
import { openPolicy, type ServedPolicy } from "@cugro/serving";
import type { Command } from "commander";
import { actingOption } from "./acting_option.ts";
import { gymnasiumConfig } from "../embedded/choose_python.ts";
import { openForReading } from "../learners/stores_of_flags.ts";
import { onlyOnStore, STORE_FLAG } from "../learners/learners_of_flags.ts";
import { type PythonFlags, usePython, withPythonOptions } from "./python_options.ts";
import { printJson, score, UsageError, wholeNumber } from "./print_output.ts";
import { printTable } from "../terminal_table.ts";

interface EvaluateOptions extends PythonFlags {
  learner: string;
  store: string;
  version?: number;
  task?: number;
  episodes: number;
  seed: number;
  acting?: WayOfActing;
  json?: boolean;
}

const BATCH = 20;

/** Adds the command. */
export function registerEvaluate(program: Command): void {
  const command = withPythonOptions(program.command("evaluate"))
    .requiredOption("--learner <name>", "learner whose version is run")
    .option("--version <v>", "a version other than the serving one", wholeNumber("--version", 1))
    .option("--task <k>", "this task only", wholeNumber("--task", 1))
    .option("--episodes <n>", "episodes per task", wholeNumber("--episodes", 1), 20)
    .addOption(actingOption())
    .option("--seed <n>", "seed of start states and candidates", wholeNumber("--seed", 0), 0)
    .option(...STORE_FLAG)
    .option("--json", "print one JSON document")
    .action(evaluate);
  onlyOnStore(command, "name its store with --store, or copy the learner here with cugro pull");
}

async function evaluate(options: EvaluateOptions): Promise<void> {
  usePython(options);
  const store = await openForReading(options.store);
  const compile = async () => (await (await import("@cugro/tensors")).openCompute()).compile;
  const { version, acting } = options;
  const served = await openPolicy(store, options.learner, { version, acting, compile });
  const rows = [];
  try {
    const facts = await loadFacts(store, options.learner);
    for (const task of chooseTasks(served, options.task)) {
      const run = await runTask(served, task, options);
      if (!run) {
        printEstimate(facts, served.version, task.task);
        continue;
      }
      const { success } = run;
      const interval = success
        ? successInterval(success)
        : scoreInterval(run.returns, standingAnchors(facts, task) ?? task.anchors, options.seed);
      console.error(`task ${task.task}: ${score(interval.mean)} (${interval.episodes} episodes)`);
      rows.push({ task: task.task, name: task.name, ...run, ...interval });
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
    `no task of version ${served.version} was run, as no simulator knows any of them`,
  );
}

/** The estimate of a task that cannot be run. */
function printEstimate({ versions, tasks, configs }: LearnerFacts, version: number, task: number): void {
  const row = versions.find((one) => one.version === version)?.row;
  const estimate = row?.find((cell) => cell.task === task)?.estimate;
  const learner = { config: configs.at(-1)!, tasks: tasks.filter((one) => one.task === task) };
  const note = estimateNote([[estimate ?? null]], learner);
  const known = note === null
    ? ""
    : `; estimated when it was decided: ${describeEstimate(estimate)} (${
      describeScale(learner.tasks)
    }). ${note}`;
  console.error(`task ${task}: no simulator${known}`);
}

function chooseTasks({ tasks, version }: ServedPolicy, wanted: number | undefined): LabelledTask[] {
  const chosen = tasks.filter(({ task }) => wanted === undefined || wanted === task);
  if (chosen.length > 0) return chosen;
  const known = tasks.map(({ task }) => task).join(", ");
  throw new UsageError(
    `--task must be a task that version ${version} knows (${known}): current value is ${wanted}`,
  );
}

/** Results of episodes. `success`: 0 or 1 for each, where the environment reports it; scores are of success then. */
interface EvaluatedTask {
  returns: number[];
  success?: number[];
}

async function runTask(
  { policy }: ServedPolicy,
  fact: LabelledTask,
  { episodes, seed, acting: way }: EvaluateOptions,
): Promise<EvaluatedTask | undefined> {
  const { task, environment, labelled } = fact;
  if (!environment) return undefined;
  const starts = createRng(seed, `evaluate/${task}/starts`);
  const acting = createRng(seed, `evaluate/${task}/acting`);
  const seeds = Array.from({ length: episodes }, () => starts.integer(2 ** 31));
  const act = (states: Float32Array) => policy.act(task, states, acting.integer(2 ** 31), way);
  if ("gymnasium" in environment) return await runInPython(fact, environment, seeds, act);
  const simulator = await openVectorEnvironment(
    environment,
    Math.min(BATCH, episodes),
    labelled?.episodeSteps,
  );
  try {
    const { returns, successes } = await rollout(simulator, seeds, act);
    return { returns, ...successes ? { success: successes.map(Number) } : {} };
  } finally {
    simulator.close();
  }
}

async function runInPython(
  { horizon, stateDim, actionDim }: LabelledTask,
  spec: GymnasiumSpec,
  seeds: number[],
  act: (states: Float32Array) => Promise<Float32Array>,
): Promise<EvaluatedTask> {
  const { python, network, ...rules } = gymnasiumConfig();
  if (python === undefined) throw noInterpreter(spec.gymnasium);
  const running = startPython({ python, network });
  try {
    const { returns, successes, lost } = await runEpisodes(running, {
      ...{ ...rules, spec, horizon, seeds, expected: { stateDim, actionDim } },
      startActing: () => act,
      onLost: (error) => console.error(error.message),
    });
    if (lost > 0) {
      console.error(`${lost} episodes are not counted: the process of the environment died in them`);
    }
    return { returns, ...successes ? { success: successes.map(Number) } : {} };
  } finally {
    await running.stop();
  }
}
