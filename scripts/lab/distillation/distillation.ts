/**
 * What networks that act in one step are worth: proposer and actor are learnt for the versions of a finished learner, one
 * after the other as its tasks came, and score beside the sampler from common starts. The store is only read.
 * @module
 */
import { codeVersion } from "@cugro/telemetry";
import {
  mean,
  type PolicyInput,
  resolveHyperparameters,
  scoreParity,
  type Stored,
  type WayOfActing,
} from "@cugro/algorithm";
import { decodeStored, encodeStored } from "@cugro/jobs";
import { type LabelledTask, loadFacts, validVersions } from "@cugro/learners";
import { canonicalJson, sha256 } from "@cugro/protocol";
import { readPolicy, samplerInput } from "@cugro/serving";
import type { Store } from "@cugro/store";
import { openCompute } from "@cugro/tensors";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { score, UsageError } from "../../cli/commands/print_output.ts";
import { printTable } from "../../cli/terminal_table.ts";
import { parseSettings } from "../../cli/commands/knob_options.ts";
import { openForReading } from "../../cli/learners/stores_of_flags.ts";
import { runTask } from "../swap/task_episodes.ts";
import { type Distilled, distilVersion } from "./distil_version.ts";

/** Names starts and noise. */
const STUDY = "distillation";

interface DistillationOptions {
  learner: string;
  set: string[];
  versions: number;
  episodes: number;
  work: string;
  out: string;
  name: string;
}

/** One way of acting of one version in one task; seconds of one core. */
interface WayRow {
  version: number;
  task: number;
  acting: WayOfActing;
  score: number;
  /** To the sampler, with its lower 90 % bound. */
  difference: number | null;
  low: number | null;
  seconds: number;
}

/**
 * Learns, scores, prints the table, writes JSON.
 *
 * @param path of a store
 * @param options of the command
 */
export async function distillation(path: string, options: DistillationOptions): Promise<void> {
  const { learner, episodes, out, name } = options;
  const store = await openForReading(path);
  await mkdir(options.work, { recursive: true });
  const settings = parseSettings(options.set);
  const versions = validVersions(await loadFacts(store, learner)).slice(0, options.versions);
  const rows: WayRow[] = [];
  const costs: object[] = [];
  let parent: Distilled | undefined;
  for (const [place, { version }] of versions.entries()) {
    const opened = await openVersion(store, learner, version, settings);
    const { hyperparameters } = opened.input;
    const about = canonicalJson({ path: resolve(path), learner, version, hyperparameters });
    const known = join(options.work, sha256(about).slice(0, 16));
    const before = versions[place - 1];
    parent = await readDistilled(known) ?? await distil(store, { opened, version, before, parent });
    await writeDistilled(known, parent);
    costs.push({ version, ...parent.seconds });
    const last = place === versions.length - 1;
    const scored = { opened, version, networks: parent, episodes, last };
    rows.push(...await scoreVersion(scored, `${known}-${episodes}-${last ? "all" : "new"}.json`));
  }
  print(rows);
  await mkdir(out, { recursive: true });
  const result = { made: { code: codeVersion }, learner, settings, episodesEach: episodes, costs, rows };
  await writeFile(join(out, `${name}.json`), JSON.stringify(result, null, 1) + "\n");
}

/** What a version samples with, its tasks, and the knobs to learn by. */
interface OpenedVersion {
  input: PolicyInput;
  tasks: LabelledTask[];
}

async function openVersion(
  store: Store,
  learner: string,
  version: number,
  settings: Record<string, string>,
): Promise<OpenedVersion> {
  const { compile } = await openCompute();
  const parts = await readPolicy(store, learner, { version, acting: "sampler" });
  const input = samplerInput(parts.input);
  // As of a task that starts now: knobs that the learner never had take their preset's value.
  const hyperparameters = resolveHyperparameters(input.hyperparameters, { distil: "both", ...settings });
  return { input: { ...input, hyperparameters, compile }, tasks: parts.tasks };
}

async function distil(
  store: Store,
  { opened: { input, tasks }, version, before, parent }: {
    opened: OpenedVersion;
    version: number;
    before: { stateGenerator: string } | undefined;
    parent: Distilled | undefined;
  },
): Promise<Distilled> {
  console.error(`version ${version}: labels and trainings`);
  const task = tasks.find((one) => !parent?.tasks.includes(one.task));
  if (!task) throw new UsageError(`version ${version} knows no task that the one before does not`);
  return await distilVersion(store, { input, task, parent, stateGenerator: before?.stateGenerator });
}

/**
 * All tasks of the last version, and of each the new one.
 *
 * @param file holds them, where it was done before
 */
async function scoreVersion(
  { opened: { input, tasks }, version, networks, episodes, last }: {
    opened: OpenedVersion;
    version: number;
    networks: Distilled;
    episodes: number;
    last: boolean;
  },
  file: string,
): Promise<WayRow[]> {
  const found = await readFile(file, "utf8").catch(() => undefined);
  if (found !== undefined) return JSON.parse(found);
  const { proposer, actor } = networks;
  const newest = networks.tasks.at(-1);
  const rows: WayRow[] = [];
  for (const task of tasks.filter((one) => last || one.task === newest)) {
    console.error(`version ${version}: episodes of task ${task.task}`);
    const sampled = await runTask(input, task, "sampler", episodes, STUDY);
    for (const acting of ["sampler", "proposer", "actor"] as const) {
      const policy = { ...input, proposer, actor };
      const run = acting === "sampler" ? sampled : await runTask(policy, task, acting, episodes, STUDY);
      const { difference = null, low = null } = acting === "sampler"
        ? {}
        : scoreParity(run.scores, sampled.scores);
      const about = { version, task: task.task, acting, seconds: run.seconds };
      rows.push({ ...about, score: mean(run.scores), difference, low });
    }
  }
  await writeFile(file, JSON.stringify(rows));
  return rows;
}

/** Networks of an earlier run with the same settings. */
async function readDistilled(known: string): Promise<Distilled | undefined> {
  const about = await readFile(`${known}.json`, "utf8").catch(() => undefined);
  if (about === undefined) return undefined;
  const read = async (network: string): Promise<Stored> =>
    decodeStored(new Uint8Array(await readFile(`${known}-${network}.safetensors`)));
  return { ...JSON.parse(about), proposer: await read("proposer"), actor: await read("actor") };
}

async function writeDistilled(known: string, { proposer, actor, ...about }: Distilled): Promise<void> {
  await writeFile(`${known}-proposer.safetensors`, encodeStored(proposer));
  await writeFile(`${known}-actor.safetensors`, encodeStored(actor));
  await writeFile(`${known}.json`, JSON.stringify(about));
}

function print(rows: readonly WayRow[]): void {
  printTable(
    ["version", "task", "acts by", "score", "to the sampler", "lower 90 % bound", "seconds of a core"],
    rows.map(({ version, task, acting, score: found, difference, low, seconds }) => [
      ...[version, task, acting, score(found), score(difference), score(low), seconds.toFixed(1)],
    ]),
  );
}
