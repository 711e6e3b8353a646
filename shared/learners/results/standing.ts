/**
 * Rows of the results matrix as the labels that stand, and scores from outside, have them. What was decided stays decided; what is measured and
 * shown follows the newest labels. Pure.
 * @module
 */
import { normalisedScore, scoreInterval, successInterval } from "@cugro/algorithm/arrays";
import type { AfterLabel, Anchors, EvaluationFact, RowCell, VersionFact } from "@cugro/protocol";
import { type LearnerFacts, validVersions } from "../facts/learner_facts.ts";
import { acceptedTask, isOutdated, type LabelledTask } from "../facts/labelled_tasks.ts";
import { planRemeasuring, randomAnchor, remeasurements, returnsOf, successOf } from "./remeasure.ts";
import { evaluationSeed } from "../planning/seeds.ts";
import { hasOutside, type MeasuredBy, measuredBy, outsideOf } from "./outside.ts";

/**
 * A cell as it stands. With `after`, its fidelity and value were measured before the label; with `outside`, somebody else has
 * run its episodes.
 */
export interface StandingCell extends RowCell {
  after?: AfterLabel;
  outside?: MeasuredBy;
}

/**
 * The rows of all versions, by version; the very cells of their facts where nothing was relabelled or measured since.
 * @param facts of the learner
 * @returns cells with scores from outside, and those that labels had measured again
 */
export function standingRows(facts: LearnerFacts): Map<number, StandingCell[]> {
  const rows = labelledRows(facts);
  if (!hasOutside(facts)) return rows;
  const tasks = new Map(facts.tasks.map((task) => [task.task, task]));
  const stand = (version: VersionFact, cell: StandingCell): StandingCell => {
    const [found, task] = [outsideOf(facts, version, cell), tasks.get(cell.task)];
    if (!found || !task) return cell;
    return outsideCell(facts, task, cell, found);
  };
  return new Map(
    facts.versions.map((fact) => [fact.version, rows.get(fact.version)!.map((cell) => stand(fact, cell))]),
  );
}

/** Made once for each evaluation, as {@link rescaledCells} are. */
function outsideCell(
  facts: LearnerFacts,
  task: LabelledTask,
  cell: StandingCell,
  found: EvaluationFact,
): StandingCell {
  const scale = standingAnchors(facts, task);
  const known = outsideCells.get(found);
  if (known?.cell === cell && known.random === scale?.random && known.good === scale?.good) return known.made;
  const { after: _, ...rest } = cell;
  const made = { ...rest, ...scored(facts, task, found, scale), outside: measuredBy(found) };
  outsideCells.set(found, { random: scale?.random, good: scale?.good, cell, made });
  return made;
}

const outsideCells = new WeakMap<
  EvaluationFact,
  { random: number | undefined; good: number | undefined; cell: StandingCell; made: StandingCell }
>();

/** The same by labels alone. */
function labelledRows(facts: LearnerFacts): Map<number, StandingCell[]> {
  if (facts.labels.length === 0) return new Map(facts.versions.map(({ version, row }) => [version, row]));
  const jobs = remeasurements(facts);
  const { submit, failed, lost } = planRemeasuring(facts);
  const stages = [["wait", submit], ["failed", failed], ["lost", lost]] as const;
  const tasks = new Map(facts.tasks.map((task) => [task.task, task]));
  const anchors = new Map(facts.tasks.map((task) => [task.task, standingAnchors(facts, task)]));
  const stand = ({ version }: VersionFact, cell: RowCell): StandingCell => {
    const task = tasks.get(cell.task);
    if (!task?.labelled) return cell;
    const scale = anchors.get(cell.task);
    if (!isOutdated(task, cell)) return rescaled(facts, task, cell, scale);
    const find = (one: { version: number; task: number }) =>
      one.version === version && one.task === cell.task;
    const job = jobs.find(find);
    const returns = job && returnsOf(facts, job.id);
    const success = job && successOf(facts, job.id);
    const { success: _, ...rest } = cell;
    const empty = { ...rest, returns: [], scores: [], meanScore: null, low: null, high: null };
    if (task.environment === null) return cell.returns.length === 0 ? cell : { ...empty, after: "none" };
    if (!job) return { ...empty, after: "left" };
    if (!returns) return { ...empty, after: stages.find(([, some]) => some.some(find))?.[0] ?? "wait" };
    return { ...rest, job: job.id, ...scored(facts, task, { returns, success }, scale), after: "again" };
  };
  return new Map(facts.versions.map((fact) => [fact.version, fact.row.map((cell) => stand(fact, cell))]));
}

