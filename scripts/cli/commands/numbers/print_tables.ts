/**
 * Fidelity and losses as tables for a terminal.
 * @module
 */
import { briefly } from "@cugro/report/words";
import type { LossCurve, TabledFidelity } from "@cugro/tables";
import { printTable } from "../../terminal_table.ts";

/** One row for each replay: its distances, beside those of real rows. */
export function printFidelity(entries: readonly TabledFidelity[]): void {
  const over = (fidelity: TabledFidelity["fidelity"], name: string) => {
    const [distance, floor] = [fidelity[name], fidelity[`${name}Floor`]];
    if (typeof distance !== "number") return "–";
    return typeof floor === "number" ? `${briefly(distance)} (${briefly(floor)})` : briefly(distance);
  };
  printTable(
    ["version", "task", "generation", "sliced Wasserstein (real rows)", "MMD (real rows)", "allowed"],
    entries.map(({ version, task, generation, allowed, fidelity }) => [
      ...[version, task, generation, over(fidelity, "slicedWasserstein"), over(fidelity, "mmd")],
      `${allowed} times`,
    ]),
    "no generated replay yet",
  );
}

/** One row for each curve: its first and last value. */
export function printLosses(curves: readonly LossCurve[]): void {
  printTable(
    ["task", "kind", "curve", "points", "steps", "first", "last"],
    curves.map(({ task, kind, name, steps, values }) => [
      ...[task, kind, name, values.length, steps.at(-1) ?? 0],
      ...[briefly(values[0]), briefly(values.at(-1))],
    ]),
    "no training is done yet",
  );
}
