/**
 * Stores that a command opens and closes.
 * @module
 */
import type { Store } from "@cugro/store";
import { openForReading, openForWriting } from "../embedded/session.ts";

/** Opens a store to read it, uses it, closes it. */
export async function withSource<T>(name: string, use: (from: Store) => Promise<T>): Promise<T> {
  const from = await openForReading(name);
  try {
    return await use(from);
  } finally {
    await from.close();
  }
}

/** The same of one that is written. */
export async function withTarget<T>(name: string, use: (to: Store) => Promise<T>): Promise<T> {
  const to = await openForWriting(name);
  try {
    return await use(to);
  } finally {
    await to.close();
  }
}
