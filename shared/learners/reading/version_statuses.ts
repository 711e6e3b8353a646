/**
 * Versions as a status tells them.
 * @module
 */
import type { VersionFact, VersionState } from "@cugro/protocol";
import { isPromotable, type LearnerFacts } from "../facts/learner_facts.ts";
import { type StandingCell, versionsAsLabelled } from "../results/standing.ts";
import { measureVersions, type ShownCell, shownCell, type VersionMeasures } from "./measures_of_facts.ts";

/** A version with its state and what it is measured by, its row as the labels that stand have it. */
export type VersionStatus = Omit<VersionFact, "row" | "work"> & {
  revision: number;
  row: (ShownCell & StandingCell)[];
  state: VersionState;
  promotable: boolean;
  measures: VersionMeasures;
};

/**
 * Every version with its state and measures.
 *
 * @param facts of the learner
 * @param chain its valid versions
 * @returns oldest first
 */
export function versionStatuses(facts: LearnerFacts, chain: readonly VersionFact[]): VersionStatus[] {
  const standing = versionsAsLabelled(facts);
  const measures = measureVersions(standing);
  // What its jobs took is told in sums over all versions.
  return facts.versions.map(({ work: _, ...version }, index) => ({
    ...version,
    revision: version.revision ?? 0,
    row: standing[index]!.row.map((cell) => ({ ...cell, ...shownCell(cell) })),
    state: versionState(facts, facts.versions[index]!, chain),
    promotable: isPromotable(facts, version.version),
    measures: measures.get(version.version)!,
  }));
}

function versionState(facts: LearnerFacts, fact: VersionFact, chain: readonly VersionFact[]): VersionState {
  const has = (verdicts: LearnerFacts["withdrawn"]) =>
    verdicts.some(({ version }) => version === fact.version);
  if (has(facts.withdrawn)) return "withdrawn";
  if (chain.includes(fact)) return fact.decision === "published" ? "published" : "promoted";
  return fact.decision === "parked" && !has(facts.promoted) ? "parked" : "superseded";
}
