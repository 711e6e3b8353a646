/**
 * Scores of single episodes, of everything that a version is reported with.
 * @module
 */
import type { TaskEpisodes } from "./learners.ts";

/** The episodes of a version's row. @throws {RangeError} where there is no such version */
export function episodesOf(
  versions: readonly {
    version: number;
    row: readonly { task: number; scores: readonly number[]; success?: readonly number[] | undefined }[];
  }[],
  version: number,
): TaskEpisodes[] {
  const found = versions.find((one) => one.version === version);
  if (!found) throw new RangeError(`There is no version ${version}`);
  return found.row.map(({ task, scores, success }) => ({
    ...{ task, scores: [...scores], isSuccess: success !== undefined },
  }));
}
