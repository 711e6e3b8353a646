/**
 * How much of one dataset is in another, by the hashes of their episodes. Pure.
 * @module
 */
import { EPISODE_HASH_BYTES, type EpisodeHashes, type RevisionFact } from "@cugro/protocol";

/** Episodes of a newer dataset that an older one has (`known`) or lacks (`added`), and those missing (`gone`). */
export type Overlap = Pick<RevisionFact, "known" | "added" | "gone" | "leading">;

/**
 * Name of a pair of datasets, by their hashes.
 *
 * @param newer hash of a dataset
 * @param older hash of another one
 * @returns both hashes with a space between them
 */
export function pairOf(newer: string, older: string): string {
  return `${newer} ${older}`;
}

/**
 * Compares two datasets, whatever the order of their episodes. One that stands there twice must stand in the other twice.
 *
 * @param older hashes of its episodes
 * @param newer hashes of its episodes
 * @returns episodes and rows that both have (`known`), only the newer (`added`), only the older (`gone`);
 *   `leading`: whether what is known comes first, in the same order
 */
export function compareEpisodes(older: EpisodeHashes, newer: EpisodeHashes): Overlap {
  const unmatched = new Map<string, number>();
  const names = namesOf(older);
  for (const name of names) unmatched.set(name, (unmatched.get(name) ?? 0) + 1);
  const [known, added, gone] = [portion(), portion(), portion()];
  namesOf(newer).forEach((name, place) => {
    const left = unmatched.get(name) ?? 0;
    if (left > 0) unmatched.set(name, left - 1);
    count(left > 0 ? known : added, newer.rows[place]!);
  });
  names.forEach((name, place) => {
    const left = unmatched.get(name)!;
    if (left === 0) return;
    unmatched.set(name, left - 1);
    count(gone, older.rows[place]!);
  });
  return { known, added, gone, leading: startsAlike(older, newer, known.episodes) };
}

const portion = () => ({ episodes: 0, rows: 0 });

function count(into: { episodes: number; rows: number }, rows: number): void {
  into.episodes++;
  into.rows += rows;
}

function namesOf({ hashes, rows }: EpisodeHashes): string[] {
  return Array.from(
    rows,
    (_, place) =>
      String.fromCharCode(...hashes.subarray(place * EPISODE_HASH_BYTES, (place + 1) * EPISODE_HASH_BYTES)),
  );
}

/** Whether the first `count` episodes of both are the same, in the same order. */
function startsAlike(one: EpisodeHashes, other: EpisodeHashes, count: number): boolean {
  const bytes = count * EPISODE_HASH_BYTES;
  if (one.hashes.length < bytes) return false;
  for (let i = 0; i < bytes; i++) if (one.hashes[i] !== other.hashes[i]) return false;
  return count > 0;
}

/** A dataset may lack so much of another one and still hold it: the greater of one episode and this share. */
const MISSING_SHARE = 0.05;
const LEAST_KNOWN = 3;

/**
 * What a newer dataset is to an older one: `grown` holds it and more, `part` is held by it, `same` has the same episodes in
 * another order, `other` is neither.
 *
 * One episode, or one in twenty, may be missing: a recording that was exported while it ran ends in an episode that was
 * cut, and is whole the next time; a buffer that is full lets its oldest episodes go. Three times what is missing must be there.
 *
 * @param overlap of {@link compareEpisodes}
 * @returns from the newer one's point of view
 */
export function relationOf({ known, added, gone }: Overlap): "grown" | "part" | "same" | "other" {
  const mayLack = (missing: number) =>
    missing <= Math.max(1, Math.floor(MISSING_SHARE * (known.episodes + missing))) &&
    known.episodes >= LEAST_KNOWN * missing;
  if (added.episodes === 0 && gone.episodes === 0) return "same";
  if (added.rows >= gone.rows) return mayLack(gone.episodes) ? "grown" : "other";
  return mayLack(added.episodes) ? "part" : "other";
}
