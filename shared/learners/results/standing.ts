/**
 * Rows of the results matrix as the labels that stand, and scores from outside, have them. What was decided stays decided; what is measured and
 * shown follows the newest labels. Pure.
 * @module
 */
import { mean, normalisedScore, scoreInterval, successInterval } from "@cugro/algorithm/arrays";
import type { AfterLabel, Anchors, EvaluationFact, RowCell, VersionFact } from "@cugro/protocol";
import { isPromotable, knobsOfVersion, type LearnerFacts, validVersions } from "../facts/facts.ts";
import { acceptedTask, isOutdated, type LabelledTask } from "../facts/labels.ts";
import { markOf } from "../reading/measures.ts";
import { type Decision as Judgement, judgeBesideBest } from "./gate.ts";
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

/** The rows of all versions, by version; the very cells of their facts where nothing was said or measured since. */
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

/** What scores 0 and 100 with the labels that stand; undefined while random actions are still to be measured. */
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
const areFacts = (facts: LearnerFacts): boolean => facts.labels.length === 0 && !hasOutside(facts);

/** All versions with their rows as they stand; the very facts where nothing was said or measured since. */
export function versionsAsLabelled(facts: LearnerFacts): VersionFact[] {
  if (areFacts(facts)) return facts.versions;
  const rows = standingRows(facts);
  return facts.versions.map((fact) => ({ ...fact, row: rows.get(fact.version)! }));
}

/** The valid versions, with their rows as they stand: what a later version is compared with. */
export function standingVersions(facts: LearnerFacts): VersionFact[] {
  return validVersions({ ...facts, versions: versionsAsLabelled(facts) });
}

/** What would be decided on a version now, by the labels that stand. */
export interface Rejudged {
  version: number;
  decision: VersionFact["decision"];
  reasons: string[];
}

/**
 * Versions that count, or still may, on which the labels that stand, or scores from outside, would have another decision, or
 * other grounds for one that only observes. Nothing is taken back by it. Those that are still measured are left out.
 */
export function rejudgedVersions(facts: LearnerFacts, rows: Map<number, StandingCell[]>): Rejudged[] {
  if (areFacts(facts)) return [];
  const chain = validVersions(facts);
  const places = new Map(chain.map(({ version }, place) => [version, place]));
  const beside = standingBefore(chain, rows);
  return facts.versions.flatMap((fact) => {
    const place = places.get(fact.version);
    if (place === undefined && !isPromotable(facts, fact.version)) return [];
    const { parent, best, states } = beside[place ?? chain.length]!;
    const row = rows.get(fact.version)!;
    const all = new Set([...states, ...row.map(changeOf)]);
    if (all.has("wait") || [...all].every((change) => change === undefined)) return [];
    const { decision, reasons, awaits } = judgeBesideBest({
      ...{ knobs: knobsOfVersion(facts, fact), task: fact.task, row, parent },
      bestBefore: (cell) => best.get(markOf(cell)),
    });
    const decided = decidedOf(fact, place !== undefined);
    const isSame = decision === decided.decision && (reasons.length > 0) === (decided.reasons.length > 0) &&
      // It was parked to be measured, and is for another reason now.
      (decided.awaits === undefined || reasons.join() === decided.reasons.join());
    if (awaits) return [];
    return isSame ? [] : [{ version: fact.version, decision, reasons }];
  });
}

/** What was decided: one that had waited for its scores and was let through counts as published. */
export function decidedOf(fact: VersionFact, isValid: boolean): Judgement {
  return fact.awaits && isValid ? { decision: "published", reasons: [] } : fact;
}

/** What is before a place of the chain: its last version, the best cell of each task and scale, and what has happened to cells since. */
interface Before {
  parent: { version: number; row: StandingCell[] } | undefined;
  best: ReadonlyMap<string, StandingCell>;
  states: ReadonlySet<Change | undefined>;
}

/** What has happened to a cell since its version was made. */
type Change = AfterLabel | "outside";

const changeOf = ({ after, outside }: StandingCell): Change | undefined => after ?? (outside && "outside");

/** Before each version of the chain, and behind the last. */
function standingBefore(chain: readonly VersionFact[], rows: Map<number, StandingCell[]>): Before[] {
  const before: Before[] = [{ parent: undefined, best: new Map(), states: new Set() }];
  for (const { version } of chain) {
    const last = before.at(-1)!;
    const row = rows.get(version)!;
    const best = new Map(last.best);
    for (const cell of row) {
      if (cell.scores.length === 0) continue;
      const known = best.get(markOf(cell));
      if (!known || mean(cell.scores) > mean(known.scores)) best.set(markOf(cell), cell);
    }
    const states = new Set([...last.states, ...row.map(changeOf)]);
    before.push({ parent: { version, row }, best, states });
  }
  return before;
}
