/**
 * What a label has measured again: the episodes of one task in the versions that know it. Nothing is trained, and what
 * needs rows (fidelity, values) stays as it was measured while there were rows. Pure.
 * @module
 */
import {
  createJob,
  type InputRef,
  jobId,
  type JobOf,
  RANDOM_EPISODES,
  type RowCell,
  type VersionFact,
} from "@cugro/protocol";
import { hasFailed, isPromotable, type LearnerFacts, validVersions } from "../facts/learner_facts.ts";
import { knobsOfVersion } from "../facts/knobs_of_facts.ts";
import { dataOfVersion } from "../facts/task_revisions.ts";
import { acceptedTask, isOutdated, type LabelledTask } from "../facts/labelled_tasks.ts";
import { describeJob } from "../planning/describe_job.ts";
import { knobsFor } from "../planning/knob_subsets.ts";
import { evaluationSeed, heldOutSeed, randomEpisodes } from "../planning/seeds.ts";
import { isThere } from "../planning/work.ts";

/** The episodes of a task in a version, run again. */
export interface Remeasurement {
  id: string;
  job: JobOf<"policy.evaluate">;
  version: number;
  /** The task whose column of the results matrix it is in. */
  task: number;
  label: string;
}

/** How far measuring again is. */
export interface Remeasuring {
  /** Ready and not done. */
  submit: Remeasurement[];
  /** Their jobs have failed for good. */
  failed: Remeasurement[];
  /** Their version's weights are gone. */
  lost: Remeasurement[];
}

/**
 * Versions that count, or still may: their weights are kept.
 *
 * @param facts of the learner
 * @returns oldest first
 */
export function measuredVersions(facts: LearnerFacts): VersionFact[] {
  const valid = validVersions(facts);
  return facts.versions.filter((fact) => valid.includes(fact) || isPromotable(facts, fact.version));
}

/**
 * Everything that the labels that stand have measured again, done or not, by version.
 *
 * @param facts of the learner
 * @returns a job for each cell that is out of date
 */
export function remeasurements(facts: LearnerFacts): Remeasurement[] {
  if (facts.labels.length === 0) return [];
  const tasks = new Map(facts.tasks.map((task) => [task.task, task]));
  const versions = measuredVersions(facts);
  return versions.flatMap((version) =>
    version.row.flatMap((cell) => {
      const task = tasks.get(cell.task);
      if (!task?.labelled || task.environment === null || !isOutdated(task, cell)) return [];
      // One job measures random actions for all: that of the oldest version that knows the task.
      const first = versions.find(({ tasks }) => tasks.includes(task.task)) === version;
      return [remeasurement(facts, version, task, first)];
    })
  );
}

function remeasurement(
  facts: LearnerFacts,
  version: VersionFact,
  task: LabelledTask,
  first: boolean,
): Remeasurement {
  const { seed } = facts.learner;
  const { anchors } = acceptedTask(task);
  // As this version has learnt it, should its dataset have grown since.
  const { normaliser, sketch } = dataOfVersion(facts, version).get(task.task) ?? task;
  const { episodeSteps, measuresRandom } = task.labelled!;
  const acting = version.row.find((cell) => cell.task === task.task)?.acting;
  const fields = {
    ...{ task: task.task, newTask: version.task, environment: task.environment, horizon: task.horizon },
    // As it was accepted: other anchors make other scores of the same episodes.
    anchors,
    heldOutSeed: heldOutSeed(seed),
    replayRows: 0,
    episodesOnly: true as const,
    ...(episodeSteps === undefined ? {} : { episodeSteps }),
    ...(first && measuresRandom ? { randomEpisodes: randomEpisodes(seed) } : {}),
    // As the version serves the task: other ways were compared when it was decided.
    ...(acting === undefined ? {} : { acting: { ways: [acting] } }),
  };
  const inputs = {
    behaviorGenerator: weightsOf(version, "behaviorGenerator"),
    critic: weightsOf(version, "critic"),
    normaliser: { artifact: normaliser },
    sketch: { artifact: sketch },
    ...(acting === undefined || acting === "sampler" ? {} : { [acting]: weightsOf(version, acting) }),
  };
  const knobs = knobsFor("policy.evaluate", knobsOfVersion(facts, version));
  const job = createJob("policy.evaluate", evaluationSeed(seed, task.task), fields, inputs, knobs);
  return { id: jobId(job), job, version: version.version, task: task.task, label: describeJob(job) };
}

