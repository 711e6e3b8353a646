/**
 * A store over another one: what is written goes into the upper, and the lower is only read.
 * @module
 */
import type { Store } from "@cugro/store";

/**
 * Reads look above first. Removals touch nothing below.
 *
 * @param upper takes all writes and removals
 * @param lower only read
 * @returns closes the upper one alone
 */
export function layeredStore(upper: Store, lower: Store): Store {
  return {
    settles: false,
    put: (key, bytes, options) => upper.put(key, bytes, options),
    putStream: (key, body, options) => upper.putStream(key, body, options),
    get: async (key, options) => await upper.get(key, options) ?? await lower.get(key, options),
    head: async (key, options) => await upper.head(key, options) ?? await lower.head(key, options),
    async list(prefix) {
      const listed = await Promise.all([lower.list(prefix), upper.list(prefix)]);
      const byKey = new Map(listed.flat().map((info) => [info.key, info]));
      return [...byKey.values()].sort((a, b) => a.key < b.key ? -1 : 1);
    },
    folders: async (prefix) =>
      [...new Set([...await lower.folders(prefix), ...await upper.folders(prefix)])].sort(),
    delete: (key) => upper.delete(key),
    presign: (key, seconds) => lower.presign(key, seconds),
    close: () => upper.close(),
  };
}
