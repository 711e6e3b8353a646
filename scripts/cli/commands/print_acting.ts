/**
 * How a version acts in its tasks, as `status` and `versions` print it.
 * @module
 */
import { describeActing } from "@cugro/learners";
import type { RowCell } from "@cugro/protocol";
import { printTable } from "../terminal_table.ts";

/** A version and its row. */
interface ActingVersion {
  version: number;
  row: readonly Pick<RowCell, "task" | "acting" | "ways">[];
}

/** Prints it for the serving version; nothing if that can only sample. */
export function printActing(versions: readonly ActingVersion[], head: number | null): void {
  const serving = versions.find(({ version }) => version === head);
  const ways = describeActing(serving?.row ?? []);
  if (ways.length === 0) return;
  console.log(`\nhow version ${head}, which serves, acts (act --acting chooses otherwise)`);
  printTable(
    ["task", "acts by", "compared when it was decided"],
    ways.map(({ task, acting, compared }) => [task, acting, compared || "–"]),
  );
}

/** Prints one line for each version; nothing if all can only sample. */
export function printActingOfVersions(versions: readonly ActingVersion[]): void {
  if (versions.every(({ row }) => describeActing(row).length === 0)) return;
  console.log("\nhow versions act (status says what was compared)");
  printTable(["version", "acts by"], versions.map(({ version, row }) => [version, actingInShort(row)]));
}

/** The ways of acting of a version in few words: `actor`, or `actor in 1, 3; proposer in 2`. */
function actingInShort(row: ActingVersion["row"]): string {
  const ways = describeActing(row);
  const used = [...new Set(ways.map(({ acting }) => acting))];
  if (used.length < 2) return used[0] ?? "sampler";
  const tasksOf = (way: string) =>
    ways.filter(({ acting }) => acting === way).map(({ task }) => task).join(", ");
  return used.map((way) => `${way} in ${tasksOf(way)}`).join("; ");
}
