/**
 * What follows a row in its episode, gathered into one row: returns of rows are exact although the rows after them are
 * not there. Found in one pass over rewards and ends, from the last row to the first.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import type { Episodes } from "./critic_targets.ts";

/** The rest of an episode from some row on. */
export interface EpisodeRest {
  /** Its discounted rewards, in raw units. */
  reward: number;
  /** Its length in rows, which is the exponent of gamma for what follows its end. */
  steps: number;
  /** Its last row, where the episode ends. */
  end: number;
  terminal: boolean;
  timeout: boolean;
}

/** Looks for the rests of episodes; begun by {@linkcode findRests}. */
export interface RestFinder {
  /** Takes the rows from `first` on; those after them have been taken before. */
  add(first: number, rows: Episodes): void;
  /** For each row asked about what follows it; undefined where its episode ends with it. */
  rests: (EpisodeRest | undefined)[];
}

/**
 * Begins to look for the rests of episodes.
 *
 * @param after `[n]`, rows of the task, rising: the rest from the next row on is wanted
 * @param discount gamma
 * @returns a finder that takes the task's episodes piece by piece
 * @throws {InvalidInputError} from the finder, where the rows of a piece do not end an episode
 */
export function findRests(after: Int32Array, discount: number): RestFinder {
  const rests = new Array<EpisodeRest | undefined>(after.length);
  let wanted = after.length - 1;
  const rest: EpisodeRest = { reward: 0, steps: 0, end: -1, terminal: false, timeout: false };
  return {
    rests,
    add(first, { rewards, terminals, timeouts }) {
      for (let n = rewards.length - 1; n >= 0; n--) {
        const [terminal, timeout] = [Boolean(terminals[n]), Boolean(timeouts[n])];
        const ends = terminal || timeout;
        if (!ends && rest.end < 0) throw noEnd(first + n);
        if (first + n === after[wanted]) rests[wanted--] = ends ? undefined : { ...rest };
        if (ends) Object.assign(rest, { reward: 0, steps: 0, end: first + n, terminal, timeout });
        rest.reward = rewards[n]! + discount * rest.reward;
        rest.steps++;
      }
    },
  };
}

function noEnd(row: number): InvalidInputError {
  return new InvalidInputError(
    `Cannot compute returns as the last row (${row}) must end an episode: neither terminals nor timeouts is set there`,
  );
}