/**
 * What scores 0 and 100 with the labels that stand; undefined while random actions are still to be measured.
 * @param facts of the learner
 * @param task as its labels have it
 * @returns 0 and 100 in units of reward
 */
export function standingAnchors(facts: LearnerFacts, task: LabelledTask): Anchors | undefined {
  if (!task.labelled?.measuresRandom) return task.anchors;
  const measured = randomAnchor(facts, task);
  if (measured) return measured;
  const isOf = (one: { task: number }) => one.task === task.task;
  // Nobody can measure it any more: then those of the import are all there is.
  const { submit, failed, lost } = planRemeasuring(facts);
  return !submit.some(isOf) && [...failed, ...lost].some(isOf) ? task.anchors : undefined;
}

function rescaled(
  facts: LearnerFacts,
  task: LabelledTask,
  cell: RowCell,
  scale: Anchors | undefined,
): StandingCell {
  const { anchors = acceptedTask(task).anchors, returns } = cell;
  // A rate of success has no anchors.
  if (cell.success) return cell;
  const isSame = scale?.random === anchors.random && scale.good === anchors.good;
  if (isSame || returns.length === 0) return cell;
  const known = rescaledCells.get(cell);
  if (known && known.random === scale?.random && known.good === scale?.good) return known.cell;
  const made: StandingCell = { ...cell, ...scored(facts, task, { returns }, scale), after: "rescaled" };
  rescaledCells.set(cell, { random: scale?.random, good: scale?.good, cell: made });
  return made;
}

/** By the cell of a fact, which never changes: an interval takes thousands of resamples, and each question about a learner has all of them. */
const rescaledCells = new WeakMap<
  RowCell,
  { random: number | undefined; good: number | undefined; cell: StandingCell }
>();

type Scored = Pick<RowCell, "returns" | "success" | "scores" | "meanScore" | "low" | "high">;

function scored(
  { learner }: LearnerFacts,
  { task }: LabelledTask,
  { returns, success }: { returns: number[]; success?: number[] | undefined },
  scale: Anchors | undefined,
): Scored {
  if (success) {
    const { mean: meanScore, low, high } = successInterval(success);
    return { returns, success, scores: success.map((share) => 100 * share), meanScore, low, high };
  }
  if (!scale || returns.length === 0) return { returns, scores: [], meanScore: null, low: null, high: null };
  const scores = returns.map((value) => normalisedScore(value, scale));
  const { mean: meanScore, low, high } = scoreInterval(returns, scale, evaluationSeed(learner.seed, task));
  return { returns, scores, meanScore, low, high };
}

/** Whether rows may stand otherwise than their facts have them. */
export const areFacts = (facts: LearnerFacts): boolean => facts.labels.length === 0 && !hasOutside(facts);

/**
 * All versions with their rows as they stand; the very facts where nothing was relabelled or measured since.
 * @param facts of the learner
 * @returns oldest first
 */
export function versionsAsLabelled(facts: LearnerFacts): VersionFact[] {
  if (areFacts(facts)) return facts.versions;
  const rows = standingRows(facts);
  return facts.versions.map((fact) => ({ ...fact, row: rows.get(fact.version)! }));
}

/**
 * The valid versions, with their rows as they stand: what a later version is compared with.
 * @param facts of the learner
 * @returns oldest first
 */
export function standingVersions(facts: LearnerFacts): VersionFact[] {
  return validVersions({ ...facts, versions: versionsAsLabelled(facts) });
}
