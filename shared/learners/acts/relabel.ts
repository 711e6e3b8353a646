/**
 * A label corrected: a task's metadata beside its rows. Only what depends on it is measured again.
 * @module
 */
import {
  encodeFact,
  type LabelFact,
  labelFactSchema,
  labelKey,
  type LabelName,
  type LabelValues,
  type VersionFact,
} from "@cugro/protocol";
import { type LearnerFacts, validVersions } from "../facts/learner_facts.ts";
import { acceptedTask, type LabelledTask, labelTask, valuesOf } from "../facts/labelled_tasks.ts";
import { describeChange } from "../facts/label_words.ts";
import { putOnce } from "../facts/put_once.ts";
import { remeasurements } from "../results/remeasure.ts";
import { createCache } from "../reading/fact_cache.ts";
import { absent, loadJobStates } from "../reading/load_jobs.ts";
import { loadFacts } from "../reading/load.ts";
import { keyOfInput } from "../planning/work.ts";
import { readLabelValues } from "./label_values.ts";
import { refuseDeleted } from "./revise_config.ts";
import { type Act, findTask } from "./verdicts.ts";

/** The effect of a label, or of a dry run. */
export interface Relabelled {
  task: number;
  /** Number of the label; null if nothing differed, or it is not written yet. */
  label: number | null;
  set: LabelValues;
  before: LabelValues;
  /** Episodes of the task in each version that knows it, which the label has run again. */
  again: RunAgain[];
  /** All of it in sentences. */
  said: string;
}

/** The episodes of a task in one version; `done`: they had been run so before; `lost`: its weights are gone. */
export interface RunAgain {
  version: number;
  job: string;
  state: "open" | "done" | "lost";
}

/** A label takes the next free number; a few writers may try at once. */
const MOST_TRIES = 100;

/**
 * Corrects a task's labels. Values that stand already are left out, and a label of nothing else is not written.
 *
 * @param options.by who says so.
 * @param options.dryRun writes nothing
 * @returns the label that was written, if any, and what now differs
 * @throws {LabelError} for a name or value that cannot be set; {RangeError} if there is no such task
 * @throws {LabelError} for a name or value that cannot be set
 * @throws {RangeError} if there is no such task
 */
export async function relabel(
  { store, name, task, set, by, reason = "put right", dryRun = false }: Act & {
    task: number;
    set: Readonly<Record<string, unknown>>;
    by: string;
    dryRun?: boolean;
  },
): Promise<Relabelled> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const facts = await loadFacts(store, name);
    refuseDeleted(facts);
    const found = findTask(facts, task);
    const values = readLabelValues(facts, found, set);
    const fact = labelOf(found, values, { by, reason });
    if (Object.keys(values).length === 0) return unchanged(fact);
    const relabelled = await describe(store, facts, fact);
    if (dryRun) return relabelled;
    encodeFact(fact, labelFactSchema);
    // Somebody else has taken the number: what stands now may be another thing.
    if (!await putOnce(store, labelKey(name, task, fact.n), fact)) continue;
    return { ...relabelled, label: fact.n };
  }
  throw new Error(`Others relabel task ${task} all the time: try again`);
}

function labelOf(
  task: LabelledTask,
  set: LabelValues,
  { by, reason }: Pick<LabelFact, "by" | "reason">,
): LabelFact {
  const now = valuesOf(task);
  const before = Object.fromEntries(Object.keys(set).map((name) => [name, now[name as LabelName]]));
  const n = (task.labelled?.labels.at(-1)?.n ?? 0) + 1;
  return { schema: 1, task: task.task, n, set, before, by, at: new Date().toISOString(), reason };
}

function unchanged({ task, set, before }: LabelFact): Relabelled {
  const sentence = `Task ${task} is labelled so already: nothing to do`;
  return { task, label: null, set, before, again: [], said: sentence };
}

