/**
 * Which network a fall comes from, by the paired intervals of episodes with exchanged networks. Pure.
 * @module
 */
import { score } from "../../cli/commands/print_output.ts";
import type { SwapRow } from "./swapped_episodes.ts";

/** A fall is sure where its whole 90 % interval lies above 0. */
const isSure = (row: SwapRow | undefined) => row?.interval !== null && (row?.interval?.[0] ?? 0) > 0;

/**
 * One sentence about one task and way of acting.
 *
 * @param rows of that task and way, the older version's own networks first
 */
export function blame(rows: readonly SwapRow[]): string {
  const [own] = rows;
  const newest = Math.max(...rows.map(({ generator }) => generator));
  const find = (generator: number, critic: number | null) =>
    rows.find((row) => row.generator === generator && row.critic === critic);
  const after = find(newest, own!.critic === null ? null : newest);
  const about = `task ${own!.task} by the ${own!.acting}: ${score(own!.score)} before, ${
    score(after!.score)
  } after`;
  if (!isSure(after)) return `${about}; no fall that is sure`;
  if (own!.critic === null) return `${about}; the actor`;
  const generator = own!.acting === "proposer" ? "the proposer" : "the behavior generator";
  const [byGenerator, byCritic] = [isSure(find(newest, own!.critic)), isSure(find(own!.generator, newest))];
  if (byGenerator && byCritic) return `${about}; either of ${generator} and the critic does it by itself`;
  if (byGenerator) return `${about}; ${generator} alone does it`;
  if (byCritic) return `${about}; the critic alone does it`;
  return `${about}; neither ${generator} nor the critic alone, both together`;
}
