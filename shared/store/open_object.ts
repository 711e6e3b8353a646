/**
 * Reading parts of a large object.
 * @module
 */
import { type ObjectInfo, type Store, StoreError } from "./store.ts";

/** An object up to this size is read at once: one request. */
const START_BYTES = 4 << 20;

/** An object that is read by ranges, all of them of the content it had when it was opened. */
export interface OpenedObject {
  info: ObjectInfo;
  /**
   * Bytes `[start, end)`, which lie within the object.
   *
   * @throws {StoreError} if the object was changed or removed since it was opened.
   */
  read(start: number, end: number): Promise<Uint8Array>;
}

/**
 * Opens an object; undefined if there is none. Its first 4 MiB are held as long as it is.
 *
 * @param store to read
 * @param key of the object
 * @returns its size in bytes, and a reader of ranges `[start, end)`
 */
export async function openObject(store: Store, key: string): Promise<OpenedObject | undefined> {
  const begun = await store.get(key, { range: [0, START_BYTES] });
  if (!begun) return undefined;
  const { info, bytes } = begun;
  return {
    info,
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= info.size)) {
        throw new RangeError(`Cannot read bytes [${start}, ${end}) of ${key}, which has ${info.size}`);
      }
      if (end <= bytes.length) return bytes.subarray(start, end);
      const found = await store.get(key, { range: [start, end] });
      if (found?.info.etag !== info.etag) {
        throw new StoreError(`${key} was changed or removed while it was being read`);
      }
      return found.bytes;
    },
  };
}