/** The consequences of a label: the episodes that are run again with it and are not without it. */
async function describe(store: Act["store"], facts: LearnerFacts, fact: LabelFact): Promise<Relabelled> {
  const { task, set, before } = fact;
  const cache = createCache();
  const labels = [...facts.labels, fact];
  const withLabel: LearnerFacts = {
    ...facts,
    labels,
    tasks: facts.tasks.map((one) =>
      one.task === task
        ? labelTask({ ...acceptedTask(one) }, labels.filter((label) => label.task === task))
        : one
    ),
    jobs: new Map(facts.jobs),
  };
  const jobs = remeasurements(withLabel).filter((one) => one.task === task);
  await loadJobStates({ store, cache }, jobs.map(({ id, job }) => ({ id, kind: job.kind })), withLabel.jobs);
  const keysOf = ({ job }: typeof jobs[number]) =>
    Object.values(job.inputs).flatMap((ref) => keyOfInput(withLabel, ref) ?? []);
  const gone = new Set(await absent(store, [...new Set(jobs.flatMap(keysOf))]));
  const again = jobs.map((one): RunAgain => {
    const { version, id: job } = one;
    if (withLabel.jobs.get(job)?.result) return { version, job, state: "done" };
    return { version, job, state: keysOf(one).some((key) => gone.has(key)) ? "lost" : "open" };
  });
  const labelled = withLabel.tasks.find((one) => one.task === task)!;
  return { task, label: null, set, before, again, said: sentences(facts, fact, again, labelled) };
}

/** A sentence on the anchors when episodes change. */
function aboutScale({ labelled, anchors }: LabelledTask): string {
  if (labelled?.measuresRandom) return "What random actions earn, which scores 0, is measured with it.";
  return `Score 0 and 100 stay returns of ${shortened(anchors.random)} and ${
    shortened(anchors.good)
  } (${anchors.source}): ` +
    "set return_random and return_final_policy as well if these were meant otherwise.";
}

/** Six digits tell a scale; files have whatever doubles have. */
function shortened(value: number): number {
  return Number(value.toPrecision(6));
}

const EPISODES: readonly LabelName[] = ["family", "goal", "horizon"];
const SCALE: readonly LabelName[] = ["return_random", "return_final_policy"];

function sentences(
  learnt: LearnerFacts,
  fact: LabelFact,
  again: readonly RunAgain[],
  labelled: LabelledTask,
): string {
  const { task, set } = fact;
  const names = Object.keys(set) as LabelName[];
  const isKnownTo = ({ tasks }: VersionFact) => tasks.includes(task);
  const knows = learnt.versions.some(isKnownTo);
  const counts = validVersions(learnt).some(isKnownTo);
  const listed = (state: RunAgain["state"]) => {
    const found = again.filter((one) => one.state === state).map(({ version }) => version);
    return found.length === 0 ? undefined : `version${found.length === 1 ? "" : "s"} ${found.join(", ")}`;
  };
  const [open, done, lost] = [listed("open"), listed("done"), listed("lost")];
  const isRun = names.some((name) => EPISODES.includes(name));
  return [
    `Task ${task}: ${describeChange(fact)}.`,
    open &&
    `Its episodes are run again in ${open}; nothing is trained, and fidelity and values stay as measured.`,
    done && `Those of ${done} had been run so before.`,
    lost && `Those of ${lost} cannot be run again, as its weights are gone.`,
    isRun && !knows && "No version knows the task yet: its evaluations will be made so.",
    isRun && set.family !== null && labelled.environment === null && "It has no simulator, so none is run.",
    isRun && knows && again.length === 0 && labelled.environment !== null &&
    (counts
      ? "Its episodes are as they were measured."
      : "No version that counts knows the task: only evaluations to come are made so."),
    isRun && labelled.environment !== null && aboutScale(labelled),
    set.family === null && "It has no simulator then, and no scores.",
    names.some((name) => SCALE.includes(name)) && "Its scores follow the new anchors.",
    !isRun && "No episode is run for it.",
  ].filter(Boolean).join(" ");
}
