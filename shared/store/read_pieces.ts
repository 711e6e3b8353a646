/**
 * Reading a large object with flat memory.
 * @module
 */
import { type ObjectInfo, type Store, StoreError } from "./store.ts";

const PIECE_BYTES = 8 << 20;

/**
 * The object's bytes in pieces of at most 8 MiB; none for an empty object.
 *
 * @param info of the object as `head` or `list` gave it.
 * @param store to read
 * @yields `[n]`, n at most 8 MiB
 * @throws {StoreError} if the object is changed or removed meanwhile.
 */
export async function* readPieces(
  store: Store,
  { key, size, etag }: ObjectInfo,
): AsyncGenerator<Uint8Array, void, void> {
  for (let start = 0; start < size; start += PIECE_BYTES) {
    const range: [number, number] = [start, Math.min(size, start + PIECE_BYTES)];
    const found = await store.get(key, range[0] === 0 && range[1] === size ? {} : { range });
    if (found?.info.etag !== etag) {
      throw new StoreError(`${key} was changed or removed while it was being read`);
    }
    yield found.bytes;
  }
}
