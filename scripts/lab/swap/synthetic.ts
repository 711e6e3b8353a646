/**
 * `deno task experiment synthetic`: what policies are worth that are learnt from synthetic samples alone. Of a version that
 * knows one task, behavior generator and critic are trained again from fresh weights on pseudo-pairs, the critic on what the
 * version's own says of them; each acts beside the other's real one, from common starts. The store is only read.
 * @module
 */
import {
  type PolicyInput,
  sampleActions,
  sampleStates,
  type Stored,
  trainBehaviorGenerator,
  trainCritic,
} from "@cugro/algorithm";
import type { LabelledTask } from "@cugro/learners";
import type { Store } from "@cugro/store";
import { codeVersion } from "@cugro/telemetry";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { score, UsageError } from "../../cli/commands/print_output.ts";
import { printTable } from "../../cli/terminal_table.ts";
import { openForReading } from "../../cli/learners/stores_of_flags.ts";
import { firstVersion, type OpenedVersion, stateGeneratorOf, valuesOf } from "./open_versions.ts";
import { dropBeside } from "./swapped_episodes.ts";
import { isSimulated, runTask } from "./task_episodes.ts";

/** Flags. `rows`: pseudo-pairs. */
export interface SyntheticOptions {
  learner: string;
  rows: number;
  episodes: number;
  out: string;
  name: string;
}

/** What a pair of networks came to; `drop`: below both real ones, in the same episodes. */
interface SyntheticRow {
  behavior: "real" | "synthetic";
  critic: "real" | "synthetic";
  score: number;
  drop: number | null;
  interval: readonly [number, number] | null;
}

/** Both networks, learnt from pseudo-pairs alone. */
type Networks = Pick<PolicyInput, "behaviorGenerator" | "critic">;

/**
 * Trains, runs the episodes, prints the table and a sentence, writes JSON.
 *
 * @param path for results
 * @param options of the command
 * @throws {UsageError}
 */
export async function synthetic(path: string, options: SyntheticOptions): Promise<void> {
  const { learner, rows: count, episodes, out, name } = options;
  const store = await openForReading(path);
  const version = await firstVersion(store, learner);
  const [task] = version.tasks as [LabelledTask];
  if (!isSimulated(task)) {
    throw new UsageError(`task ${task.task} of "${learner}" has no simulator in this process`);
  }
  const networks = await learnFromPseudo(store, version, count);
  const rows = await compareWithReal(version.input, networks, task, episodes);
  const sentence = sentenceOf(rows, count, episodes);
  printTable(
    ["behavior generator from", "critic from", "score", "drop", "90 % interval"],
    rows.map(({ behavior, critic, score: mean, drop, interval }) => [
      ...[behavior, critic, score(mean), score(drop), interval ? interval.map(score).join(" to ") : "–"],
    ]),
  );
  console.log(`\n${sentence}`);
  await mkdir(out, { recursive: true });
  const result = {
    made: { code: codeVersion },
    learner,
    task: task.name,
    pseudoPairs: count,
    episodes,
    rows,
    sentence,
  };
  await writeFile(join(out, `${name}.json`), JSON.stringify(result, null, 1) + "\n");
}

/** Samples pairs of the version's one task, and trains both networks on nothing else. */
export async function learnFromPseudo(
  store: Store,
  { fact, input, tasks }: OpenedVersion,
  count: number,
): Promise<Networks> {
  const [{ task }] = tasks as [LabelledTask];
  const { normalisers, stateDim, actionDim, hyperparameters, compile } = input;
  const sampling = { task, normaliser: normalisers.get(task)!, count, hyperparameters, compile };
  console.error(`sampling ${count} pairs of task ${task}`);
  const states = await sampleStates({
    ...sampling,
    weights: await stateGeneratorOf(store, fact),
    stateDim,
    seed: 1,
  });
  const actions = await sampleActions({
    ...sampling,
    weights: input.behaviorGenerator,
    states,
    actionDim,
    seed: 2,
  });
  const shared = {
    ...{ task, stateDim, actionDim, states, actions, size: count, normalisers, compile },
    ...{ replay: [], oldTasks: 0, seed: 3 },
  };
  console.error("training the behavior generator on them");
  const behaviorGenerator = await finish(trainBehaviorGenerator({ ...shared, hyperparameters }));
  console.error("training the critic on what the version's own says of them");
  const values = await valuesOf(input, task, states, actions);
  // Each pair as an episode of its own, whose return is the value.
  const critic = await finish(trainCritic({
    ...{ ...shared, rewards: values, nextStates: states },
    ...{ terminals: new Uint8Array(count).fill(1), timeouts: new Uint8Array(count) },
    hyperparameters: { ...hyperparameters, criticTarget: "mc", timeLimit: "cut" },
  }));
  return { behaviorGenerator, critic };
}

/** All four pairs of networks, the real ones first. */
export async function compareWithReal(
  real: PolicyInput,
  { behaviorGenerator, critic }: Networks,
  task: LabelledTask,
  episodes: number,
): Promise<SyntheticRow[]> {
  // The spread of values is less than that of returns, in which greediness is measured.
  const { inverseTemperature } = real.hyperparameters;
  const ratio = spreadOf(critic) / spreadOf(real.critic);
  const hyperparameters = { ...real.hyperparameters, inverseTemperature: inverseTemperature * ratio };
  const rows: SyntheticRow[] = [];
  let before: number[] | undefined;
  for (const behavior of ["real", "synthetic"] as const) {
    for (const valued of ["real", "synthetic"] as const) {
      console.error(`episodes: behavior generator from ${behavior} samples, critic from ${valued} ones`);
      const input = {
        ...real,
        ...(behavior === "real" ? {} : { behaviorGenerator }),
        ...(valued === "real" ? {} : { critic, hyperparameters }),
      };
      const { scores } = await runTask(input, task, "sampler", episodes, "swap");
      rows.push({ behavior, critic: valued, ...dropBeside(before, scores) });
      before ??= scores;
    }
  }
  return rows;
}

function spreadOf(critic: Stored): number {
  return critic["returns.std"]!.data[0]!;
}

async function finish(training: ReturnType<typeof trainCritic>): Promise<Stored> {
  for (;;) {
    const { done, value } = await training.next();
    if (done) return value.weights;
  }
}

function sentenceOf(rows: readonly SyntheticRow[], pairs: number, episodes: number): string {
  const of = (behavior: string, critic: string) =>
    score(rows.find((row) => row.behavior === behavior && row.critic === critic)!.score);
  return `Learnt from ${pairs} synthetic pairs alone the policy scores ${
    of("synthetic", "synthetic")
  }, from the real data ${of("real", "real")} (synthetic behavior generator alone ${
    of("synthetic", "real")
  }, synthetic critic alone ${of("real", "synthetic")}; ${episodes} episodes).`;
}
