/**
 * Estimates of versions as `status`, `versions` and `run` print them.
 * @module
 */
import { describeScale, type EstimatedLearner, estimateNote, type Shown } from "@cugro/learners";
import { describeEstimate } from "@cugro/report/words";
import { markOf } from "./print_output.ts";
import { printTable } from "../terminal_table.ts";

/** The learner of the versions, with the names of its tasks. */
type Named = Pick<EstimatedLearner, "config"> & {
  tasks: readonly (EstimatedLearner["tasks"][number] & { name: string })[];
};

/** Prints them with their scale, their limits and their measured quality; nothing if there are none. */
export function printEstimates(
  learner: Named,
  rows: readonly Pick<Shown, "version" | "parked" | "estimates">[],
): void {
  const note = estimateNote(rows.map(({ estimates }) => estimates), learner);
  if (note === null) return;
  console.log(
    "\nestimated score (90 % over networks), and what old tasks have lost since they were learnt; " +
      describeScale(learner.tasks),
  );
  printTable(
    ["version", ...learner.tasks.map(({ name }) => name)],
    rows.map((row) => [markOf(row), ...row.estimates.map(describeEstimate)]),
  );
  console.log(note);
}
