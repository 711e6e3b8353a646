/**
 * Remarks about labels: what they changed, what was measured again, and what would be decided otherwise. Pure.
 * @module
 */
import { type LearnerFacts, validVersions } from "../facts/learner_facts.ts";
import { describeChange } from "../facts/label_words.ts";
import type { AfterLabel } from "@cugro/protocol";
import { hasOutside, outsideRemarks } from "./outside.ts";
import type { StandingCell } from "./standing.ts";
import { decidedOf, type Rejudged, rejudgedVersions } from "./rejudged.ts";

/**
 * A sentence or two for each label and each decision that would be another one, in the order of tasks and versions.
 *
 * @param facts of the learner
 * @param rows by version, as they stand
 * @returns sentences
 */
export function labelRemarks(facts: LearnerFacts, rows: Map<number, StandingCell[]>): string[] {
  return [
    ...facts.tasks.flatMap(({ task, labelled }) => {
      const newest = labelled?.labels.at(-1);
      if (!newest) return [];
      const { n, at, reason } = newest;
      const what = `Task ${task}, label ${n} of ${at.slice(0, 10)}: ${describeChange(newest)} (${reason}).`;
      return [[what, ...columnRemarks(facts, rows, task)].join(" ")];
    }),
    ...outsideRemarks(facts),
    ...rejudgedVersions(facts, rows).map((one) => describeRejudged(facts, one)),
  ];
}

function columnRemarks(facts: LearnerFacts, rows: Map<number, StandingCell[]>, task: number): string[] {
  const versionsWith = (after: AfterLabel) =>
    facts.versions.flatMap(({ version }) =>
      rows.get(version)!.some((cell) => cell.task === task && cell.after === after) ? [version] : []
    );
  const remarkOn = (after: AfterLabel, sentence: (versions: string) => string) => {
    const versions = versionsWith(after);
    return versions.length === 0
      ? []
      : [sentence(`version${versions.length === 1 ? "" : "s"} ${versions.join(", ")}`)];
  };
  return [
    ...remarkOn(
      "again",
      (of) =>
        `Its episodes were run again in ${of}; fidelity and values there were measured before the label, with rows that may ` +
        `be gone.`,
    ),
    ...remarkOn("wait", (of) => `Its episodes are still to be run again in ${of}.`),
    ...remarkOn(
      "failed",
      (of) => `Its episodes could not be run again in ${of}: see to it, then retry task ${task}.`,
    ),
    ...remarkOn(
      "lost",
      (of) => `Its episodes cannot be run again in ${of}, whose weights are gone: there is no score there.`,
    ),
    ...remarkOn(
      "left",
      (of) => `Its episodes are not run again in ${of}, which ${of.includes(",") ? "do" : "does"} not count.`,
    ),
    ...remarkOn("none", (of) => `It has no simulator now, so no score in ${of}.`),
    ...remarkOn("rescaled", (of) => `The same episodes have other scores in ${of}, by the anchors of now.`),
  ];
}

function describeRejudged(facts: LearnerFacts, { version, decision, reasons }: Rejudged): string {
  const { learner: { name } } = facts;
  const what = hasOutside(facts) ? "what is known now" : "the labels that stand";
  const found = facts.versions.find((one) => one.version === version)!;
  const fact = { ...found, ...decidedOf(found, validVersions(facts).includes(found)) };
  const why = reasons.length > 0 ? `: ${reasons.join("; ")}` : ", as nothing speaks against it";
  if (decision === "parked" && fact.decision === "parked") {
    return `Version ${version} has waited for its scores, and stays parked${why}.`;
  }
  if (decision === fact.decision) {
    return `Version ${version} was ${fact.decision} by a gate that only observes; with ${what} ` +
      (reasons.length > 0 ? `this speaks against it${why}.` : "nothing speaks against it.");
  }
  const back = `cugro rollback ${fact.parent ?? 0} --learner ${name}`;
  return `Version ${version} was ${fact.decision}, and stays so; with ${what} it would be ${decision}${why}. ` +
    (decision === "parked"
      ? `Take it back with: ${back}`
      : `Let it through with: cugro promote ${version} --learner ${name}`);
}
