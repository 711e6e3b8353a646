/**
 * A store in memory and a bus that only remembers, for tests.
 * @module
 */
import type { Bus, JobMessage } from "@cugro/bus";
import {
  type ObjectInfo,
  PreconditionFailed,
  type Store,
  type StreamedObject,
  type StreamOptions,
} from "@cugro/store";
import { type CloudEvent, sha256 } from "@cugro/protocol";

interface StoredObject {
  bytes: Uint8Array;
  etag: string;
  lastModified: string;
}

function toInfo(key: string, object: StoredObject | undefined): ObjectInfo | undefined {
  return object && { key, size: object.bytes.length, etag: object.etag, lastModified: object.lastModified };
}

/** A store in memory. `now` stamps objects; `afterWrite` may throw to imitate a crash. */
export function memoryStore(afterWrite: (key: string) => void = () => {}) {
  const objects = new Map<string, StoredObject>();
  const clock = { now: Date.parse("2024-01-01T00:00:00Z") };
  const infoOf = (key: string) => toInfo(key, objects.get(key));
  const store: Store & { objects: typeof objects; clock: typeof clock } = {
    objects,
    clock,
    settles: true,
    putStream: (key, body, options) => collectInto(store, key, body, options),
    put(key, bytes, options = {}) {
      const found = objects.get(key);
      if (options.ifNoneMatch && found) return Promise.reject(new PreconditionFailed(key, "it exists"));
      if (options.ifMatch !== undefined && found?.etag !== options.ifMatch) {
        return Promise.reject(new PreconditionFailed(key, "it has changed"));
      }
      const etag = sha256(bytes);
      objects.set(key, { bytes, etag, lastModified: new Date(clock.now++).toISOString() });
      afterWrite(key);
      return Promise.resolve({ etag });
    },
    get(key) {
      const info = infoOf(key);
      return Promise.resolve(info && { bytes: objects.get(key)!.bytes, info });
    },
    head: (key) => Promise.resolve(infoOf(key)),
    list: (prefix) =>
      Promise.resolve(
        [...objects.keys()].filter((key) => key.startsWith(prefix)).sort().map((key) => infoOf(key)!),
      ),
    folders(prefix) {
      const below = [...objects.keys()].filter((key) => key.startsWith(prefix)).map((key) =>
        key.slice(prefix.length)
      );
      return Promise.resolve(
        [...new Set(below.filter((key) => key.includes("/")).map((key) => key.split("/")[0]!))].sort(),
      );
    },
    delete(key) {
      objects.delete(key);
      afterWrite(key);
      return Promise.resolve();
    },
    presign: () => Promise.reject(new Error("not in tests")),
    close: () => Promise.resolve(),
  };
  return store;
}

async function collectInto(
  store: Store,
  key: string,
  body: AsyncIterable<Uint8Array>,
  options: StreamOptions = {},
): Promise<StreamedObject> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  if (bytes.length > (options.maxBytes ?? Infinity)) throw new RangeError(`${key} is too large`);
  const { etag } = await store.put(key, bytes, options);
  return { etag, size: bytes.length, sha256: sha256(bytes) };
}

/** A bus that only remembers what it was told. */
export function memoryBus() {
  const queue = new Map<string, JobMessage>();
  const events: CloudEvent[] = [];
  const handlers = new Set<() => void>();
  const bus: Bus & { queue: typeof queue; events: typeof events } = {
    queue,
    events,
    submit(message) {
      const known = queue.has(message.jobId);
      queue.set(message.jobId, message);
      return Promise.resolve(known ? "present" : "queued");
    },
    fetch: () => Promise.resolve(undefined),
    announce(event) {
      events.push(event);
      for (const handler of handlers) handler();
      return Promise.resolve();
    },
    progress() {},
    hint() {
      for (const handler of handlers) handler();
    },
    subscribe(_subject, handler) {
      const call = handler as () => void;
      handlers.add(call);
      return Promise.resolve(() => void handlers.delete(call));
    },
    close: () => Promise.resolve(),
  };
  return bus;
}
