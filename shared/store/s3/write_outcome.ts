/**
 * What came of a write: whether the object that is there is the one that was written.
 *
 * Every write carries an id in the object's metadata. A conditional write that was repeated may be refused because of
 * itself, and one that is reported as done may still be under way, or be refused later. The id tells.
 * @module
 */
import { sleep } from "@cugro/async";
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { PreconditionFailed, StoreError } from "../store.ts";
import type { Connection } from "./connection.ts";
import { codeOf, isMissing, statusOf } from "./s3_faults.ts";

/** Metadata of an object: the id of the write that made it. */
export const WRITE_ID = "cugro-write";
/** Two conditional writers at once: AWS lets neither through and wants them to try again. */
export const CONFLICTS = ["ConditionalRequestConflict", "OperationAborted"];
/** A server that puts parts together has this long (ms) after it has answered. */
const CONFIRM_MS = 120_000;
/** An object that others may replace at any time is waited for no longer (ms) while another one stands there. */
const REPLACED_MS = 2_000;
const CONFIRM_POLL_MS = 100;

/** One write of one object. */
export interface Write {
  connection: Connection;
  /** For messages. */
  key: string;
  target: { Bucket: string; Key: string };
  condition: { IfNoneMatch?: string; IfMatch?: string };
  id: string;
}

/**
 * The etag of an object whose last request was answered, once it is there.
 *
 * Versity's gateway answers a completion that is made again while it still puts the parts together with success: the
 * object comes later, or never if its condition fails.
 *
 * @param etag as the request was answered
 * @param repeated whether it was asked for more than once; else what was answered is so, whatever others have put
 *   there since
 * @returns the etag that it has
 * @throws {PreconditionFailed} if another write came first
 * @throws {StoreError} if it does not appear
 */
export async function confirm(write: Write, etag: string, repeated: boolean): Promise<string> {
  const { connection, key, condition } = write;
  for (const began = performance.now();; await sleep(CONFIRM_POLL_MS)) {
    const found = await headWrite(write);
    if (found?.id === write.id) return found.etag;
    const waited = performance.now() - began;
    const before = condition.IfMatch ? condition.IfMatch === `"${found?.etag}"` : !found;
    if (!before && !repeated) return etag;
    if (!before && condition.IfNoneMatch) throw new PreconditionFailed(key, "it exists already");
    if (!before && condition.IfMatch) throw new PreconditionFailed(key, "it has been changed");
    if (!before && waited > REPLACED_MS) return etag;
    if (waited <= CONFIRM_MS) continue;
    throw new StoreError(
      `${connection.place} said that ${key} was written, and has not had it for ${CONFIRM_MS / 1000} s since`,
    );
  }
}

/**
 * Whether a write took place in spite of its error.
 *
 * @param error of its last request
 * @returns the etag, if it took place
 * @throws {PreconditionFailed} if another write came first
 * @throws {Error} the same error, if nothing tells more
 */
export async function settle(write: Write, error: unknown): Promise<string> {
  const { key, condition, id } = write;
  const code = codeOf(error);
  const refused = statusOf(error) === 412 || CONFLICTS.includes(code);
  if (refused || code === "NoSuchUpload") {
    const found = await headWrite(write);
    if (found?.id === id) return found.etag;
  }
  if (refused && condition.IfNoneMatch) throw new PreconditionFailed(key, "it exists already");
  if (refused && condition.IfMatch) throw new PreconditionFailed(key, "it has been changed");
  if (condition.IfMatch && isMissing(error)) throw new PreconditionFailed(key, "it does not exist");
  throw error;
}

/**
 * The object that stands where a write goes.
 *
 * @param write whose place is looked at
 * @returns its etag and the id of the write that made it; undefined if there is none
 * @throws {Error} of the request, but for a missing object
 */
export async function headWrite(
  { connection, target }: Write,
): Promise<{ etag: string; id?: string } | undefined> {
  try {
    const { ETag, Metadata } = await connection.request((client) =>
      client.send(new HeadObjectCommand(target))
    );
    const id = Metadata?.[WRITE_ID];
    return { etag: bareEtag(ETag), ...(id === undefined ? {} : { id }) };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * An etag without quotes: S3 puts it in quotes, its notifications do not.
 *
 * @param etag as it was sent
 * @returns empty if there was none
 */
export function bareEtag(etag: string | undefined): string {
  return (etag ?? "").replaceAll('"', "");
}
