/**
 * Snapshots: which objects a store had at one moment, and what was in them. A backup holds any number of snapshots, and
 * each content once. A snapshot's name has the hash of what it says, so that one that was cut off is noticed.
 * @module
 */
import { z } from "zod";
import { canonicalJson, HASH, parseKey, PREFIXES, sha256, snapshotKey } from "@cugro/protocol";
import { PreconditionFailed, type Store } from "@cugro/store";

const hash = z.string().regex(HASH);
const size = z.int().min(0);
const entrySchema = z.strictObject({
  key: z.string(),
  size,
  sha256: hash,
  etag: z.string(),
});
/** An object of a snapshot. `etag`: in the store that it was copied from. */
export type Entry = z.infer<typeof entrySchema>;

/** Schema of {@link Snapshot}; strict, so that nothing in it is passed over. */
const snapshotSchema = z.strictObject({
  schema: z.literal(1),
  made: z.iso.datetime(),
  /** Version of the software. */
  software: z.string(),
  /** The store's name. */
  store: z.string(),
  /** Whether webhooks, whose facts hold secrets, are among the objects. */
  secrets: z.boolean(),
  /** Sorted by key. */
  objects: z.array(entrySchema),
  /** Keys of what learners needed and the store itself no longer had. */
  missing: z.array(z.string()),
  /** The gateway's file of tokens. */
  tokens: z.strictObject({ size, sha256: hash }).exactOptional(),
});
/** The contents of a store at one moment. */
export type Snapshot = z.infer<typeof snapshotSchema>;

/** A snapshot and its name. */
export interface NamedSnapshot {
  name: string;
  snapshot: Snapshot;
}

/** A backup, or a part of it, is not what it should be: the message names the key. */
export class BackupError extends Error {
  override name = "BackupError";
}

const DIGITS = 16;

/**
 * Writes a snapshot; from here on the backup has it.
 *
 * @param to the backup, as a store
 * @returns its name
 */
export async function writeSnapshot(to: Store, snapshot: Snapshot): Promise<string> {
  const bytes = new TextEncoder().encode(canonicalJson(snapshot));
  const time = snapshot.made.replaceAll(/[-:.]/g, "");
  const name = `${time}-${sha256(bytes).slice(0, DIGITS)}`;
  await to.put(snapshotKey(name), bytes, { ifNoneMatch: true }).catch((error) => {
    // Its name has the hash of its content: it is the very same.
    if (!(error instanceof PreconditionFailed)) throw error;
  });
  return name;
}

/**
 * When a snapshot that is begun now was made: after the one before, whatever the clock says, as the newest is the one that is
 * restored and the last to be pruned.
 *
 * @param before name of the newest there is
 * @returns time in ISO 8601, to the millisecond
 */
export function timeAfter(before: string | undefined): string {
  const [, ...parts] = /^(....)(..)(..)T(..)(..)(..)(...)Z/.exec(before ?? "") ?? [];
  const [year, month, day, hour, minute, second, ms] = parts;
  const last = before === undefined
    ? -Infinity
    : Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return new Date(Math.max(Date.now(), last + 1)).toISOString();
}

/**
 * Names of a backup's snapshots, oldest first.
 *
 * @param from the backup, as a store
 * @returns in the order of their times
 */
export async function listSnapshots(from: Store): Promise<string[]> {
  const keys = (await from.list(PREFIXES.snapshots)).map(({ key }) => parseKey(key));
  return keys.flatMap((key) => key?.kind === "snapshot" ? [key.snapshot] : []).sort();
}

/**
 * Reads a snapshot.
 *
 * @param from the backup, as a store
 * @param name whole
 * @returns as its schema reads it
 * @throws {BackupError} if there is none of that name, or it is damaged.
 */
export async function readSnapshot(from: Store, name: string): Promise<Snapshot> {
  const key = snapshotKey(name);
  const found = await from.get(key);
  if (!found) throw new BackupError(`${key} is not in this backup`);
  const damaged = (why: string, cause?: unknown) =>
    new BackupError(
      `${key} is damaged: ${why}. An earlier snapshot may be whole (cugro backup list)`,
      { cause },
    );
  const actual = sha256(found.bytes).slice(0, DIGITS);
  if (!name.endsWith(actual)) {
    throw damaged(`its ${found.bytes.length} bytes hash to ${actual}…, and its name says otherwise`);
  }
  const value: unknown = JSON.parse(new TextDecoder().decode(found.bytes));
  const written = (value as { schema?: unknown }).schema;
  if (typeof written === "number" && written > 1) {
    throw new BackupError(`${key} was written by a newer version of this software: upgrade first`);
  }
  const parsed = snapshotSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw damaged(`${path.map(String).join(".")}: ${message}`, parsed.error);
}

/**
 * A snapshot by its name or the beginning of it.
 *
 * @param from the backup, as a store
 * @param wanted
 * @returns with its whole name
 * @throws {BackupError} if there is none, several begin so, or it is damaged
 * @default the newest one
 */
export async function openSnapshot(from: Store, wanted?: string): Promise<NamedSnapshot> {
  const names = await listSnapshots(from);
  if (names.length === 0) throw new BackupError("There is no snapshot in this backup: is the place right?");
  const fitting = wanted === undefined ? [names.at(-1)!] : names.filter((name) => name.startsWith(wanted));
  const [name] = fitting;
  if (name === undefined || fitting.length > 1) {
    const those = fitting.length > 1
      ? `${fitting.length} snapshots whose names begin`
      : "no snapshot whose name begins";
    throw new BackupError(`This backup has ${those} with "${wanted}": it has ${some(names.toReversed())}`);
  }
  return { name, snapshot: await readSnapshot(from, name) };
}

/**
 * A few of many.
 *
 * @param texts any number of them
 * @returns the first three, and how many more there are
 */
export function some(texts: readonly string[]): string {
  return texts.slice(0, 3).join(", ") + (texts.length > 3 ? ` and ${texts.length - 3} more` : "");
}
