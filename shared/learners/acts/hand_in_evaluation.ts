/**
 * Scores from outside: somebody else has run episodes with a version, and hands in the results.
 * @module
 */
import {
  canonicalJson,
  type EvaluationFact,
  evaluationFactSchema,
  evaluationKey,
  MOST_EVALUATIONS,
} from "@cugro/protocol";
import type { LearnerFacts } from "../facts/learner_facts.ts";
import { putOnce } from "../facts/put_once.ts";
import { loadFacts } from "../reading/load.ts";
import { refuseDeleted } from "./revise_config.ts";
import type { Act } from "./verdicts.ts";

/** The measurement, its evaluator, and the token that hands it in. */
export type HandedIn = Omit<EvaluationFact, "schema" | "n" | "at">;

/** An evaluation that cannot count; `field`: which of its members is at fault. */
export class EvaluationError extends RangeError {
  override name = "EvaluationError";
  constructor(readonly field: "task" | "returns" | "success" | "seeds", message: string) {
    super(message);
  }
}

/** Each that is handed in takes the next number; a few may be so at once. */
const MOST_TRIES = 100;

/**
 * Takes an evaluation in. What was handed in before, to the last number and word, is not taken twice.
 *
 * @param given version, task, returns of the episodes, and who measured them
 * @returns the fact, and whether it is new
 * @throws {EvaluationError} where it cannot count; {RangeError} if there is no such version, or it has too many
 * @throws {EvaluationError} where it cannot count
 * @throws {RangeError} if there is no such version, or it has too many evaluations
 */
export async function handInEvaluation(
  { store, name, ...given }: Omit<Act, "reason"> & HandedIn,
): Promise<{ evaluation: EvaluationFact; added: boolean }> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const facts = await loadFacts(store, name);
    refuseDeleted(facts);
    refuseWhatCannotCount(facts, given);
    const before = (facts.evaluations ?? []).filter(({ version }) => version === given.version);
    const same = before.find((one) => contentOf(one) === contentOf(given));
    if (same) return { evaluation: same, added: false };
    if (before.length >= MOST_EVALUATIONS) {
      throw new RangeError(`Version ${given.version} has ${before.length} evaluations from outside already`);
    }
    const n = Math.max(0, ...before.map((one) => one.n)) + 1;
    const evaluation: EvaluationFact = { schema: 1, n, at: new Date().toISOString(), ...given };
    evaluationFactSchema.parse(evaluation);
    // Somebody else has taken the number: it may be the same.
    if (await putOnce(store, evaluationKey(name, given.version, n), evaluation)) {
      return { evaluation, added: true };
    }
  }
  throw new Error(`Others evaluate version ${given.version} all the time: try again`);
}

/** The content by which two of them are the same: neither time nor number. */
function contentOf({ version, task, returns, success, seeds, evaluator, by }: HandedIn): string {
  return canonicalJson({
    ...{ version, task, returns, evaluator, by },
    ...{ success: success ?? null, seeds: seeds ?? null },
  });
}

function refuseWhatCannotCount(facts: LearnerFacts, given: HandedIn): void {
  const { version, task, returns, success, seeds } = given;
  const fact = facts.versions.find((one) => one.version === version);
  if (!fact) {
    throw new RangeError(`There is no version ${version} of "${facts.learner.name}"`);
  }
  const cell = fact.row.find((one) => one.task === task);
  if (!cell) {
    const known = fact.tasks.join(", ");
    throw new EvaluationError("task", `Version ${version} does not know task ${task}: it knows ${known}`);
  }
  const simulated = facts.tasks.find((one) => one.task === task)?.environment;
  if (cell.returns.length > 0 || (simulated && "family" in simulated)) {
    throw new EvaluationError(
      "task",
      `Task ${task} has a simulator here, whose episodes count: scores from outside are for tasks without one`,
    );
  }
  for (const [field, values] of [["success", success], ["seeds", seeds]] as const) {
    if (values && values.length !== returns.length) {
      throw new EvaluationError(
        field,
        `${field} must have one value for each of the ${returns.length} episodes: there are ${values.length}`,
      );
    }
  }
  const twice = seeds?.find((seed, index) => seeds.indexOf(seed) !== index);
  if (twice !== undefined) {
    throw new EvaluationError("seeds", `Each episode must start otherwise: seed ${twice} is there twice`);
  }
}
