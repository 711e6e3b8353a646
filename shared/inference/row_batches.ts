/**
 * Candidates of states in pieces that go through a network together.
 * @module
 */

/** Rows that go through a network together: enough to use each weight often, few enough to stay in the cache. */
export const BATCH_ROWS = 128;

/** Some states with as many candidates each. */
export interface Piece {
  firstState: number;
  stateRows: number;
  /** The first candidate's row among those of all states. */
  firstRow: number;
  perState: number;
}

/** How many states are decided together when each has `perState` candidates. */
export const statesTogether = (perState: number): number => Math.max(1, Math.floor(BATCH_ROWS / perState));

/**
 * All candidates of `states` states; where one has more than fit, its own are shared out.
 *
 * @param states how many
 * @param perState candidates of each state
 * @yields at most {@linkcode BATCH_ROWS} rows of candidates
 */
export function* piecesOf(states: number, perState: number): Generator<Piece> {
  const together = statesTogether(perState);
  const most = Math.min(perState, BATCH_ROWS);
  for (let firstState = 0; firstState < states; firstState += together) {
    const stateRows = Math.min(together, states - firstState);
    for (let done = 0; done < perState; done += most) {
      yield {
        firstState,
        stateRows,
        firstRow: firstState * perState + done,
        perState: Math.min(most, perState - done),
      };
    }
  }
}
