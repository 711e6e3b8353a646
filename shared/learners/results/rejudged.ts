/**
 * Decisions that would be others by now: labels, or scores from outside, have changed a row since.
 * @module
 */
import { mean } from "@cugro/algorithm/arrays";
import type { AfterLabel, VersionFact } from "@cugro/protocol";
import { isPromotable, type LearnerFacts, validVersions } from "../facts/learner_facts.ts";
import { knobsOfVersion } from "../facts/knobs_of_facts.ts";
import { markOf } from "../reading/measures_of_facts.ts";
import { type Decision as Judgement, judgeBesideBest } from "./gate.ts";
import { awaitedTasks } from "./outside.ts";
import { areFacts, type StandingCell } from "./standing.ts";

/** The decision on a version by the labels now in force. */
export interface Rejudged {
  version: number;
  decision: VersionFact["decision"];
  reasons: string[];
}

/**
 * Versions that count, or still may, on which the labels that stand, or scores from outside, would have another decision, or
 * other grounds for one that only observes. Nothing is taken back by it. Those that are still measured are left out.
 * @param facts of the learner
 * @param rows by version, as they stand
 * @returns the decision that each would have
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
    const knobs = knobsOfVersion(facts, fact);
    const { decision, reasons, awaits } = judgeBesideBest({
      ...{ knobs, task: fact.task, row, parent },
      bestBefore: (cell) => best.get(markOf(cell)),
    });
    const decided = decidedOf(fact, place !== undefined);
    const isSame = decision === decided.decision && (reasons.length > 0) === (decided.reasons.length > 0) &&
      // It was parked to be measured, and is for another reason now.
      (decided.awaits === undefined || reasons.join() === decided.reasons.join());
    if (awaits || (place === undefined && awaitedTasks(fact, row, knobs).length > 0)) return [];
    return isSame ? [] : [{ version: fact.version, decision, reasons }];
  });
}

/**
 * What was decided: one that had waited for its scores and was let through counts as published.
 * @param fact of the version
 * @param isValid whether it counts
 * @returns decision and reasons
 */
export function decidedOf(fact: VersionFact, isValid: boolean): Judgement {
  return fact.awaits && isValid ? { decision: "published", reasons: [] } : fact;
}

/** The state before a place of the chain: its last version, the best cell of each task and scale, and what has happened to cells since. */
interface Before {
  parent: { version: number; row: StandingCell[] } | undefined;
  best: ReadonlyMap<string, StandingCell>;
  states: ReadonlySet<Change | undefined>;
}

/** Changes of a cell since its version was made. */
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
