/**
 * Scores from outside, as cells of the results matrix: where a version has no episodes of our own in a task, the newest that
 * somebody else has run count. Pure.
 * @module
 */
import type { Hyperparameters } from "@cugro/algorithm";
import type { EvaluationFact, RowCell, VersionFact } from "@cugro/protocol";
import type { LearnerFacts } from "../facts/learner_facts.ts";

/** Who has measured a cell. `n`: which evaluation of the version; `by`: the token that handed it in. */
export type MeasuredBy = Pick<EvaluationFact, "n" | "evaluator" | "by" | "at">;

/**
 * The evaluation that counts for a cell; undefined where there is none, or there are episodes of our own.
 *
 * @param cell of the version
 * @param facts evaluations from outside
 * @param version its number
 * @returns the newest one
 */
export function outsideOf(
  { evaluations = [] }: Pick<LearnerFacts, "evaluations">,
  { version }: Pick<VersionFact, "version">,
  cell: RowCell,
): EvaluationFact | undefined {
  if (cell.returns.length > 0) return undefined;
  return evaluations.findLast((one) => one.version === version && one.task === cell.task);
}

/**
/**
 * Tasks whose scores a version still waits for: those that lacked them when it was decided, and have fewer than `awaitEpisodes` yet.
 * Some are not enough, as no bound is drawn from fewer than five, and the gate would let through what nobody has judged.
 *
 * @param version what it was parked for
 * @param row its cells as they stand
 * @param knobs the version's own
 * @returns their numbers, in the order of the row
 */
export function awaitedTasks(
  version: Pick<VersionFact, "awaits">,
  row: readonly Pick<RowCell, "task" | "scores">[],
  knobs: Pick<Hyperparameters, "awaitEpisodes">,
): number[] {
  const { awaits = [] } = version;
  return row.filter(({ task, scores }) => awaits.includes(task) && scores.length < knobs.awaitEpisodes)
    .map(({ task }) => task);
}

/**
 * Whether anything was measured outside.
 *
 * @param facts evaluations from outside
 * @returns false for most learners
 */
export function hasOutside({ evaluations = [] }: Pick<LearnerFacts, "evaluations">): boolean {
  return evaluations.length > 0;
}

/**
 * Who has measured it.
 *
 * @param evaluation its fact
 * @returns number, evaluator, who handed it in, and when
 */
export function measuredBy({ n, evaluator, by, at }: EvaluationFact): MeasuredBy {
  return { n, evaluator, by, at };
}

/**
 * A sentence for each evaluation that counts, by version and task.
 *
 * @param facts of the learner
 * @returns none for most learners
 */
export function outsideRemarks(facts: LearnerFacts): string[] {
  if (!hasOutside(facts)) return [];
  return facts.versions.flatMap((version) =>
    version.row.flatMap((cell) => {
      const found = outsideOf(facts, version, cell);
      if (!found) return [];
      const { returns, evaluator, by, at, reason } = found;
      const why = reason === undefined ? "" : ` (${reason})`;
      return [
        `Version ${version.version} in task ${cell.task}: ${returns.length} episodes measured by ${evaluator}, ` +
        `handed in by ${by} on ${at.slice(0, 10)}${why}.`,
      ];
    })
  );
}