/** What serves, whatever has become of the job that made it; facts of versions up to 0.2 name the job alone. */
function weightsOf(
  version: VersionFact,
  of: "behaviorGenerator" | "critic" | "proposer" | "actor",
): InputRef {
  const artifact = version.weights?.[of];
  return artifact === undefined ? { job: version[of]!, output: "weights" } : { artifact };
}

/**
 * The work that the labels still need, given what exists.
 *
 * @param facts of the learner
 * @returns jobs to submit, those that have failed, and those whose inputs are lost
 */
export function planRemeasuring(facts: LearnerFacts): Remeasuring {
  const open = remeasurements(facts).filter(({ id }) => !facts.jobs.get(id)?.result);
  const failed = open.filter(({ id }) => hasFailed(facts.jobs.get(id)));
  const rest = open.filter((one) => !failed.includes(one));
  const submit = rest.filter(({ job }) => Object.values(job.inputs).every((ref) => isThere(facts, ref)));
  return { submit, failed, lost: rest.filter((one) => !submit.includes(one)) };
}

/**
 * A list of numbers in a job's metrics; undefined for anything else.
 *
 * @param value of a metric
 * @returns the same list
 */
export function numbersOf(value: unknown): number[] | undefined {
  return Array.isArray(value) && value.every((one) => typeof one === "number") ? value : undefined;
}

/**
 * Returns that a job of these has measured; undefined while there are none.
 *
 * @param facts states of jobs
 * @param id of the job
 * @returns one number for each episode, in units of reward
 */
export function returnsOf(facts: Pick<LearnerFacts, "jobs">, id: string): number[] | undefined {
  return numbersOf(facts.jobs.get(id)?.result?.metrics.returns);
}

/**
 * Success of the same episodes, where the simulator tells it.
 *
 * @param facts states of jobs
 * @param id of the job
 * @returns one number for each episode, 0 to 1
 */
export function successOf(facts: Pick<LearnerFacts, "jobs">, id: string): number[] | undefined {
  const success = numbersOf(facts.jobs.get(id)?.result?.metrics.success);
  return success?.length ? success : undefined;
}

/**
 * What random actions earn with the labels that stand, as far as it was measured: with a decision, or after it.
 *
 * @param facts of the learner
 * @param task as its labels have it
 * @returns undefined until it was measured
 */
export function randomAnchor(facts: LearnerFacts, { task }: LabelledTask): RowCell["anchors"] {
  const again = remeasurements(facts).filter((one) => one.task === task);
  const measured = again.map(({ id }) => facts.jobs.get(id)?.result?.metrics.randomReturn);
  const random = measured.find((value) => typeof value === "number");
  const standing = facts.tasks.find((fact) => fact.task === task)!;
  if (typeof random === "number") return withRandom(standing, random);
  const cells = facts.versions.flatMap(({ row }) => row.filter((cell) => cell.task === task));
  return cells.find((cell) => cell.anchors && !isOutdated(standing, cell))?.anchors;
}

/**
 * Anchors of a task whose random actions earn so much with its labels; the good end stays the data's.
 *
 * @param task as its labels have it
 * @param random mean return of random actions
 * @returns 0 and 100 in units of reward, and where they come from
 */
export function withRandom(task: LabelledTask, random: number): NonNullable<RowCell["anchors"]> {
  const { anchors } = acceptedTask(task);
  return random < anchors.good
    ? {
      random,
      good: anchors.good,
      source: `${RANDOM_EPISODES} random episodes as labelled, best of the data`,
    }
    : { ...anchors, source: `${anchors.source}, as random episodes as labelled earn no less than the best` };
}
