/**
 * Names that are parts of keys, and of paths and facts as well.
 * @module
 */

/** A SHA-256: 64 hexadecimal digits. Jobs, datasets and artifacts are named so. */
export const HASH = /^[0-9a-f]{64}$/;
/** A learner's name: 1 to 64 lower-case letters, digits and inner hyphens. */
export const LEARNER_NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
/** Id of a webhook: 24 hexadecimal digits. */
export const WEBHOOK_ID = /^[0-9a-f]{24}$/;
/** Id of a problem: 24 hexadecimal digits. */
export const PROBLEM_ID = /^[0-9a-f]{24}$/;
/** Name of a snapshot in a backup: when it was made, and 16 digits of the hash of what it says. */
export const SNAPSHOT_NAME = /^[0-9]{8}T[0-9]{9}Z-[0-9a-f]{16}$/;
/** Part of a key between two slashes; `.` and `..` are none. */
export const SEGMENT = /^[A-Za-z0-9._=-]+$/;

/**
 * The name itself, if a learner may have it: 1-64 lower-case letters, digits and inner hyphens.
 *
 * @param name any text
 * @returns the name
 * @throws {RangeError} saying the rule.
 */
export function checkLearnerName(name: string): string {
  if (LEARNER_NAME.test(name)) return name;
  throw new RangeError(
    `A learner's name must be 1 to 64 lower-case letters, digits and hyphens, with no hyphen at its ends: ` +
      `current name is "${name}"`,
  );
}

/**
 * Refuses what is no hash.
 *
 * @param hash any text
 * @returns the same
 * @throws {RangeError} if it is none
 */
export function checkHash(hash: string): string {
  if (HASH.test(hash)) return hash;
  throw new RangeError(`An object's name must be 64 hexadecimal digits: current name is "${hash}"`);
}

/**
 * Refuses what is no webhook's id.
 *
 * @param id any text
 * @returns the same
 * @throws {RangeError} if a webhook cannot have it
 */
export function checkWebhookId(id: string): string {
  if (WEBHOOK_ID.test(id)) return id;
  throw new RangeError(`A webhook's id must be 24 hexadecimal digits: current id is "${id.slice(0, 80)}"`);
}

/**
 * Refuses what is no problem's id.
 *
 * @param id any text
 * @returns the same
 * @throws {RangeError} if a problem cannot have it
 */
export function checkProblemId(id: string): string {
  if (PROBLEM_ID.test(id)) return id;
  throw new RangeError(`A problem's id must be 24 hexadecimal digits: current id is "${id.slice(0, 80)}"`);
}

/**
 * Refuses what is no snapshot's name.
 *
 * @param name any text
 * @returns the same
 * @throws {RangeError} if a snapshot cannot have it
 */
export function checkSnapshotName(name: string): string {
  if (SNAPSHOT_NAME.test(name)) return name;
  throw new RangeError(
    `A snapshot's name must look like 20300131T120000000Z-0123456789abcdef: current name is "${
      name.slice(0, 80)
    }"`,
  );
}

/**
 * `safeFileName("run 1.hdf5")` is `run-1.hdf5`: a file name with every character a key cannot hold replaced.
 *
 * @param name any text
 * @returns a name that a key can hold
 */
export function safeFileName(name: string): string {
  const base = name.split(/[\\/]/).at(-1) ?? "";
  const safe = base.replace(/[^A-Za-z0-9._=-]+/g, "-").replace(/^[.-]+/, "").slice(-128);
  return safe === "" ? "dataset" : safe;
}

const UNFINISHED = /\.(part|tmp|crdownload|partial|download)$/i;

/**
 * Whether a path in `incoming/` is hidden, or named as tools name files that they are still writing.
 *
 * @param path behind the prefix
 * @returns true for `.x`, `x.part` and the like
 */
export function looksUnfinished(path: string): boolean {
  const parts = path.split("/");
  return parts.some((part) => part.startsWith(".")) || UNFINISHED.test(parts.at(-1)!);
}
