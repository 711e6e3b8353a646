/**
 * The notice about rows that are not in the order of time.
 * @module
 */
import type { Rows } from "./blocks/block_rows.ts";
import { DatasetError } from "./dataset.ts";
import type { Ends } from "./episode_ends.ts";
import type { Fields } from "./fields.ts";
import type { Notice } from "./notice.ts";
import { type Following, orderOf, type RowOrder } from "./row_order.ts";

const SHUFFLED =
  "the rows are not in the order of time: they look shuffled, so that returns over episodes mean nothing";
const IN_BLOCKS =
  "the rows are not in the order of time: trajectories that break off go on at other rows (next_observations tell where)";
const WRITE_IN_ORDER = "write the rows in the order in which they happened, one episode after the other";

/**
 * Judges the order of the rows.
 *
 * @param fields of the file
 * @param states `[N, S]`
 * @param next undefined where the file has no next states
 * @param environments how many the rows were dealt out to already; 1: none
 * @param ends flags `[N]`, and whether they are known
 * @returns none where rows are in order
 * @throws {DatasetError} where next states and known ends leave no doubt, and where dealing the rows out was wrong
 */
export function judgeOrder(
  fields: Fields,
  states: Rows,
  next: Following | undefined,
  { terminals, timeouts, known }: Ends,
  environments: number,
): Notice[] {
  const isEnd = terminals.map((terminal, row) => terminal || timeouts[row] ? 1 : 0);
  const order = orderOf(states, next, isEnd);
  if (order.kind === "time") return [];
  const field = fields.found.states!.name;
  const refuse = (fault: string) => {
    throw new DatasetError({ file: fields.file, field }, fault);
  };
  if (environments > 1 && order.kind !== "blocks") {
    refuse(
      `the rows are not in the order of time when they are dealt out to ${environments} environments: ` +
        "give --environments the number that were stepped together, or leave it out",
    );
  }
  if (order.kind === "interleaved") {
    if (order.sure) refuse(`${inTurn(order)}: ${readWith(order)}`);
    return [{ code: "rows-interleaved", field, message: inTurn(order), advice: readWith(order) }];
  }
  const message = order.kind === "blocks" ? IN_BLOCKS : SHUFFLED;
  if (known && next) refuse(`${message}; ${WRITE_IN_ORDER}`);
  return [{ code: "rows-out-of-order", field, message, advice: WRITE_IN_ORDER }];
}

type Interleaved = Extract<RowOrder, { kind: "interleaved" }>;

const inTurn = ({ stride }: Interleaved) =>
  `the rows come from ${stride} environments in turn (the step after row i is row i + ${stride})`;
const readWith = ({ stride }: Interleaved) =>
  `read them with --environments ${stride}, or write one episode after the other`;
